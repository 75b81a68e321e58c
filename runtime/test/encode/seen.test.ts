// Values that a trace writes again, changed or not → the same text as if none of it had been written
// before; nothing is held of a trace that has ended.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";

const BUDGET = 20_000;
const PROSE = "The harbour, as of last summer, carries more water than before. ";
const TEXTS = [
  "city",
  "x".repeat(40),
  PROSE.repeat(8),
  `${PROSE.repeat(8)}!`,
  `${PROSE}"quoted"\n\t\\`.repeat(4),
  "漢字かな交じり文。".repeat(12),
  `${PROSE}password=hunter2hunter2 ${PROSE}`,
  `Authorization: Bearer abcdef0123456789 ${PROSE}`,
  `\ud800 ${PROSE}\ufffe`,
  PROSE.repeat(400),
];

const leaf = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, -0, 1e21, undefined, 10n),
  fc.constant(0).map(() => new Date(0)),
);
const key = fc.constantFrom(
  "id",
  "text",
  "name",
  "value",
  "password",
  "rows",
  "score",
  "__proto__",
);
const { value: drawn } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    { weight: 3, arbitrary: leaf },
    {
      weight: 3,
      arbitrary: fc
        .array(fc.tuple(key, tie("value")), { maxLength: 5 })
        .map((entries) => Object.fromEntries(entries) as unknown),
    },
    { weight: 2, arbitrary: fc.array(tie("value"), { maxLength: 6 }) },
    // Documents.
    {
      weight: 2,
      arbitrary: fc
        .array(fc.tuple(fc.nat(9), fc.constantFrom(...TEXTS), fc.double({ noNaN: true })))
        .map((all) => all.map(([id, text, score]) => ({ id, text, score }))),
    },
  ),
}));

function containersIn(value: unknown, found: object[] = []): readonly object[] {
  if (typeof value !== "object" || value === null) return found;
  found.push(value);
  for (const { value: inner } of Object.values(Object.getOwnPropertyDescriptors(value)))
    containersIn(inner, found);
  return found;
}

type Change = readonly [which: number, way: number, given: unknown];

function change(value: unknown, [which, way, given]: Change): void {
  const containers = containersIn(value);
  const container = containers[which % Math.max(1, containers.length)];
  if (container === undefined) return;
  const names = Object.keys(container);
  const name = names[which % Math.max(1, names.length)] ?? "added";
  if (way === 0) Reflect.deleteProperty(container, name);
  else if (way === 1) Reflect.set(container, name, given);
  else if (way === 2) Reflect.defineProperty(container, name, { get: () => given });
  else if (Array.isArray(container)) reverse(container);
  else Reflect.set(container, "more", given);
}

/** Elements with a getter of an earlier step too, which are not written to. */
function reverse(list: object): void {
  const { length, ...elements }: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(list);
  const last = Number(length?.value) - 1;
  for (const index of Object.keys(elements)) Reflect.deleteProperty(list, index);
  for (const [index, element] of Object.entries(elements))
    Reflect.defineProperty(list, last - Number(index), element);
}

interface Step {
  readonly value: number;
  readonly around: "value" | "list" | "fields" | "record" | "text";
  readonly trace: number;
  readonly change: Change | undefined;
  readonly ends: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  value: fc.nat(3),
  around: fc.constantFrom("value", "list", "fields", "record", "text"),
  trace: fc.nat(5),
  change: fc.option(fc.tuple(fc.nat(), fc.nat(3), leaf), { nil: undefined }),
  ends: fc.boolean(),
});

type Encoder = ReturnType<typeof createEncoder>;

function written(encoder: Encoder, value: unknown, around: Step["around"], trace?: object): string {
  switch (around) {
    case "value":
      return encoder.value(value, BUDGET, undefined, trace);
    case "list":
      return encoder.list([value, 1, value], ["first", "second"], BUDGET, trace);
    case "fields":
      return encoder.fields(["one", "apiKey"], [value, value], BUDGET, trace);
    case "record":
      return encoder.value({ found: value, text: TEXTS[3] }, BUDGET, undefined, trace);
    default:
      return encoder.value(TEXTS[2], BUDGET, undefined, trace);
  }
}

test("what a trace has written before changes nothing in what it writes", () => {
  const encoder = createEncoder();
  fc.assert(
    fc.property(
      fc.array(drawn, { minLength: 4, maxLength: 4 }),
      fc.array(step, { maxLength: 24 }),
      (values, steps) => {
        const traces = Array.from({ length: 6 }, () => ({}));
        for (const { value: at, around, trace: which, change: one, ends } of steps) {
          const value = values[at];
          const trace = traces[which] ?? {};
          if (one !== undefined) change(value, one);
          const text = written(createEncoder(), value, around);
          expect(written(encoder, value, around, trace)).toBe(text);
          expect(written(encoder, value, around, trace)).toBe(text);
          if (ends) encoder.forget(trace);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a change of any leaf, at any depth, is written", () => {
  const encoder = createEncoder();
  const trace = {};
  const leaves = [1, 2.5, "a", PROSE, true, null];
  const make = (): Record<string, unknown> => ({
    found: { documents: [{ id: 1, text: PROSE.repeat(3), tags: ["x", PROSE] }, [[{ deep: 0 }]]] },
    n: -1,
  });
  const value = make();
  containersIn(value).forEach((container, depth) => {
    Object.keys(container).forEach((name) => {
      for (const given of leaves) {
        const before = encoder.value(value, BUDGET, undefined, trace);
        const was: unknown = Reflect.get(container, name);
        Reflect.set(container, name, given);
        const after = encoder.value(value, BUDGET, undefined, trace);
        expect(after, `${name} at ${depth}`).toBe(createEncoder().value(value, BUDGET));
        Reflect.set(container, name, was);
        expect(encoder.value(value, BUDGET, undefined, trace)).toBe(before);
      }
    });
  });
});

test("a user's own patterns act on texts that were written before", () => {
  const encoder = createEncoder({ patterns: [/harbour/], mask: "[X]" });
  const trace = {};
  const value = { documents: [{ text: PROSE.repeat(3) }, { text: "harbour" }] };
  const text = encoder.value(value, BUDGET, undefined, trace);
  expect(text).not.toContain("harbour");
  for (let i = 0; i < 3; i++) {
    expect(encoder.value(value, BUDGET, undefined, trace)).toBe(text);
    expect(encoder.list([value], ["value"], BUDGET, trace)).toBe(`[${text}]`);
  }
});

test("nothing of a trace's values is held once it has ended", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const encoder = createEncoder();
  const refs: WeakRef<object>[] = [];
  (() => {
    for (let at = 0; at < 20; at++) {
      const trace = { at };
      const value = { documents: [{ text: PROSE.repeat(8) + at }] };
      for (let i = 0; i < 3; i++) encoder.value(value, BUDGET, undefined, trace);
      refs.push(new WeakRef(trace), new WeakRef(value));
      encoder.forget(trace);
    }
  })();
  for (let i = 0; i < 50 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
});
