// Datadog: its span shape, sizes and age against what it publishes, and what its answers mean.
// docs.datadoghq.com/llm_observability/instrumentation/api (read on 2026-11-28): the schema below
// is its tables.
import { Ajv2020 } from "ajv/dist/2020.js";
import { datadogRequest, datadogSink, type DatadogRequest } from "llmops-processor/datadog";
import { otelSpanId, otelTraceId } from "llmops-observability/otlp";
import { beforeEach, describe, expect, test } from "vitest";
import { span, trace } from "../setup.ts";
import {
  aged,
  entryOf,
  fresh,
  generation,
  type LoopbackServer,
  signal,
  startServer,
  told,
} from "./setup.ts";

const content = {
  type: "object",
  additionalProperties: false,
  properties: {
    value: { type: "string" },
    messages: {
      type: "array",
      items: {
        type: "object",
        required: ["content"],
        additionalProperties: false,
        properties: { content: { type: "string" }, role: { type: "string" } },
      },
    },
  },
};
const isRequest = new Ajv2020({ allowUnionTypes: true }).compile({
  type: "object",
  required: ["data"],
  properties: {
    data: {
      type: "object",
      required: ["type", "attributes"],
      properties: {
        type: { const: "span" },
        attributes: {
          type: "object",
          required: ["ml_app", "spans"],
          additionalProperties: false,
          properties: {
            ml_app: { type: "string", minLength: 1 },
            session_id: { type: "string" },
            tags: { type: "array", items: { type: "string" } },
            spans: {
              type: "array",
              minItems: 1,
              items: {
                type: "object",
                additionalProperties: false,
                required: [
                  "name",
                  "span_id",
                  "trace_id",
                  "parent_id",
                  "start_ns",
                  "duration",
                  "meta",
                ],
                properties: {
                  name: { type: "string", minLength: 1 },
                  span_id: { type: "string" },
                  trace_id: { type: "string" },
                  parent_id: { type: "string" },
                  start_ns: { type: "integer" },
                  duration: { type: "integer", minimum: 0 },
                  status: { enum: ["ok", "error"] },
                  meta: {
                    type: "object",
                    required: ["kind"],
                    additionalProperties: false,
                    properties: {
                      kind: {
                        enum: [
                          "agent",
                          "workflow",
                          "llm",
                          "tool",
                          "task",
                          "embedding",
                          "retrieval",
                        ],
                      },
                      input: content,
                      output: content,
                      metadata: {
                        type: "object",
                        additionalProperties: { type: ["number", "boolean", "string"] },
                      },
                      error: {
                        type: "object",
                        additionalProperties: false,
                        properties: {
                          type: { type: "string" },
                          message: { type: "string" },
                          stack: { type: "string" },
                        },
                      },
                    },
                  },
                  metrics: { type: "object", additionalProperties: { type: "number" } },
                },
              },
            },
          },
        },
      },
    },
  },
});

function valid(request: DatadogRequest): DatadogRequest["data"]["attributes"] {
  expect(isRequest(request), JSON.stringify(isRequest.errors)).toBe(true);
  expect(Buffer.byteLength(JSON.stringify(request))).toBeLessThanOrEqual(5_000_000);
  for (const one of request.data.attributes.spans)
    expect(Buffer.byteLength(JSON.stringify(one))).toBeLessThanOrEqual(1_000_000);
  return request.data.attributes;
}

