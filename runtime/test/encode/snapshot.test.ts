// Values that are copied in the call and encoded later → the same text as if they had been encoded
// in the call.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { LARGE, snapshot, snapshotAll, snapshotLiteral } from "../../src/encode/snapshot.ts";

const encoder = createEncoder();

test("any value: the copy reads like the original, whatever happens to that", () => {
  let copied = 0;
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
        withUnicodeString: true,
        maxDepth: 5,
      }),
      fc.integer({ min: 64, max: 3_000 }),
      (value, budget) => {
        const copy = snapshot(value);
        if (copy === LARGE) return;
        copied++;
        const text = encoder.value(value, budget);
        if (typeof value === "object" && value !== null)
          for (const key of Object.keys(value)) Reflect.deleteProperty(value, key);
        const read = encoder.value(copy, budget);
        // How large what does not fit is at least depends on where the encoder stopped.
        if (text.includes('"_size_at_least":')) expect(read).toContain('"_size_at_least":');
        else expect(read).toBe(text);
      },
    ),
    { numRuns: 1_000 },
  );
  expect(copied).toBeGreaterThan(200);
});

test("literals are copied as any other object", () => {
  let copied = 0;
  const expectSame = (copy: unknown, value: unknown): void => {
    if (copy === LARGE) return;
    copied++;
    expect(encoder.value(copy, 9_999)).toBe(encoder.value(value, 9_999));
  };
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), (record) => {
      const list = Object.values(record);
      expectSame(snapshotLiteral({ ...record }), { ...record });
      expectSame(snapshotLiteral([...list]), list);
    }),
  );
  expect(copied).toBeGreaterThan(50);
});

test("nothing of the program runs", () => {
  const trap = (): never => {
    throw new Error("touched");
  };
  const handler = new Proxy({}, { get: trap });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile: unknown[] = [
    { get own() { return trap(); } },
    Object.defineProperty([1], 0, { get: trap, enumerable: true }),
    new Proxy({ a: 1 }, handler),
    new Proxy([], handler),
    new Proxy(() => {}, handler),
    { nested: { deep: [new Proxy({}, handler)] } },
    proxy,
    { toJSON: trap, toString: trap, valueOf: trap },
    new (class { get inherited() { return trap(); } })(),
    Object.create(new Proxy({}, handler)) as unknown,
    { [Symbol.toPrimitive]: trap, [Symbol.iterator]: trap },
  ]; // prettier-ignore
  for (const value of hostile) {
    const copy = snapshot(value);
    encoder.value(copy === LARGE ? value : copy, 1_000);
  }
  expect(snapshot(hostile[0])).not.toBe(LARGE);
  expect(encoder.value(snapshot(hostile[0]), 1_000)).toBe('{"own":"[Getter]"}');
  const values = [1, { a: 1 }, hostile[2], "end"];
  expect(snapshotAll(values)).toBe(false);
  expect(encoder.list(values, [], 1_000)).toBe('[1,{"a":1},"[Proxy]","end"]');
});

test("what is large, deep or circular is left to the encoder", () => {
  const circular: Record<string, unknown> = { a: 1 };
  circular["self"] = circular;
  let deep: unknown = 1;
  for (let level = 0; level < 20; level++) deep = { deep };
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key${at}`, at]));
  const many = Array.from({ length: 50 }, () => ({ a: [1, 2, 3, 4], b: "x".repeat(100) }));
  for (const value of [
    circular,
    deep,
    wide,
    many,
    "x".repeat(5_000),
    new Array(1_000_000),
    new Map(),
  ])
    expect(snapshot(value)).toBe(LARGE);
});
