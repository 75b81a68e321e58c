// What the load and the test that looks at its traces have in common.

export type Kind = "user" | "head" | "body" | "stream" | "missing" | "failing" | "aborted";

/** What came back for a request. */
export interface Returned {
  readonly id: string;
  readonly status: number;
  readonly text: string;
}

const ROUND: readonly Kind[] = [
  "user",
  "body",
  "user",
  "stream",
  "user",
  "missing",
  "user",
  "failing",
  "head",
  "aborted",
];

export function kindOf(id: number): Kind {
  return ROUND[id % ROUND.length] ?? "user";
}
