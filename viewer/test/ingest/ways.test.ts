import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "llmops-observability/wire";
import { otlpRequest } from "llmops-observability/otlp";
import { expect, test } from "vitest";
import { generation, scratch, T0, trace } from "../store/setup.ts";
import { start } from "./setup.ts";

const bytes = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const nanos = (seconds: number): string => `${Math.round(seconds * 1e6)}000`;

const request = (spans: readonly unknown[]): object => ({
  resourceSpans: [
    {
      resource: {
        attributes: [
          attribute("service.name", "shop"),
          attribute("deployment.environment.name", "test"),
        ],
      },
      scopeSpans: [{ scope: { name: "lib", version: "1" }, spans }],
    },
  ],
});

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const ID = "0af76519-16cd-43dd-8448-eb211c80319c";
const SPAN = {
  traceId: TRACE,
  spanId: "b7ad6b7169203331",
  name: "checkout",
  startTimeUnixNano: nanos(T0),
  endTimeUnixNano: nanos(T0 + 2),
  attributes: [attribute("session.id", "s1"), attribute("user.id", "ada"), attribute("shop", "x")],
};

test("an OTLP export becomes a trace, its batches one, sent again the same", async () => {
  const { ingest, store } = await start();
  const chat = {
    ...SPAN,
    spanId: "00f067aa0ba902b7",
    parentSpanId: SPAN.spanId,
    name: "chat gpt-4o",
    endTimeUnixNano: Number(nanos(T0 + 1)),
    status: { code: 2, message: "slow" },
    attributes: [
      attribute("gen_ai.operation.name", "chat"),
      attribute("gen_ai.request.model", "gpt-4o"),
      { key: "gen_ai.usage.input_tokens", value: { intValue: "12" } },
      { key: "gen_ai.usage.output_tokens", value: { intValue: 3 } },
      attribute(
        "gen_ai.input.messages",
        JSON.stringify([{ role: "user", parts: [{ type: "text", content: "how much?" }] }]),
      ),
      attribute(
        "gen_ai.output.messages",
        JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: "3.30" }] }]),
      ),
      attribute("code.function.name", "ask"),
      attribute("code.file.path", "src/ask.ts"),
      { key: "code.line.number", value: { intValue: "7" } },
    ],
    events: [
      {
        name: "exception",
        timeUnixNano: nanos(T0 + 1),
        attributes: [
          attribute("exception.type", "TimeoutError"),
          attribute("exception.message", "took too long"),
          attribute("exception.stacktrace", "TimeoutError: took too long\n at ask"),
        ],
      },
    ],
  };
  for (const batch of [[chat], [SPAN], [chat, SPAN]])
    expect(await ingest.otlp(bytes(request(batch)))).toEqual({
      status: 200,
      body: { partialSuccess: {} },
    });
  expect(await store.trace(ID)).toMatchObject({
    name: "checkout",
    project_id: "shop",
    environment: "test",
    session_id: "s1",
    user_id: "ada",
    source: "otlp",
    spans: 2,
    duration_ms: 2000,
    input_tokens: 12,
    output_tokens: 3,
    status: "error",
    error: { type: "TimeoutError", message: "took too long" },
    preview: "how much?",
  });
  expect(await store.span(ID, "00f067aa0ba902b7")).toMatchObject({
    depth: 1,
    span_type: "generation",
    model_id: "gpt-4o",
    prompt: "how much?",
    response: "3.30",
    code: { function: "ask", file: "src/ask.ts", line: 7 },
    error: { stack: "TimeoutError: took too long\n at ask" },
  });
  expect((await store.span(ID, SPAN.spanId))?.metadata).toMatchObject({ shop: "x" });
});