describe("a request", () => {
  test("has root, generations and spans as Datadog wants them", () => {
    const step = span({
      start_time: 1_790_000_000.123456,
      end_time: 1_790_000_001,
      input_data: { args: [1], kwargs: {}, locals: {} },
      output_data: { output: { found: 2 } },
      metadata: { project_id: "p", environment: "e", k: 3, on: true, list: [1], none: null },
      code: { function: "f", file: "src/a.ts", line: 7, column: 1 },
    });
    const asked = generation({
      parent_span_id: step.span_id,
      stream: { chunks: 3, time_to_first_chunk_ms: 250 },
      status: "error",
      error: { type: "TypeError", message: "no", stack: null },
    });
    const one = trace({
      spans: [step, asked],
      session_id: "s",
      user_id: "u",
      tags: ["beta"],
      trace_input: { question: "?" },
      trace_output: "answer",
    });
    const { spans, ...attributes } = valid(datadogRequest(one));
    expect(attributes).toEqual({
      ml_app: "project",
      session_id: "s",
      tags: ["env:test", "service:project", "user_id:u", "source:llmops-observability", "beta"],
    });
    const trace_id = otelTraceId(one.trace_id);
    expect(spans[0]).toEqual({
      span_id: otelSpanId(one.trace_id),
      trace_id,
      parent_id: "undefined",
      name: "question",
      start_ns: 1_790_000_000_000_000_000,
      duration: 1_000_000_000,
      status: "ok",
      meta: {
        kind: "workflow",
        input: { value: '{"question":"?"}' },
        output: { value: "answer" },
      },
    });
    expect(spans[1]).toMatchObject({
      parent_id: otelSpanId(one.trace_id),
      duration: 876_544_000,
      meta: {
        kind: "task",
        input: { value: '{"args":[1]}' },
        output: { value: '{"found":2}' },
        metadata: { k: 3, on: true, list: "[1]", code: "src/a.ts:7" },
      },
    });
    expect(JSON.stringify(spans[1])).toContain('"start_ns":1790000000123456000');
    expect(spans[2]).toMatchObject({
      parent_id: otelSpanId(step.span_id),
      status: "error",
      meta: {
        kind: "llm",
        input: { messages: [{ role: "user", content: "Why?" }] },
        output: { messages: [{ role: "assistant", content: "Because." }] },
        metadata: { model_name: "gpt-4o-mini", model_provider: "openai" },
        error: { type: "TypeError", message: "no" },
      },
      metrics: {
        input_tokens: 30,
        output_tokens: 12,
        total_tokens: 42,
        time_to_first_token: 0.25,
      },
    });
  });

  test("continues a trace of another service", () => {
    const parent = {
      trace_id: "a".repeat(32),
      span_id: "b".repeat(16),
      flags: "01",
      tracestate: null,
    };
    const { spans } = valid(datadogRequest(trace({ trace_parent: parent, spans: [span()] })));
    expect(spans[0]).toMatchObject({ trace_id: parent.trace_id, parent_id: parent.span_id });
    expect(spans[1]?.trace_id).toBe(parent.trace_id);
  });

  test("of an event knows the total of tokens alone", () => {
    const event = {
      event_type: "llm_call",
      trace_id: "t",
      span_id: "s",
      span_name: "ask",
      tokens_used: 9,
      metadata: { project_id: "shop", environment: "prod" },
    };
    const { spans, ml_app: app, tags } = valid(datadogRequest(told(event)));
    expect(spans).toHaveLength(1);
    expect(spans[0]?.metrics).toEqual({ total_tokens: 9 });
    expect([app, tags[0]]).toEqual(["shop", "env:prod"]);
  });

  test("keeps a span within 1 MB: its largest texts are cut first", () => {
    const large = span({
      input_data: { args: ["a".repeat(900_000)], kwargs: {}, locals: { small: "kept" } },
      output_data: { output: "é".repeat(900_000) },
    });
    const { spans } = valid(datadogRequest(trace({ spans: [large] })));
    expect(JSON.stringify(spans[1])).toContain("…");
  });
});

describe("the sink", () => {
  let server: LoopbackServer;
  beforeEach(async () => {
    server = await startServer();
    server.answer = () => ({ status: 202 });
    return () => server.close();
  });
  const sink = (): ReturnType<typeof datadogSink> =>
    datadogSink({ apiKey: "key", endpoint: `${server.url}/spans` });

  test("posts one request a message, with the key", async () => {
    const entries = [entryOf(fresh([generation()])), entryOf(fresh([span()]))];
    expect(await sink().send(entries, { signal })).toEqual([{ state: "sent" }, { state: "sent" }]);
    expect(server.received.map(({ path }) => path)).toEqual(["/spans", "/spans"]);
    expect(server.received[0]?.headers).toMatchObject({ "dd-api-key": "key" });
    for (const { json } of server.received) valid(json as DatadogRequest);
  });

  test("splits what takes more than 5 MB", async () => {
    const spans = Array.from({ length: 8 }, () =>
      span({ output_data: { output: "x".repeat(9e5) } }),
    );
    expect(await sink().send([entryOf(fresh(spans))], { signal })).toEqual([{ state: "sent" }]);
    expect(server.received.length).toBeGreaterThan(1);
    const sent = server.received.flatMap(({ json }) => valid(json as DatadogRequest).spans);
    expect(new Set(sent.map(({ span_id: id }) => id)).size).toBe(9);
  });

  test("skips what is older than 24 h, and the older spans of a trace that goes on", async () => {
    const old = entryOf(aged(25, fresh([span()])));
    const [ancient, young] = fresh([span(), span()]).spans;
    const mixed = entryOf({
      ...fresh([]),
      spans: [{ ...ancient, start_time: (ancient?.start_time ?? 0) - 90_000 }, young],
    });
    const outcomes = await sink().send([old, mixed], { signal });
    expect(outcomes).toMatchObject([{ state: "skipped" }, { state: "sent", rejectedSpans: 1 }]);
    expect(server.received).toHaveLength(1);
    expect(valid(server.received[0]?.json as DatadogRequest).spans).toHaveLength(2);
  });

  test.each([
    [401, { state: "retry", pace: "refused" }],
    [403, { state: "retry", pace: "refused" }],
    [408, { state: "retry", pace: "throttled" }],
    [429, { state: "retry", pace: "throttled" }],
    [502, { state: "retry", pace: "network" }],
    [400, { state: "rejected" }],
    [413, { state: "rejected" }],
  ])("takes %i for %o", async (status, outcome) => {
    server.answer = () => ({ status });
    expect((await sink().send([entryOf(fresh([]))], { signal }))[0]).toMatchObject(outcome);
  });

  test("ends its requests when nobody waits any more", async () => {
    server.answer = () => "hang";
    const stop = new AbortController();
    const sending = sink().send([entryOf(fresh([]))], { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    expect(await sending).toMatchObject([{ state: "retry" }]);
  });
});
