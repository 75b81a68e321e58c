// The fixture cases, compiled for each target: they behave as without the transformer, and record what they record elsewhere.
import { expect, test } from "vitest";
import {
  cases,
  type Outcome,
  runVariant,
  type Variant,
} from "../../semantics/fixtures/variants.ts";
import { compiler } from "./compiler.ts";

const old = (target: string): boolean => target !== "ES2022" && target !== "ESNext";

/** Cases that say nothing about us there. */
const LEFT_OUT: Readonly<Record<string, (target: string) => boolean>> = {
  // TypeScript's own `for await` never ends for an iterator whose results are no objects.
  "async/for-await-left-early": old,
  // TypeScript puts the initialisers of fields before the whole statement, and so before `super(…)`.
  "classes/super-before-a-comma": old,
  // There, `arguments` of a generator are what TypeScript calls it with at each step.
  "functions/arguments-of-generators": (target) => target === "ES5",
  // TypeScript 5 takes the runtime of React for it, whatever the file says.
  "modules/jsx": () => Number.parseInt(compiler.versionMajorMinor, 10) < 6,
};

/** Cases that TypeScript gives other values for a target, which show in what is recorded and nowhere else. */
const OTHER_VALUES: Readonly<Record<string, (target: string) => boolean>> = {
  // Fields without a value are left out.
  "marks/everything-tracked": old,
  // `__proto__` becomes an assignment.
  "functions/parameters-named-proto": (target) => target === "ES5",
};

const written = lazily(() => runVariant("written", { emitter: "none", module: "es" }));
const reference = lazily(() => runVariant("reference", { emitter: "ast", module: "es" }));

test.each<[NonNullable<Variant["target"]>, Variant["module"]]>([
  ["ES5", "commonjs"],
  ["ES2015", "es"],
  ["ES2017", "commonjs"],
  ["ES2022", "es"],
  ["ESNext", "commonjs"],
])("%s, %s", (target, module) => {
  const names = cases.filter((name) => LEFT_OUT[name]?.(target) !== true);
  const build = (emitter: Variant["emitter"]): ReadonlyMap<string, Outcome> =>
    runVariant(
      `${compiler.version}-${target}-${emitter}`,
      { emitter, module, target, compiler },
      names,
    );
  const plain = build("none");
  const compiled = build("ast");
  for (const name of names) {
    const { result, traces } = compiled.get(name) as Outcome;
    expect(result, name).toBe(plain.get(name)?.result);
    // Where the target itself changes what the case does, other traces are right.
    if (result !== written().get(name)?.result || OTHER_VALUES[name]?.(target) === true) continue;
    expect(named(traces), name).toEqual(named(reference().get(name)?.traces));
  }
});

/** Without the names and kinds of functions, which older targets lose. */
function named(traces: unknown): unknown {
  const text = JSON.stringify(traces);
  return JSON.parse(
    text.replaceAll(/\[(?:Async)?(?:Generator)?Function(?:: [^\]]*)?\]/g, "[Function]"),
  );
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
