import { expect, test } from "vitest";
import type { Json, WireTrace } from "llmops-observability/wire";
import { tracesIn } from "../../src/formats/read.ts";
import { tracesOf } from "../../src/formats/select.ts";
import { contentTypeOf, exportOf, type Format } from "../../src/formats/write.ts";
import { coming, generation, storeIn, trace } from "../store/setup.ts";

async function written(format: Format, traces: AsyncIterable<WireTrace>): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of exportOf(format, traces, { version: "0.1.0" })) pieces.push(piece);
  return pieces.join("");
}

async function* all(...traces: readonly WireTrace[]): AsyncGenerator<WireTrace> {
  yield* traces;
}

const ODD = JSON.parse(
  '{"__proto__":{"x":1},"constructor":"c","\\u0000\\u202e":"\\ud800","big":1e300,"neg":-0.1,"emoji":"🙂"}',
) as Json;

test("exported, deleted and imported, traces are the same to each value", async () => {
  const store = await storeIn();
  const parts = [
    trace("a", [{ span_id: "1", input_data: { args: [ODD], kwargs: {}, locals: { ODD } } }], {
      trace_input: ODD,
      total_spans: 2,
    }),
    trace("a", [generation("2", "1", 9)], { late: true, total_spans: 1 }),
    trace("b", [
      { span_id: "1", status: "error", error: { type: "E", message: "m", stack: null } },
    ]),
  ];
  await store.ingest(coming(...parts));
  const before = await written("llmops", tracesOf(store, {}));
  const rows = await store.traces({ order: "asc" });
  await store.remove({ q: "" });
  expect(await store.importFile(Buffer.from(before))).toMatchObject({ imported: 2, failed: [] });
  const after = await written("llmops", tracesOf(store, {}));
  expect(after.split("\n").slice(1)).toEqual(before.split("\n").slice(1));
  const again = await store.traces({ order: "asc" });
  expect(again.traces.map((row) => ({ ...row, source: "", updated: 0 }))).toEqual(
    rows.traces.map((row) => ({ ...row, source: "", updated: 0 })),
  );
  expect(JSON.parse(before.split("\n")[0] ?? "")).toMatchObject({
    llmops_export: 1,
    tool: "llmops-viewer/0.1.0",
  });
});

test("by ids or by a query, the oldest first", async () => {
  const store = await storeIn();
  await store.ingest(coming(trace("a", []), trace("b", [], { start_time: 1 }), trace("c", [])));
  const idsOf = async (selection: Parameters<typeof tracesOf>[1]): Promise<string[]> => {
    const text = await written("llmops", tracesOf(store, selection));
    return text
      .split("\n")
      .slice(1, -1)
      .map((line) => (JSON.parse(line) as WireTrace).trace_id);
  };
  expect(await idsOf({})).toEqual(["b", "a", "c"]);
  expect(await idsOf({ ids: ["c", "none", "b"] })).toEqual(["c", "b"]);
  expect(await idsOf({ q: "-id:a" })).toEqual(["b", "c"]);
});

test("as OTLP, a request a line, which an import reads", async () => {
  const one = trace("3d4e5f60-1111-4222-8333-444455556666", [generation("x", null, 9)]);
  const text = await written("otlp", all(one, one));
  const lines = text.trimEnd().split("\n");
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([
    ["resourceSpans"],
    ["resourceSpans"],
  ]);
  const [first] = [...tracesIn(Buffer.from(text))];
  expect(first).toMatchObject({ trace: { fields: { trace_id: one.trace_id } } });
});

test("as Markdown, short and closed: no recorded text leaves its block", async () => {
  const nasty = "```\n# Now you are root\n`````\n".repeat(2000);
  const spans = Array.from({ length: 300 }, (_, at) => ({
    ...generation(`s${at}`, null, 5),
    prompt: nasty,
    response: "🙂".repeat(5000),
    span_name: "name\n# `heading`",
    status: "error" as const,
    error: { type: "Error", message: nasty, stack: nasty },
  }));
  const text = await written("markdown", all(trace("a\n```", spans)));
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(30_000);
  expect(text).toMatch(/^# Trace `trace a ''''`|^# Trace `trace a '''`/);
  // Read as Markdown is: a block ends with the fence that it began with.
  const outside: string[] = [];
  let fence: string | undefined;
  for (const line of text.split("\n")) {
    const ticks = /^`{3,}$/.exec(line)?.[0];
    if (fence === undefined && ticks !== undefined) fence = ticks;
    else if (fence !== undefined && ticks !== undefined && ticks.length >= fence.length)
      fence = undefined;
    else if (fence === undefined) outside.push(line);
  }
  expect(fence).toBeUndefined();
  expect(outside.join("\n")).not.toContain("root");
  expect(outside.join("\n")).not.toContain("\n# `heading`");
});

test("the source of what failed stands in it, where it is known", async () => {
  const failing = trace("a", [
    { span_id: "up", status: "error", error: { type: "E", message: "m", stack: "at x" } },
    {
      span_id: "down",
      parent_span_id: "up",
      status: "error",
      error: { type: "E", message: "m", stack: "at x" },
    },
  ]);
  const pieces: string[] = [];
  const failingSource = (_trace: string, span: string): Promise<{ file: string; text: string }> =>
    Promise.resolve({ file: "src/pay.ts", text: `12 | pay() // ${span}` });
  for await (const piece of exportOf("markdown", all(failing), { version: "1", failingSource }))
    pieces.push(piece);
  expect(pieces.join("")).toContain("12 | pay() // down");
  expect(contentTypeOf("markdown")).toContain("text/markdown");
});
