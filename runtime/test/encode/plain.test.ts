// Drawn values, with secrets and oddities among plain data → what is written at once of records of
// one shape, lists of numbers and long texts is what the walk writes of copies, piece by piece.
import { types } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { Fields } from "../../src/encode/fields.ts";

const encoder = createEncoder();
const BUDGET = 1_000_000;

class Row {
  constructor(fields: object) {
    Object.defineProperties(this, Object.getOwnPropertyDescriptors(fields));
  }
}

class Quiet extends Row {
  toJSON(): string {
    throw new Error("the program's");
  }
}

const NAMES = ["id", "name", "key", "value", "values", "type", "rows", "columns", "text", "a", "b"];
const MORE = [
  "password",
  "apiToken",
  "toJSON",
  "__proto__",
  "",
  "0",
  "10",
  "naïve",
  "x=y",
  "secret",
];
const TEXTS = [
  "DB_PASSWORD",
  "x-api-key",
  "api_key",
  "city",
  "SecureString",
  "Bearer abcdef012345",
];
const PROSE =
  "The river near the old harbour carries more water than in any year before, they say.";
const ODD_TEXTS = [
  "a: b",
  'say "hi"\n',
  "漢字\ufffe",
  "\ud800",
  "password=hunter22",
  "x".repeat(300),
  `${PROSE}\u001b[1m${PROSE}`,
];

const leaf = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(...TEXTS, ...ODD_TEXTS),
  fc.string({ maxLength: 40 }),
);
const oddity = fc.constantFrom<(() => unknown)[]>(
  () => undefined,
  () => 10n,
  () => Symbol("s"),
  () => () => 1,
  () => new Date(0),
  () => new Map([["k", { value: 1 }]]),
  () => new Quiet({ a: 1 }),
  () => new Proxy({ a: 1 }, {}),
  () => Object.defineProperty({ a: 1 }, "b", { get: () => 2, enumerable: true }),
  () => Object.create(null, { a: { value: 1, enumerable: true } }) as object,
  // oxlint-disable-next-line no-sparse-arrays -- a hole is what is looked at
  () => [1, , 2],
  () => Object.defineProperty([1, 2], 1, { get: () => 3, enumerable: true }),
  () => Object.assign([1, 2], { more: 1 }),
  () => new (class extends Array {})(3),
  () => ({ toJSON: () => "no" }),
  () => (JSON as unknown as { rawJSON?: (text: string) => unknown }).rawJSON?.("1"),
  () => Object.setPrototypeOf(new Number(1), Object.prototype) as unknown,
  () => Object.setPrototypeOf(new Number(1), Row.prototype) as unknown,
  () => Number.NaN,
);

const key = fc.constantFrom(...NAMES, ...MORE);
const { value: drawn } = fc.letrec<{ value: unknown; record: object; list: unknown[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    { weight: 6, arbitrary: leaf },
    { weight: 1, arbitrary: oddity.map((make) => make()) },
    { weight: 4, arbitrary: tie("record") },
    { weight: 3, arbitrary: tie("list") },
  ),
  record: fc
    .tuple(fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }), fc.nat(3))
    .map(([entries, kind]) => {
      const record = {};
      for (const [name, value] of entries)
        Object.defineProperty(record, name, {
          value,
          enumerable: true,
          writable: kind !== 2,
          configurable: true,
        });
      return kind === 0 ? new Row(record) : record;
    }),
  list: fc.oneof(
    fc.array(tie("value"), { maxLength: 6 }),
    fc.array(fc.oneof(fc.integer(), fc.double(), fc.constant(-0)), { minLength: 8, maxLength: 20 }),
    // Of one shape.
    fc
      .tuple(tie("record"), fc.array(leaf, { maxLength: 8 }))
      .map(([first, ids]) => ids.map((id) => ({ ...first, id }))),
  ),
}));

