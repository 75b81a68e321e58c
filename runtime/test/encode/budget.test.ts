// Values of every size → JSON text within a budget: what gives way, what stays, and that nothing
// ever exceeds it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Encoded } from "../../src/encode/encoded.ts";
import { createEncoder } from "../../src/encode/encoder.ts";

const encoder = createEncoder();
const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

/** Encodes and reads back; the text must be valid JSON within its budget. */
function read(value: unknown, budget: number = 20_000): unknown {
  const text = encoder.value(value, budget);
  expect(bytes(text)).toBeLessThanOrEqual(budget);
  return JSON.parse(text);
}

test("message and stack of an error stay strings under every budget", () => {
  const error = new Error("m".repeat(100_000), { cause: new Error("c".repeat(100_000)) });
  Object.assign(error, { response: { body: "b".repeat(100_000), status: 500 } });
  for (const budget of [64, 100, 300, 1_000, 20_000]) {
    const text = encoder.error(error, budget).text;
    expect(bytes(text)).toBeLessThanOrEqual(budget);
    const shown = JSON.parse(text) as { message: unknown; stack: unknown };
    expect(typeof shown.message).toBe("string");
    expect(typeof shown.stack).toBe("string");
  }
  expect(JSON.parse(encoder.error(error, 20_000).text)).toMatchObject({
    type: "Error",
    cause: { type: "Error" },
    fields: { response: { status: 500 } },
  });
});

test("10,000 levels deep", () => {
  let objects: unknown = 1;
  let arrays: unknown = 1;
  let maps: unknown = 1;
  for (let i = 0; i < 10_000; i++) {
    objects = { next: objects };
    arrays = [arrays];
    maps = new Map([["m", maps]]);
  }
  expect(encoder.value(objects, 20_000)).toContain('"[Object]"');
  expect(encoder.value(arrays, 20_000)).toContain('"[Array]"');
  read(maps);
  read({ objects, arrays, maps, wide: "x".repeat(50_000) });
  let tagged: unknown = 1;
  for (let i = 0; i < 10_000; i++) tagged = { text: "y".repeat(50), next: tagged };
  read(tagged, 3_000);
});

test("what SQS rejects is escaped, and readers get the same string back", () => {
  const odd = "a\ud800b\udfffc\ufffe\uffff";
  const text = encoder.value(
    { [odd]: odd, list: [`${odd} and more than sixteen characters`] },
    1_000,
  );
  expect(text).not.toMatch(/[\ud800-\udfff\ufffe\uffff]/);
  expect(JSON.parse(text)).toEqual({
    [odd]: odd,
    list: [`${odd} and more than sixteen characters`],
  });
  expect(JSON.parse(encoder.value("\ufffe".repeat(50_000), 20_000))).toMatchObject({
    _truncated: true,
  });
});

test("huge values: a marker with size and preview stands in their place", () => {
  const long = "漢".repeat(20_000);
  expect(read(long)).toEqual({
    _truncated: true,
    _original_size: 60_000,
    preview: "漢".repeat(341),
  });
  const million = Array.from({ length: 1_000_000 }, (_, i) => i);
  const list = read(million) as { _size_at_least: number; preview: string };
  expect(list._size_at_least).toBeGreaterThanOrEqual(2_000_000);
  expect(list._size_at_least).toBeLessThanOrEqual(JSON.stringify(million).length);
  expect(list.preview.startsWith("[0,1,2,3,")).toBe(true);
  expect(bytes(list.preview)).toBeLessThanOrEqual(1_024);

  expect(read("x".repeat(50_000_000))).toMatchObject({ _size_at_least: 50_000_000 });
  expect(read(new Map(million.map((i) => [i, i])))).toMatchObject({
    _type: "Map",
    entries: { _truncated: true },
  });
  expect(read(new Set(million))).toMatchObject({ _type: "Set", values: { _truncated: true } });
  expect(read(Buffer.alloc(50_000_000, "a"))).toMatchObject({
    _type: "Buffer",
    length: 50_000_000,
  });
  expect(read(new Array(1_000_000_000))).toMatchObject({ _truncated: true });
  const wide = Object.fromEntries(million.map((i) => [`key${i}`, i]));
  expect(read(wide)).toMatchObject({
    _truncated: true,
    preview: expect.stringMatching(/^\{"key0":0,/),
  });
  expect(read({ wide, small: { a: 1 } })).toMatchObject({
    wide: { _truncated: true },
    small: { a: 1 },
  });
});

test("two huge members leave both names of what holds them", () => {
  const list = Array.from({ length: 300_000 }, (_, id) => ({ id, text: "z".repeat(20) }));
  const shown = read({ rows: { list, more: list } }) as { rows: object };
  expect(Object.keys(shown.rows)).toEqual(["list", "more"]);
});

test("the largest subtrees give way first", () => {
  const shown = read({
    huge: "h".repeat(30_000),
    large: { deep: { text: "l".repeat(25_000), kept: "yes" } },
    middle: "m".repeat(9_000),
    small: { list: [1, 2, 3] },
  }) as Record<string, unknown>;
  expect(shown).toMatchObject({
    huge: { _truncated: true, _original_size: 30_000 },
    large: { deep: { text: { _truncated: true }, kept: "yes" } },
    middle: "m".repeat(9_000),
    small: { list: [1, 2, 3] },
  });
});

test("one huge argument keeps every other one, and each name of the locals", () => {
  const list = JSON.parse(
    encoder.list(["a", "x".repeat(1_000_000), { b: 1 }], ["one", "two", "three"], 20_000),
  ) as unknown[];
  expect(list).toMatchObject(["a", { _truncated: true }, { b: 1 }]);

  const names = Array.from({ length: 200 }, (_, i) => `local${i}`);
  const values = names.map((_, i) => (i % 2 === 0 ? "v".repeat(10_000) : i));
  for (const budget of [20_000, 12_000, 6_000, 4_000]) {
    const text = encoder.fields(names, values, budget);
    expect(bytes(text)).toBeLessThanOrEqual(budget);
    const shown = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(shown)).toEqual(names);
    if (budget >= 6_000) expect(shown["local1"]).toBe(1);
  }
});

