// A request's headers → those that are recorded, by names in lower case.
// Invariant: `user-agent` has a place of its own; names that headers inherit are none.

export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the program wants to see of them. */
export interface Chosen {
  /** Undefined: all. */
  readonly names: readonly string[] | undefined;
  /** Whether names are among them that the program has chosen. */
  readonly more: boolean;
}

const DEFAULT: readonly string[] = [
  "host",
  "content-type",
  "content-length",
  "accept",
  "x-request-id",
  "x-correlation-id",
];

/** @param wanted as in `RequestOptions`; what is no name is left out */
export function headersToRecord(wanted: readonly string[] | boolean | undefined): Chosen {
  if (wanted === false) return { names: [], more: false };
  if (wanted === true) return { names: undefined, more: true };
  const more = (wanted ?? [])
    .filter((name) => typeof name === "string")
    .map((name) => name.toLowerCase());
  const names = [...new Set([...DEFAULT, ...more])].filter((name) => name !== "user-agent");
  return { names, more: more.length > 0 };
}

export function chosenHeaders(headers: HeaderFields, { names }: Chosen): Record<string, unknown> {
  const chosen: Record<string, unknown> = {};
  (names ?? allNames(headers)).forEach((name) => {
    const value = headers[name];
    if (value !== undefined && Object.hasOwn(headers, name)) chosen[name] = value;
  });
  return chosen;
}

/** The default ones first. */
function allNames(headers: HeaderFields): readonly string[] {
  return headersToRecord(Object.keys(headers)).names ?? [];
}