/** The same, for the walk alone. */
function copied(value: unknown): unknown {
  if (types.isProxy(value)) return value;
  if (Array.isArray(value) && isData(value) && Object.getPrototypeOf(value) === Array.prototype)
    return new Fields([], value.map(copied), true);
  const prototype: unknown = value === Object(value) ? Object.getPrototypeOf(value) : undefined;
  const names = prototype === Object.prototype ? Object.keys(value as object) : [];
  if (names.length === 0 || !isData(value as object)) return value;
  return new Fields(
    names,
    names.map((name) => copied(Object.getOwnPropertyDescriptor(value, name)?.value)),
  );
}

function isData(value: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(value)).every((one) => "value" in one);
}

test("what is written of a value is what is written of a copy", () => {
  fc.assert(
    fc.property(drawn, (value) => {
      const text = encoder.value(copied(value), BUDGET);
      expect(encoder.value(value, BUDGET)).toBe(text);
      // By now its classes are known to be ordinary.
      expect(encoder.value(value, BUDGET)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("rows of which a later one names a secret behind its value have it masked", () => {
  const rows = [
    { value: "hunter2", id: 1 },
    { value: "hunter2", id: 2 },
    { value: "hunter2", id: "DB_PASSWORD" },
    { value: "hunter2", id: 3 },
  ];
  const masked = rows.map((row, at) => (at === 2 ? { ...row, value: "[REDACTED]" } : row));
  expect(encoder.value(rows, BUDGET)).toBe(JSON.stringify(masked));
});

test("what JSON escapes is escaped in each text of a trace, also in one that came before", () => {
  const trace = {};
  const escaped = Array.from({ length: 0x22 }, (_, unit) => String.fromCharCode(unit));
  const texts = escaped.concat("\\", "\ud800", "é", "漢", "🎉").map((unit) => PROSE + unit + PROSE);
  // The first texts of a process are written in another way.
  for (let turn = 0; turn < 4; turn++)
    for (const text of texts) {
      const rows = [PROSE, text, PROSE].map((content, id) => ({ id, content }));
      for (const value of [text, rows, { text, rows }])
        expect(encoder.value(value, BUDGET, undefined, trace)).toBe(JSON.stringify(value));
    }
});

test("a secret as long as its mask stays masked when it comes again", () => {
  const text = `${PROSE} password=abcdef1234 ${PROSE}`;
  const trace = {};
  for (let turn = 0; turn < 120; turn++)
    expect(encoder.value({ text }, BUDGET, undefined, trace)).not.toContain("abcdef1234");
});

test("a list of numbers is written by the engine only where nothing would answer for it", () => {
  let ran = 0;
  const numbers = (): number[] => Array.from({ length: 20 }, (_, at) => at / 3);
  const spy = (): string => `${ran++}`;
  const own = Object.assign(numbers(), { toJSON: spy });
  const getter = Object.defineProperty(numbers(), 19, { get: spy, enumerable: true });
  const holes = numbers();
  holes.length = 21;
  class Series extends Array<number> {
    toJSON(): string {
      return spy();
    }
  }
  const plain = JSON.stringify(numbers());
  expect(encoder.value(own, BUDGET)).toBe(plain);
  expect(encoder.value(Series.from(numbers()), BUDGET)).toBe(plain);
  expect(encoder.value(getter, BUDGET)).toContain(',"[Getter]"]');
  expect(encoder.value(holes, BUDGET)).toContain(",null]");
  const setter = Object.defineProperty(numbers(), 0, { set: spy, enumerable: true });
  expect(encoder.value(setter, BUDGET)).toContain('["[Setter]",');
  expect(ran).toBe(0);
});

/** The lists and records in a value. */
function containersIn(value: unknown, found: object[] = []): readonly object[] {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return found;
  found.push(value);
  for (const { value: inner } of Object.values(Object.getOwnPropertyDescriptors(value)))
    containersIn(inner, found);
  return found;
}

function change(container: object, way: number, given: unknown): void {
  const names = Object.keys(container);
  const name = names[way % Math.max(1, names.length)] ?? "added";
  if (way % 3 === 0) Reflect.deleteProperty(container, name);
  else if (way % 3 === 1) Reflect.defineProperty(container, name, { value: given });
  else Reflect.set(container, Array.isArray(container) ? container.length : "more", given);
}

test("a value that was changed since is written anew", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.oneof(leaf, fc.array(leaf))), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(drawn, changes, (value, steps) => {
      const trace = {};
      encoder.value(value, BUDGET, undefined, trace);
      for (const [which, way, given] of steps) {
        const containers = containersIn(value);
        const container = containers[which % Math.max(1, containers.length)];
        if (container !== undefined) change(container, way, given);
        expect(encoder.value(value, BUDGET, undefined, trace)).toBe(
          createEncoder().value(value, BUDGET),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

test("a list that was tried in vain is not taken for the value before", () => {
  const trace = {};
  const row = { a: ["b", 1] };
  const many = Array.from({ length: 100 }, () => ["b", 1]);
  for (const value of [row, many, row]) {
    expect(encoder.value(value, 300, undefined, trace)).toBe(createEncoder().value(value, 300));
    row.a = ["c", 2];
  }
});

test("a list of many small items is cut as it was when each of them was encoded", () => {
  const items = fc.record({ id: fc.nat(), value: fc.string({ maxLength: 12 }) });
  const withoutSize = (text: string): string => text.replace(/"_size_at_least":\d+/, "");
  fc.assert(
    fc.property(
      fc.array(items, { minLength: 3, maxLength: 60 }),
      fc.array(fc.string({ maxLength: 400 }), { maxLength: 3 }),
      fc.integer({ min: 100, max: 2500 }),
      fc.nat(60),
      (records, long, budget, at) => {
        const list = [...records.slice(0, at), ...long, ...records.slice(at)];
        const cut = withoutSize(encoder.value(list, budget));
        expect(cut).toBe(withoutSize(encoder.value(copied(list), budget)));
      },
    ),
    { numRuns: 1000 },
  );
});

test("what a value refers back to takes no room in it", () => {
  const parent: Record<string, unknown> = { title: "x".repeat(900), odd: undefined };
  parent["child"] = { parent };
  const text = JSON.stringify({ ...parent, odd: null, child: { parent: "[Circular]" } });
  expect(encoder.value(parent, text.length)).toBe(text);
  const map = new Map<string, unknown>();
  map.set("row", { map, rows: [map] });
  expect(encoder.value(map, 200)).toContain('{"row":{"map":"[Circular]","rows":["[Circular]"]}}');
});

test("methods that the program gives to all objects of a kind are not called", () => {
  let ran = 0;
  const spy = (): string => `${ran++}`;
  const clothed: unknown = Object.setPrototypeOf(new Number(1), Row.prototype);
  encoder.value(new Row({ a: 1 }), BUDGET);
  Object.defineProperty(Row.prototype, "valueOf", { value: spy, configurable: true });
  expect(encoder.value({ clothed }, BUDGET)).toBe('{"clothed":{"_type":"Row"}}');
  Reflect.deleteProperty(Row.prototype, "valueOf");
  for (const prototype of [Object.prototype, Array.prototype]) {
    Object.defineProperty(prototype, "toJSON", { value: spy, configurable: true });
    try {
      expect(encoder.value([{ a: [1] }], BUDGET)).toBe('[{"a":[1]}]');
    } finally {
      Reflect.deleteProperty(prototype, "toJSON");
    }
  }
  const row = new Row({ a: 1 });
  encoder.value(row, BUDGET);
  Object.defineProperty(Row.prototype, "toJSON", { value: spy, configurable: true });
  expect(encoder.value(row, BUDGET)).toBe('{"a":1}');
  Reflect.deleteProperty(Row.prototype, "toJSON");
  expect(ran).toBe(0);
});
