import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { decode, encode, WireError } from "../../src/wire/message.ts";

const encoded = async (json: string): Promise<string> => (await encode("8c6f", json))[0] ?? "";

const trace = (text: string): string =>
  JSON.stringify({ trace_id: "8c6f", trace_name: "t", spans: [], trace_input: { text } });

/** As in the seed's reference consumer: base64, gzip, JSON. */
function referenceConsumer(body: string): unknown {
  const message = JSON.parse(body) as { compressed?: boolean; data: string };
  if (message.compressed !== true) return message;
  return JSON.parse(gunzipSync(Buffer.from(message.data, "base64")).toString("utf8"));
}

test.each([
  ["small, compressed at once", "x"],
  ["large, compressed on the thread pool", "lorem ipsum ".repeat(10_000)],
  ["all of Unicode", "é漢😀\uFFFE\uFFFF\u0000 \n"],
  // The most bytes that a text of the most characters can take.
  ["as wide as texts that are compressed at once can be", "漢".repeat(65_536 - trace("").length)],
])("the reference consumer and decode() read what is encoded: %s", async (_, text) => {
  const json = trace(text);
  const body = await encoded(json);
  expect(referenceConsumer(body)).toEqual(JSON.parse(json));
  expect(decode(body)).toMatchObject(JSON.parse(json) as object);
});

test("what is encoded holds nothing of what was encoded before", async () => {
  await encoded(trace("a longer one, ".repeat(3000)));
  const bodies = await Promise.all(["漢", "x", "é".repeat(30_000), "y"].map(trace).map(encoded));
  expect(bodies.map((body) => decode(body).trace_input)).toEqual(
    ["漢", "x", "é".repeat(30_000), "y"].map((text) => ({ text })),
  );
});

test("an envelope has the seed's four keys and is plain ASCII", async () => {
  const body = await encoded(trace("é漢😀\uFFFF".repeat(2000)));
  expect(body).toMatch(/^[\x20-\x7e]+$/);
  const { data, ...rest } = JSON.parse(body) as Record<string, unknown>;
  expect(rest).toEqual({ compressed: true, trace_id: "8c6f", type: "trace" });
  expect(data).toMatch(/^H4sI/);
});

test("lone surrogates do not break the message", async () => {
  const body = await encoded(trace("a\uD800b"));
  expect(decode(body).trace_input).toEqual({ text: "a\uD800b" });
});

test.each([
  [
    "the older type",
    { compressed: true, data: gzipSync(trace("x")).toString("base64"), type: "SDKTraceData" },
  ],
  ["no type", { compressed: true, data: gzipSync(trace("x")).toString("base64") }],
  ["uncompressed, the trace itself", JSON.parse(trace("x")) as object],
  [
    "uncompressed, as data",
    { compressed: false, data: JSON.parse(trace("x")) as object, type: "trace" },
  ],
  ["uncompressed, as text", { compressed: false, data: trace("x"), type: "trace" }],
])("decode() reads %s", (_, message) => {
  expect(decode(JSON.stringify(message)).trace_id).toBe("8c6f");
});

test.each([
  ["no JSON", "{", /as JSON/],
  ["no object", "[1]", /not an object/],
  ["another type", '{"type":"order","data":"x"}', /type is "order"/],
  ["no data", '{"compressed":true}', /"data" is a string/],
  ["no gzip", '{"compressed":true,"data":"aGVsbG8="}', /not gzip/],
  [
    "no JSON inside",
    JSON.stringify({ compressed: true, data: gzipSync("{").toString("base64") }),
    /decompressed trace as JSON/,
  ],
  [
    "no trace inside",
    JSON.stringify({ compressed: true, data: gzipSync("[]").toString("base64") }),
    /A trace is an object/,
  ],
  ["no id", '{"spans":[]}', /trace_id/],
  ["no spans", '{"trace_id":"x"}', /spans/],
])("decode() says what is wrong: %s", (_, body, sentence) => {
  expect(() => decode(body)).toThrow(WireError);
  expect(() => decode(body)).toThrow(sentence);
});
