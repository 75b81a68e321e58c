// Promises → their outcomes without `then`: through the inspector, or, where that may not be used, by the text that Node shows.
import { Session } from "node:inspector";
import { expect, test, vi } from "vitest";
import { inspectPromises } from "../../src/promises/inspect-promise.ts";

const coded = Object.assign(new RangeError("out of it"), { code: "E_RANGE" });
const rejected = [new TypeError("no"), coded, Symbol("s")].map((reason) => Promise.reject(reason));
for (const promise of rejected) promise.catch(() => {});
const fulfilled = [undefined, null, true, 7, 7n, "a text"].map((value) => Promise.resolve(value));
const pending = new Promise(() => {});
const promises = [...fulfilled, ...rejected, pending];

test("through the inspector: the very values", () => {
  const outcomes = inspectPromises(promises);
  const values = outcomes.map(({ value }) => value);
  expect(values.slice(0, 6)).toEqual([undefined, null, true, 7, 7n, "a text"]);
  expect(values[6]).toBeInstanceOf(TypeError);
  expect(values[7]).toBe(coded);
  expect(outcomes.at(-1)?.state).toBe("pending");
});

test("without the permission to: primitive values, and errors with name, message and stack", () => {
  vi.spyOn(Session.prototype, "connect").mockImplementation(() => {
    throw new Error("not permitted");
  });
  const outcomes = inspectPromises(promises);
  expect(outcomes.map(({ state }) => state)).toEqual([
    ...fulfilled.map(() => "fulfilled"),
    ...rejected.map(() => "rejected"),
    "pending",
  ]);
  const values = outcomes.map(({ value }) => value);
  expect(values.slice(0, 6)).toEqual([undefined, null, true, 7, 7n, "a text"]);
  expect(values.slice(6, 8)).toMatchObject([
    { name: "TypeError", message: "no", stack: expect.stringMatching(/^TypeError: no\n {4}at /) },
    { name: "RangeError", message: "out of it", stack: expect.stringMatching(/:\d+:\d+\)?$/) },
  ]);
  expect(values[8]).toBe("Symbol(s)");
  vi.restoreAllMocks();
});
