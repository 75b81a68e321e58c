// Values, each with the JSON path that it stands at → the value that has them all.
// Invariant: no more members than there are paths, whatever indexes they name.

/** `$.city`, `$.days[0].name`, `$['a b']`. */
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]/g;

export function valueAt(paths: ReadonlyMap<string, unknown>): unknown {
  return nested([...paths].map(([path, value]) => [stepsOf(path), value]));
}

function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(STEP)].map(([step, name, index, ...quoted]) =>
    index === undefined
      ? (name ?? quoted.find((text) => text !== undefined) ?? step)
      : `[${index}]`,
  );
}

type Entry = readonly [steps: readonly string[], value: unknown];

function nested(entries: readonly Entry[]): unknown {
  const members = new Map<string, Entry[]>();
  for (const [[step, ...rest], value] of entries) {
    if (step === undefined) return value;
    members.set(step, [...(members.get(step) ?? []), [rest, value]]);
  }
  const values = [...members].map(([step, inner]) => [step, nested(inner)] as const);
  return values.length > 0 && values.every(([step]) => step.startsWith("["))
    ? values.map(([, value]) => value)
    : Object.fromEntries(values);
}
