// Two lists → which members belong together: against the textbook's table, and where they are long.
import fc from "fast-check";
import { expect, test } from "vitest";
import { align } from "../../src/compare/align.ts";

const paired = (a: readonly string[], b: readonly string[]): number => {
  const rows = align(a, b, (key) => key);
  expect(rows.flatMap((row) => row.a ?? [])).toEqual(a);
  expect(rows.flatMap((row) => row.b ?? [])).toEqual(b);
  const pairs = rows.filter((row) => row.a !== undefined && row.b !== undefined);
  expect(pairs.every((row) => row.a === row.b)).toBe(true);
  return pairs.length;
};

function longest(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const key of a) {
    const next = [0];
    for (const [j, other] of b.entries())
      next.push(key === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}

test("as many as can be", () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      expect(paired(a, b)).toBe(longest(a, b));
    }),
  );
});

const many = (length: number, key: (at: number) => string): string[] =>
  Array.from({ length }, (_, at) => key(at));
const loop = (at: number): string => `step ${at % 7}`;
const mixed = (at: number): string => `k${(at * 7919) % 13}`;

test.each<[string, string[], string[], number]>([
  ["alike but for some", many(30_000, loop), many(30_000, loop).toSpliced(9000, 5, "x"), 29_995],
  ["one moved to the end", ["x", ...many(15_000, loop)], [...many(15_000, loop), "x"], 15_000],
  ["nothing alike", many(30_000, (at) => `a${at}`), many(30_000, (at) => `b${at}`), 0],
  ["of few names, shuffled", many(30_000, loop), many(30_000, mixed), 0],
  [
    "of few names, one doubled",
    many(20_000, mixed),
    many(20_000, mixed).flatMap((key) => (key === "k5" ? [key, "new"] : [key])),
    19_000,
  ],
  [
    "unique, with much between",
    many(20_000, (at) => `u${at}`),
    many(20_000, (at) => (at % 2 === 0 ? `u${at}` : `v${at}`)),
    10_000,
  ],
])("30,000 members, %s", (_, a, b, least) => {
  expect(paired(a, b)).toBeGreaterThanOrEqual(least);
});
