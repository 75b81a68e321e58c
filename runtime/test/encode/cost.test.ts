// Values of drawn shapes that grow → what it costs to encode them is bounded by the budget.
// Invariant: work is counted, not timed (work.ts).
import fc from "fast-check";
import { expect, test } from "vitest";
import { workOf } from "./work.ts";

const { createEncoder } = await import("../../src/encode/encoder.ts");
const encoder = createEncoder();
const BUDGET = 20_000;
const work = (value: unknown): number => workOf(() => encoder.value(value, BUDGET));

const TEXTS = {
  prose: "The quick brown fox, said 12 people; it jumps over the lazy dog. ",
  solid: "abcdefghijklmnopqrstuvwxyz",
  json: '{"id":12,"name":"ada","tags":["a","b"]},',
  log: '2026-11-28T10:00:00Z level=info msg="took 12 ms" user=ada-1 path=/a/b?c=d&e=f\n',
  markdown: "| a | b | - c -- d (e) \"f\", 'g'\n",
  wide: "漢字かな交じり文。",
} as const;
type TextKind = keyof typeof TEXTS;

/** Flat: a rope would be flattened by whoever reads it first. */
function text(kind: TextKind, length: number): string {
  const pattern = TEXTS[kind];
  const whole = pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
  return Buffer.from(whole).toString();
}

/** Of a budget's size, and as large in its JSON text as the kind with the most work. */
const REFERENCE = work(text("json", 14_000));

class Thing {
  readonly held: unknown;
  readonly at = 1;
  constructor(held: unknown) {
    this.held = held;
  }
}

/** A shape that grows with a factor, in some of its dimensions. */
interface Shape {
  readonly title: string;
  /** How many values it is made of. */
  size(factor: number): number;
  make(factor: number): unknown;
}

const grows = (base: number, growing: boolean, factor: number, most: number): number =>
  Math.min(growing ? base * factor : base, most);

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  fc
    .record({
      kind: fc.constantFrom(...(Object.keys(TEXTS) as TextKind[])),
      length: fc.constantFrom(5, 40, 200, 1_000, 4_000, 10_000, 30_000),
      growing: fc.boolean(),
    })
    .map(({ kind, length, growing }) => ({
      title: `${kind} ${length}${growing ? "*" : ""}`,
      size: () => 1,
      make: (factor: number) => text(kind, grows(length, growing, factor, 1_000_000)),
    })),
  fc.constant({ title: "number", size: () => 1, make: () => 12_345 }),
  fc.constant({ title: "buffer", size: () => 1, make: () => Buffer.alloc(5_000, "text ") }),
);

const CONTAINERS = {
  list: (items: unknown[]) => items,
  record: (items: unknown[]) => Object.fromEntries(items.map((item, at) => [`key${at}`, item])),
  longNames: (items: unknown[]) =>
    Object.fromEntries(items.map((item, at) => [`a rather long name of key number ${at}`, item])),
  map: (items: unknown[]) => new Map(items.map((item, at) => [`key${at}`, item])),
  pairs: (items: unknown[]) => new Map(items.map((item, at) => [at, item])),
  set: (items: unknown[]) => new Set(items.map((item) => ({ item }))),
  things: (items: unknown[]) => new Thing(items.map((item) => new Thing(item))),
  error: (items: unknown[]) => Object.assign(new Error("e", { cause: items[0] }), { items }),
};

function container(depth: number): fc.Arbitrary<Shape> {
  const inner = depth === 0 ? leaf : fc.oneof(leaf, container(depth - 1), container(depth - 1));
  return fc
    .record({
      kind: fc.constantFrom(...(Object.keys(CONTAINERS) as (keyof typeof CONTAINERS)[])),
      count: fc.constantFrom(1, 2, 5, 20, 100, 700),
      growing: fc.boolean(),
      one: inner,
      other: inner,
    })
    .map(({ kind, count, growing, one, other }) => {
      const countAt = (factor: number): number => grows(count, growing, factor, 20_000);
      return {
        title: `${kind} ${count}${growing ? "*" : ""} (${one.title} | ${other.title})`,
        size: (factor: number) =>
          1 + countAt(factor) * Math.max(one.size(factor), other.size(factor)),
        make: (factor: number) => {
          // The same values again and again: making them is not what is looked at.
          const items = [one.make(factor), other.make(factor)];
          return CONTAINERS[kind](
            Array.from({ length: countAt(factor) }, (_, at) => copyOf(items[at % 2])),
          );
        },
      };
    });
}

/** A list or record of its own: the encoder remembers what it has seen of an object. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice();
  const plain = typeof value === "object" && value !== null && value.constructor === Object;
  return plain ? { ...value } : value;
}

test("no shape costs more than a few texts of the budget's size, however large it gets", () => {
  fc.assert(
    fc.property(container(2), (shape) => {
      for (const factor of [1, 4, 16, 64, 256]) {
        if (shape.size(factor) > 30_000) break;
        expect(work(shape.make(factor)), `${shape.title}, × ${factor}`).toBeLessThan(
          REFERENCE * 12,
        );
      }
    }),
    // The same shapes at each run.
    { seed: 1, numRuns: 400 },
  );
});

test("long texts in a list: thousands of them cost little more than two", () => {
  const list = (count: number, length: number): string[] =>
    Array.from({ length: count }, () => text("prose", length));
  const two = work(list(2, 10_000));
  expect(work(list(100, 10_000))).toBeLessThan(two * 6);
  expect(work(list(5_000, 10_000))).toBeLessThan(two * 3);
  expect(work(list(50, 1_000_000))).toBeLessThan(two * 6);
});

test("a list of fractions that does not fit is not encoded number by number", () => {
  const vector = Array.from({ length: 1536 }, (_, at) => Math.sin(at) / 10);
  expect(work(vector)).toBeLessThan(REFERENCE / 10);
});