test("bad spans are left out and counted, bad bodies refused", async () => {
  const { ingest, store } = await start();
  const bad = [
    { ...SPAN, traceId: "short" },
    { ...SPAN, spanId: "0".repeat(16) },
    null,
    7,
    { ...SPAN, startTimeUnixNano: "soon" },
  ];
  const { status, body } = await ingest.otlp(bytes(request([...bad, SPAN])));
  expect(status).toBe(200);
  expect(body).toMatchObject({ partialSuccess: { rejectedSpans: 5 } });
  expect((await store.traces({})).total).toBe(1);
  for (const text of ["", "{", "[]", "null", '{"resourceSpans":{}}', "[".repeat(100_000)])
    expect(await ingest.otlp(bytes(text)), text.slice(0, 20)).toMatchObject({
      status: 400,
      body: { code: 3 },
    });
  const odd = {
    resourceSpans: [null, 1, { scopeSpans: [{ spans: { a: 1 } }, null] }, { resource: 3 }],
  };
  expect((await ingest.otlp(bytes(odd))).status).toBe(200);
  const deep = `${'{"arrayValue":{"values":['.repeat(200)}${"]}}".repeat(200)}`;
  const nested = JSON.stringify(request([{ ...SPAN, attributes: ["@"] }])).replace(
    '"@"',
    `{"key":"__proto__","value":${deep}}`,
  );
  expect((await ingest.otlp(bytes(nested))).status).toBe(200);
  expect((await ingest.state()).ingest.otlp).toMatchObject({ received: 7, stored: 2, failed: 11 });
});

test("our own exporter's requests come back with arguments, locals and results", async () => {
  const { ingest, store } = await start();
  const one = trace("3d4e5f60-1111-4222-8333-444455556666", [
    {
      span_id: "3d4e5f60-1111-4222-8333-444455556667",
      input_data: { args: [1, "two"], kwargs: {}, locals: { total: 3.3 } },
      output_data: { output: { ok: true } },
    },
    generation("3d4e5f60-1111-4222-8333-444455556668", "3d4e5f60-1111-4222-8333-444455556667", 5),
  ]);
  await ingest.otlp(bytes(otlpRequest([one], { content: true })));
  const { spans } = (await store.wireTrace(one.trace_id)) ?? { spans: [] };
  const [, call, generated] = spans;
  expect(call).toMatchObject({
    input_data: { args: [1, "two"], locals: { total: 3.3 } },
    output_data: { output: { ok: true } },
  });
  expect(generated).toMatchObject({ prompt: /prompt of/, usage: { total_tokens: 5 } });
  expect(await store.trace(one.trace_id)).toMatchObject({ cost: 0.5, total_tokens: 5 });
});

test("a file is imported in each form that it may have; what cannot be read is named", async () => {
  const { ingest, store } = await start();
  const one = trace("one", [{ span_id: "1" }]);
  const [body = ""] = await encode("body", JSON.stringify(trace("body", [{ span_id: "1" }])));
  const file = async (value: unknown): Promise<object> => ingest.import(bytes(value));
  expect(await file(one)).toEqual({ imported: 1, updated: 0, failed: [] });
  expect(await file([one, trace("two", [])])).toEqual({ imported: 1, updated: 1, failed: [] });
  expect(await file(body)).toEqual({ imported: 1, updated: 0, failed: [] });
  expect(await file([body, JSON.parse(body)])).toEqual({ imported: 0, updated: 1, failed: [] });
  expect(await file(request([SPAN]))).toEqual({ imported: 1, updated: 0, failed: [] });
  const lines = [
    '{"llmops_export":1,"tool":"llmops-viewer/0.1.0","exported_at":1}',
    JSON.stringify(trace("three", [])),
    "no json",
    '{"spans":[]}',
    '{"trace_id":"x","spans":[{}]}',
    "7",
    "",
    "[".repeat(5000),
    JSON.stringify(request([SPAN])),
  ].join("\r\n");
  const answer = await ingest.import(gzipSync(lines));
  expect(answer).toMatchObject({ imported: 1, updated: 1 });
  expect(answer.failed.map(({ line }) => line)).toEqual([3, 4, 5, 6, 8]);
  expect(await ingest.import(bytes("\u001f\u008b"))).toMatchObject({ imported: 0 });
  expect((await store.traces({})).total).toBe(5);
});

test("what a program keeps in its spool is there, and stays there", async () => {
  const directory = scratch();
  const spool = join(directory, "spool");
  const { store, ingest } = await start(directory, [spool]);
  const child = spawn(process.execPath, [join(import.meta.dirname, "spooling.child.ts"), spool], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  await expect.poll(async () => (await store.traces({})).total).toBe(2);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await store.traces({})).traces[0]?.source).toBe("spool");
  expect((await ingest.state()).ingest.spool).toMatchObject({ received: 2, stored: 2, failed: 0 });
});