test("text is cut at a character and says so", () => {
  expect(encoder.text("short", 100)).toBe("short");
  const cut = encoder.text("🎉".repeat(10_000), 10_001);
  expect(bytes(cut)).toBeLessThanOrEqual(10_001);
  expect(cut).toMatch(/^(?:🎉)+…\[truncated\]$/u);
  expect(bytes(encoder.text("\ud800".repeat(5_000), 1_000))).toBeLessThanOrEqual(1_000);
});

const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    maxDepth: 6,
  }),
  fc.string({ unit: "binary", maxLength: 3_000 }),
  fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 40 }),
  fc.dictionary(fc.string({ unit: "binary" }), fc.anything({ maxDepth: 4 }), { maxKeys: 80 }),
  fc.uint8Array({ maxLength: 3_000 }).map((b) => Buffer.from(b)),
  fc.array(fc.integer(), { maxLength: 2_000 }),
);

test("any value, any budget: valid JSON, within the budget, no throw", () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 64, max: 4_000 }), (value, budget) => {
      const names = ["first", "second", "token"];
      const texts = [
        encoder.value(value, budget),
        encoder.list([value, value, 1], names, budget),
        encoder.fields(names, [value, 1, value], budget),
        encoder.own(value, undefined, budget),
        encoder.error(value, budget).text,
        encoder.error(new Error("e", { cause: value }), budget).text,
      ];
      for (const text of texts) {
        expect(bytes(text)).toBeLessThanOrEqual(budget);
        JSON.parse(text);
        expect(text).not.toMatch(/[\ufffe\uffff]/);
        expect(Buffer.from(text, "utf8").toString("utf8") === text).toBe(true);
      }
    }),
    { numRuns: 1_500 },
  );
});

test("parts of one text share its budget: a part gives way only where the others leave too little", () => {
  const names = ["args", "kwargs", "locals"];
  const large = Array.from({ length: 500 }, (_, id) => ({ id, text: "z".repeat(20) }));
  const parts = [["why?", { k: [1, 2] }], { all: large, more: 1 }, { text: "x".repeat(3_000) }];
  const text = encoder.sections(names, parts, 8_000);
  expect(bytes(text)).toBeLessThanOrEqual(8_000);
  expect(JSON.parse(text)).toEqual({
    args: parts[0],
    kwargs: { all: expect.objectContaining({ _truncated: true }), more: 1 },
    locals: parts[2],
  });
});

test("parts that were encoded before the others were known are cut as texts, and not masked again", () => {
  const names = ["secret", "second", "third"];
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string({ maxLength: 8 }), anything, { maxKeys: 6 }), {
        minLength: 3,
        maxLength: 3,
      }),
      fc.integer({ min: 600, max: 4_000 }),
      (records, budget) => {
        const early = records.map((record) =>
          encoder.fields(Object.keys(record), Object.values(record), budget),
        );
        const text = encoder.sections(
          names,
          early.map((json) => new Encoded(json)),
          budget,
        );
        expect(bytes(text)).toBeLessThanOrEqual(budget);
        const shown = JSON.parse(text) as Record<string, object>;
        expect(Object.keys(shown)).toEqual(names);
        const whole = `{"secret":${early[0]},"second":${early[1]},"third":${early[2]}}`;
        if (bytes(whole) <= budget) expect(text).toBe(whole);
        // Every name below stays where there is room for a word each.
        for (const [at, name] of names.entries())
          expect(Object.keys(shown[name] ?? {})).toEqual(
            Object.keys(JSON.parse(early[at] ?? "") as object),
          );
      },
    ),
    { numRuns: 300 },
  );
});

test("values within their budget read back as they were", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const secret = /token|pass|secret|key|auth|cookie|cred/i.test(JSON.stringify(value));
      fc.pre(!secret);
      expect(encoder.value(value, 1_000_000)).toBe(JSON.stringify(value));
    }),
    { numRuns: 500 },
  );
});

test("numbers that take more room than was counted do not fit, and those that do fit stay", () => {
  const long = Array.from({ length: 1536 }, (_, at) => Math.sin(at) / 10);
  const short = Array.from({ length: 1536 }, (_, at) => (at % 10) + 0.5);
  for (const make of [(list: unknown) => list, (list: unknown) => ({ id: 1, vector: list })]) {
    expect(encoder.value(make(short), 20_000)).toBe(JSON.stringify(make(short)));
    const text = JSON.stringify(make(long));
    expect(encoder.value(make(long), text.length)).toBe(text);
    for (const budget of [text.length - 1, 20_000, 4000]) {
      const cut = encoder.value(make(long), budget);
      expect(cut.length).toBeLessThanOrEqual(budget);
      expect(cut).toContain(`"preview":"${JSON.stringify(long).slice(0, 900)}`);
    }
  }
});
