// Long files and long traces: read piece by piece, they are what they are when read at once.
import fc from "fast-check";
import type { JsonObject, WireTrace } from "llmops-observability/wire";
import { expect, test } from "vitest";
import { itemsIn, membersIn, pastBlanks, type Range, textOf } from "../../src/formats/json-scan.ts";
import { tracesIn } from "../../src/formats/read.ts";
import { generation, type SpanParts, storeIn, T0, trace } from "../store/setup.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

test("a list's items and an object's members are where JSON.parse finds them, however it is spaced", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(0, 1, 3, "\t"),
      (list, object, space) => {
        const [ofList, ofObject] = [list, object].map((value) =>
          bytes(` ${JSON.stringify(value, undefined, space)}\n`),
        ) as [Uint8Array, Uint8Array];
        const parsed = (from: Uint8Array, range: Range): unknown =>
          JSON.parse(textOf(from, range)) as unknown;
        const items = [...itemsIn(ofList, pastBlanks(ofList, 0))];
        expect(items.map((one) => parsed(ofList, one))).toEqual(JSON.parse(JSON.stringify(list)));
        const members = [...membersIn(ofObject, pastBlanks(ofObject, 0))].map(
          ({ key, value }) => [key, parsed(ofObject, value)] as const,
        );
        expect(members).toEqual(Object.entries(JSON.parse(JSON.stringify(object)) as object));
      },
    ),
  );
});

/** Some 2 MB: longer than what is parsed at once. */
function longTrace(more: Partial<WireTrace> = {}): WireTrace {
  const spans = Array.from({ length: 2000 }, (_, at): SpanParts => ({
    ...generation(`s${at}`, at === 0 ? null : `s${(at - 1) >> 3}`, 10),
    start_time: T0 + at / 1000,
    response: 'a "quoted" ]}, text \\ and\u2028more '.repeat(20),
  }));
  return trace("long", spans, { total_spans: 2000, total_generations: 2000, ...more });
}

test("a long trace comes as it was sent, to the byte, and is found by what is in it", async () => {
  const store = await storeIn();
  const metadata = { spans: [], text: '"spans":[]' } as unknown as JsonObject;
  const sent = longTrace({ metadata });
  const json = JSON.stringify(sent);
  expect(await store.importFile(bytes(json))).toMatchObject({ imported: 1, failed: [], read: 1 });
  const stored = JSON.stringify(await store.wireTrace("long"));
  expect(stored === json).toBe(true);
  expect((await store.traces({ q: '"prompt of s7" meta.text:*' })).total).toBe(1);
  // The same by another way is the same message.
  const before = await store.trace("long");
  await store.ingest([{ trace: sent, source: "sqs" }]);
  expect(await store.trace("long")).toEqual(before);
});

test("written in another way, a long trace is the same, and what it leaves out is counted", async () => {
  const [one, other] = [await storeIn(), await storeIn()];
  const { spans, token_usage: _, cost: __, total_spans: ___, ...fields } = longTrace();
  const odd = `{"spans": "none",${JSON.stringify(fields).slice(1, -1)},\n "sp\\u0061ns" : ${JSON.stringify(spans, undefined, 1)} }`;
  await one.importFile(bytes(odd));
  await other.importFile(bytes(JSON.stringify({ ...fields, spans })));
  const wire = await one.wireTrace("long");
  expect(wire).toEqual(await other.wireTrace("long"));
  expect(wire).toMatchObject({ total_spans: 2000, token_usage: { total_tokens: 20_000 } });
});

test.each<[string, (text: string) => string]>([
  ["a span without an id", (text) => text.replace('"span_id":"s1999"', '"span_id":""')],
  ["a span that is none", (text) => text.replace('"spans":[{', '"spans":[7,{')],
  ["a break in a span", (text) => text.replace('"span_id":"s1000"', '"span_id""s1000"')],
  ["a break between spans", (text) => text.replace("},{", "};{")],
  ["no end", (text) => text.slice(0, -2)],
  ["no id", (text) => text.replace('"trace_id":"long"', '"trace_id":""')],
  [
    "a depth of 5,000",
    (text) =>
      text.replace('"model_id":', `"deep":${"[".repeat(5000)}${"]".repeat(5000)},"model_id":`),
  ],
])("a long trace with %s costs itself alone", async (_, broken) => {
  const store = await storeIn();
  const text = broken(JSON.stringify(longTrace()));
  const good = JSON.stringify(trace("good", []));
  expect(await store.importFile(bytes(`${text}\n${good}`))).toMatchObject({
    imported: 1,
    failed: [{ line: 1 }],
  });
  expect((await store.traces({})).traces.map((row) => row.trace_id)).toEqual(["good"]);
});

test("a file of 100,000 lines that are nothing: the first are named, and how many there are", async () => {
  const store = await storeIn();
  const good = JSON.stringify(trace("good", []));
  const answer = await store.importFile(bytes(`${"7\n".repeat(100_000)}${good}`));
  expect(answer).toMatchObject({ imported: 1, read: 1, unread: 100_000 });
  expect(answer.failed).toHaveLength(1000);
  expect(answer.failed[0]).toEqual({ line: 1, message: "It is no object." });
  expect(answer.failed[999]?.message).toContain("99001");
});

test.each([
  ["[1,", 1],
  ["[{}", 1],
  ["[] []", 1],
  ["{}x", 1],
  ["\u0000", 1],
  ["", 0],
  [" \n\n ", 0],
  ["\u{FEFF}", 0],
  ['"', 1],
  ["}", 1],
  ["[1}", 2],
  ['{"a"}', 1],
  ["[,]", 1],
])("of %j nothing is read, and nothing throws", (text, failures) => {
  const found = [...tracesIn(bytes(text))];
  expect(found).toHaveLength(failures);
  expect(found.every((one) => "message" in one)).toBe(true);
});
