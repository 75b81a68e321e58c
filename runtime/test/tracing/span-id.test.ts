// Ids of spans → UUIDs that count on from their trace's id.
import { expect, test } from "vitest";
import { spanIds } from "../../src/tracing/span-id.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test.each([
  ["87a41b12-cc61-4fdf-9bf2-000000000000", "87a41b12-cc61-4fdf-9bf2-000000000003"],
  ["87a41b12-cc61-4fdf-9bf2-00000afffffe", "87a41b12-cc61-4fdf-9bf2-00000b000001"],
  ["87a41b12-cc61-4fdf-9bf2-fffffffffffe", "87a41b12-cc61-4fdf-9bf2-000000000001"],
])("of the trace %s", (traceId, third) => {
  const idOf = spanIds(traceId);
  expect(idOf(3)).toBe(third);
  const ids = Array.from({ length: 50_000 }, (_, number) => idOf(number));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !UUID.test(id))).toEqual([]);
});
