// Whatever lies in a queue: nothing is thrown, and no reason quotes it.
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { read } from "../../src/receive/read.ts";

const CONTENT = "sk-content-of-the-program";
const gzipped = (value: unknown): string => gzipSync(JSON.stringify(value)).toString("base64");
const span = { span_id: "s", span_name: CONTENT };

const BODIES: readonly unknown[] = [
  undefined,
  { body: CONTENT },
  CONTENT,
  `"${CONTENT}"`,
  `{"type":"${CONTENT}"`,
  JSON.stringify({ type: CONTENT, data: CONTENT }),
  JSON.stringify({ type: "trace", compressed: true, data: CONTENT }),
  JSON.stringify({ type: "trace", compressed: true, data: gzipped(CONTENT) }),
  JSON.stringify({ type: "trace", compressed: true, data: gzipped({ trace_id: [CONTENT] }) }),
  JSON.stringify({ type: "trace", data: { trace_id: "t", spans: CONTENT } }),
  JSON.stringify({ type: "trace", data: { trace_id: "t", spans: [CONTENT] } }),
  ...["tags", "metadata", "start_time", "usage", "error", "input_data", "status"].flatMap((key) =>
    [CONTENT, [CONTENT], { [CONTENT]: CONTENT }, 7].map((value) =>
      JSON.stringify({
        type: "trace",
        data: { trace_id: "t", spans: [{ ...span, [key]: value }] },
      }),
    ),
  ),
];

test.each(BODIES.map((body) => [body]))("%j", (body) => {
  const found = read(body, 1024 * 1024);
  expect(JSON.stringify("poison" in found ? found.poison : "")).not.toContain("content-of");
});

test("any text, also as a trace", () => {
  const anything = fc.oneof(fc.string(), fc.json(), fc.jsonValue().map(gzipped));
  fc.assert(
    fc.property(anything, (data) => {
      for (const body of [data, JSON.stringify({ type: "trace", compressed: true, data })])
        expect(read(body, 1024)).toBeTypeOf("object");
    }),
  );
});
