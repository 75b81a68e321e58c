import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { otelSpanId, otelTraceId } from "../../src/otlp.ts";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

test("a UUID: its digits, and the last 16 of them", () => {
  const uuid = "87A41B12-cc61-4fdf-9bf2-a50a369b4d30";
  expect(otelTraceId(uuid)).toBe("87a41b12cc614fdf9bf2a50a369b4d30");
  expect(otelSpanId(uuid)).toBe("9bf2a50a369b4d30");
});

test.each(["", "trace-7", "87a41b12", "zzzzzzzz-cc61-4fdf-9bf2-a50a369b4d30", "🦜"])(
  "no UUID, %j: the digits of its SHA-256",
  (text) => {
    expect(otelTraceId(text)).toBe(hash(text).slice(0, 32));
    expect(otelSpanId(text)).toBe(hash(text).slice(0, 16));
  },
);

test("never all zeros, the half of a UUID neither", () => {
  const nil = "00000000-0000-0000-0000-000000000000";
  expect(otelTraceId(nil)).toBe(hash(nil).slice(0, 32));
  expect(otelSpanId(nil)).toBe(hash(nil).slice(0, 16));
  const half = "87a41b12-cc61-4fdf-0000-000000000000";
  expect(otelTraceId(half)).toBe("87a41b12cc614fdf0000000000000000");
  expect(otelSpanId(half)).toBe(hash(half).slice(0, 16));
});
