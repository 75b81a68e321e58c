import fc from "fast-check";
import { expect, test } from "vitest";
import type { Condition } from "../../src/query/condition.ts";
import { parse } from "../../src/query/parse.ts";
import { QueryError } from "../../src/store.ts";

const NOW = 1_795_000_000;
const read = (query: string): readonly Condition[] => parse(query, NOW);
const exact = (text: string): object => ({ text, start: false, end: false });

test("words, phrases, and what excludes", () => {
  expect(read('  two words "one phrase" -not -"a b" - a-b "with \\"quotes\\" \\\\"')).toEqual([
    { kind: "word", text: "two", not: false },
    { kind: "word", text: "words", not: false },
    { kind: "word", text: "one phrase", not: false },
    { kind: "word", text: "not", not: true },
    { kind: "word", text: "a b", not: true },
    { kind: "word", text: "-", not: false },
    { kind: "word", text: "a-b", not: false },
    { kind: "word", text: 'with "quotes" \\', not: false },
  ]);
});

test("fields: lists, stars, quotes, without case in the field", () => {
  expect(read('model:gpt*,*mini,"a,b*" -Status:error meta.Tier:x')).toEqual([
    {
      kind: "text",
      field: "model",
      any: [
        { text: "gpt", start: false, end: true },
        { text: "mini", start: true, end: false },
        exact("a,b*"),
      ],
      not: false,
    },
    { kind: "text", field: "status", any: [exact("error")], not: true },
    { kind: "meta", key: "Tier", any: [exact("x")], not: false },
  ]);
});

test.each([
  ["duration:>2s", ">", 2000],
  ["duration:150ms", "=", 150],
  ["duration:<=1m", "<=", 60_000],
  ["duration:1.5s", "=", 1500],
  ["cost:>=0.01", ">=", 0.01],
  ["tokens:<100", "<", 100],
  ["started:-15m", ">=", NOW - 900],
  ["started:<-2h", "<", NOW - 7200],
  ["started:>2026-11-28T12:00:00Z", ">", Date.UTC(2026, 10, 28, 12) / 1000],
])("%s is a number's comparison", (query, is, value) => {
  expect(read(query)).toMatchObject([{ kind: "number", any: [{ is, value }] }]);
});

test.each([
  ["modle:x", 0, "model:"],
  ["a statsu:x", 2, "status:"],
  ["http://x", 0, 'a ":" in a word needs quotes'],
  ["has:eror", 0, "error"],
  ['a "open', 2, 'close it with "'],
  ["name:", 0, undefined],
  ["name:a,,b", 0, undefined],
  ["name:>a", 0, "quote a text that begins with < or >"],
  ["duration:soon", 0, undefined],
  ["started:-15", 0, undefined],
  ['a:"b"c', 5, undefined],
  ["__proto__:x", 0, 'a ":" in a word needs quotes'],
])("%s cannot be read: where, and what was meant", (query, position, hint) => {
  let error: unknown;
  try {
    read(query);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(QueryError);
  expect(error).toMatchObject({ position, hint });
});

test("whatever is typed is read, or refused at a place in it", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300, unit: "binary" }), (query) => {
      try {
        read(query);
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        expect(error.position).toBeGreaterThanOrEqual(0);
        expect(error.position).toBeLessThanOrEqual(query.length);
      }
    }),
  );
  expect(() => read("a ".repeat(100))).toThrow(QueryError);
});

test("a phrase in quotes is found as it is, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 50 }), (text) => {
      const quoted = `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
      expect(read(quoted)).toEqual([{ kind: "word", text, not: false }]);
    }),
  );
});
