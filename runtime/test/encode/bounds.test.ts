// What the encoder keeps from one value to the next is bounded, and odd options do not stop it.
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { KnownNames } from "../../src/encode/known/names.ts";
import { createRedactor } from "../../src/encode/redact/redactor.ts";

test("names are kept, but not without end, and long ones never", () => {
  const names = new KnownNames(createRedactor());
  const first = names.get("first");
  expect(names.get("first")).toBe(first);
  for (let at = 0; at < 100_000; at++) names.get(`name ${at}`);
  expect(names.get("first")).not.toBe(first);
  expect(names.get("first")).toEqual(first);
  const long = "x".repeat(100_000);
  expect(names.get(long)).not.toBe(names.get(long));
});

test("what is no pattern is left out", () => {
  const patterns = [
    { source: "(", flags: "" },
    { source: "a1b2", flags: "gy" },
  ] as RegExp[];
  const encoder = createEncoder({ keys: ["secret", 7 as never], patterns, mask: 5 as never });
  expect(JSON.parse(encoder.value(["a1b2 a1b2", { secret: "x" }], 1000))).toEqual([
    "[REDACTED] [REDACTED]",
    { secret: "[REDACTED]" },
  ]);
});

test("a missing stack is null under every budget, message and type are texts", () => {
  const encoder = createEncoder();
  for (const thrown of ["text", 7, null, { message: "x".repeat(10_000) }])
    for (const budget of [100, 200, 1000, 100_000])
      expect(JSON.parse(encoder.error(thrown, budget).text)).toMatchObject({
        stack: null,
        message: expect.any(String),
        type: expect.any(String),
      });
});
