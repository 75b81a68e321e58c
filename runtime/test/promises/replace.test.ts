// The promise of an asynchronous function is another one: with its outcome, and as unhandled.
import { withTrace } from "llmops-observability";
import { expect, onTestFinished, test } from "vitest";
import { replaced } from "../../src/promises/replace.ts";

test("the same value and the same reason", async () => {
  const value = {};
  const reason = new Error("the program's own");
  expect(await withTrace("t", async () => value)).toBe(value);
  await expect(withTrace("t", () => (async () => Promise.reject(reason))())).rejects.toBe(reason);
  await expect(
    withTrace("t", async () => {
      throw reason;
    }),
  ).rejects.toBe(reason);
});

test("a rejection that nobody handles is unhandled, once", async () => {
  const seen: unknown[] = [];
  const listener = (reason: unknown): void => void seen.push(reason);
  process.on("unhandledRejection", listener);
  onTestFinished(() => void process.off("unhandledRejection", listener));
  const reason = new Error("the program's own");
  void withTrace("t", async () => {
    throw reason;
  });
  for (let turns = 0; turns < 3; turns++) await new Promise((done) => setImmediate(done));
  expect(seen).toEqual([reason]);
});

test("it settles one microtask later, and tells its outcome before", async () => {
  const order: string[] = [];
  const waiting = { settled: () => void order.push("told") };
  const original = Promise.resolve();
  const other = replaced(original, waiting);
  const seen = other.then(() => void order.push("other"));
  void original.then(() => void order.push("original")).then(() => void order.push("next"));
  await seen;
  expect(order).toEqual(["told", "original", "other", "next"]);
});
