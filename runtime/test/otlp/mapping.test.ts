// A trace with everything in it → the requests, field by field, and what readers of OTLP say of them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { langfuseRequest, langfuseScores } from "../../src/langfuse.ts";
import { type MappedTrace, otelSpanId, otlpRequest } from "../../src/otlp.ts";
import { otlpMapping } from "../../src/otlp/genai.ts";
import { langfuseMapping } from "../../src/otlp/langfuse.ts";
import { requestText, RequestWriter } from "../../src/otlp/request.ts";
import { span, trace } from "../wire/trace.ts";
import { expectSameTotals, expectValidRequests } from "./agreement.ts";
import { attributesOf, refusedByLangfuse, spansIn, throughProtobuf, withBytes } from "./checks.ts";

const LONE = "\u{D800}";

const generation = span(2, {
  span_name: "answer",
  span_type: "generation",
  parent_span_id: span(1).span_id,
  model_id: "us.anthropic.claude-sonnet-4-20250514-v1:0",
  input_data: { args: ["q"], kwargs: {}, locals: { top: 3 } },
  output_data: { output: { text: "Paris" } },
  prompt: "Where?",
  response: "Paris",
  usage: {
    input_tokens: 100,
    output_tokens: 50,
    total_tokens: 150,
    cached_input_tokens: 30,
    cache_write_input_tokens: 20,
    reasoning_tokens: 10,
  },
  cost: { input_cost: 0.01, output_cost: 0.02, total_cost: 0.03 },
  metadata: {
    environment: "uat",
    project_id: "p",
    temperature: 0.7,
    top_k: 3,
    on: true,
    list: [1],
  },
  tags: ["llm"],
  level: "WARNING",
  stream: { chunks: 12, time_to_first_chunk_ms: 125 },
  finish_reason: "stop",
  tool_calls: [{ name: "look" }],
  code: { function: "Agent.answer", file: "src/agent.ts", line: 7, column: 3 },
});

const failing = span(3, {
  span_name: "",
  status: "error",
  error: { type: "TypeError", message: `no ${LONE}`, stack: "TypeError: no\n    at f" },
  output_data: { output: null },
  unfinished: true,
});

const full: MappedTrace = trace([span(1), generation, failing], {
  user_id: "u",
  session_id: "s",
  trace_output: "done",
  scores: [
    { name: "good", value: 0.5, comment: null },
    { name: "right", value: true, comment: "yes" },
    { name: "kind", value: "best", comment: null },
  ],
  links: [{ trace_id: "87a41b12-cc61-4fdf-9bf2-000000000001", span_id: null }],
});

const both = { OTLP: otlpRequest, Langfuse: langfuseRequest };

test("ids, times, kinds and the tree", () => {
  const [root, first, second, third] = spansIn(otlpRequest([full]));
  expect([root, first, second, third].map((one) => [one?.name, one?.kind])).toEqual([
    ["rag", 1],
    ["step 1", 1],
    ["chat us.anthropic.claude-sonnet-4-20250514-v1:0", 3],
    ["(unnamed)", 1],
  ]);
  expect(root?.spanId).toBe(otelSpanId(full.trace_id));
  expect(root).not.toHaveProperty("parentSpanId");
  expect(first?.parentSpanId).toBe(root?.spanId);
  expect(second?.parentSpanId).toBe(first?.spanId);
  expect(root?.startTimeUnixNano).toBe("1769446311000000000");
  expect(second?.startTimeUnixNano).toBe("1769446311002000000");
  expect(third?.status).toEqual({ code: 2, message: "no \u{FFFD}" });
  expect(first?.status).toEqual({ code: 0 });
  expect(root?.links).toEqual([
    { traceId: "87a41b12cc614fdf9bf2000000000001", spanId: "9bf2000000000001", attributes: [] },
  ]);
});

test("OTLP: the resource, and one of them for each project, environment and version", () => {
  const { resourceSpans } = otlpRequest([full, { ...full, environment: "prod" }, full], {
    serviceName: "shop",
    resource: { "host.role": "web" },
  });
  expect(resourceSpans.map(({ resource }) => attributesOf(resource))).toEqual(
    ["uat", "prod"].map((environment) => ({
      "host.role": "web",
      "service.name": "shop",
      "deployment.environment.name": environment,
      "telemetry.sdk.name": "llmops-observability",
      "telemetry.sdk.language": "nodejs",
      "telemetry.sdk.version": "0.1.0",
    })),
  );
  expect(resourceSpans[0]?.scopeSpans[0]?.scope).toEqual({
    name: "llmops-observability",
    version: "0.1.0",
  });
  const named = otlpRequest([full], { serviceName: "shop", resource: { "service.name": "own" } });
  expect(attributesOf(named.resourceSpans[0]?.resource)["service.name"]).toBe("own");
});

test("a request that is written trace by trace is the text of the whole", () => {
  const traces = ["a", "b", "a"].map((project) => ({ ...full, project_id: project }));
  const options = { content: true, resource: { host: "h" } };
  const writers = [
    {
      writer: new RequestWriter(otlpMapping(options), options),
      whole: otlpRequest(traces, options),
    },
    { writer: new RequestWriter(langfuseMapping, {}), whole: langfuseRequest(traces) },
  ];
  for (const { writer, whole } of writers)
    expect(requestText(traces.map((one) => writer.textOf(one)))).toBe(JSON.stringify(whole));
});

test("OTLP: a generation, with content", () => {
  const [, , second] = spansIn(otlpRequest([full], { content: true }));
  expect(attributesOf(second)).toEqual({
    "user.id": "u",
    "session.id": "s",
    "gen_ai.conversation.id": "s",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "gen_ai.provider.name": "aws.bedrock",
    "llmops.span.name": "answer",
    "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Where?"}]}]',
    "gen_ai.output.messages":
      '[{"role":"assistant","parts":[{"type":"text","content":"Paris"}],"finish_reason":"stop"}]',
    "gen_ai.usage.input_tokens": 100n,
    "gen_ai.usage.output_tokens": 50n,
    "gen_ai.usage.cache_read.input_tokens": 30n,
    "gen_ai.usage.cache_creation.input_tokens": 20n,
    "gen_ai.usage.reasoning.output_tokens": 10n,
    "llmops.cost.total": 0.03,
    "llmops.metadata.temperature": 0.7,
    "llmops.metadata.top_k": 3n,
    "llmops.metadata.on": true,
    "llmops.metadata.list": "[1]",
    "llmops.tags": ["llm"],
    "llmops.level": "WARNING",
    "gen_ai.response.finish_reasons": ["stop"],
    "code.function.name": "Agent.answer",
    "code.file.path": "src/agent.ts",
    "code.line.number": 7n,
    "code.column.number": 3n,
    "gen_ai.response.time_to_first_chunk": 0.125,
    "llmops.stream.chunks": 12n,
    "llmops.input": '{"args":["q"],"locals":{"top":3}}',
    "llmops.output": '{"text":"Paris"}',
    "llmops.tool_calls": '[{"name":"look"}]',
  });
});

test("OTLP: without content nothing that the program handled leaves", () => {
  const text = JSON.stringify(otlpRequest([full]));
  for (const secret of ["Where?", "Paris", '"q\\"', "look", "done", '\\"q\\"'])
    expect(text).not.toContain(secret);
});

test("OTLP: the root, its scores, a failure", () => {
  const [root, , , third] = spansIn(otlpRequest([full], { content: true }));
  expect(attributesOf(root)).toEqual({
    "user.id": "u",
    "session.id": "s",
    "llmops.metadata.version": "1",
    "llmops.tags": ["a"],
    "llmops.input": '{"q":1}',
    "llmops.output": "done",
  });
  expect(root?.events?.map((event) => [event.name, attributesOf(event)])).toEqual([
    [
      "gen_ai.evaluation.result",
      { "gen_ai.evaluation.name": "good", "gen_ai.evaluation.score.value": 0.5 },
    ],
    [
      "gen_ai.evaluation.result",
      {
        "gen_ai.evaluation.name": "right",
        "gen_ai.evaluation.score.value": 1,
        "gen_ai.evaluation.explanation": "yes",
      },
    ],
    [
      "gen_ai.evaluation.result",
      { "gen_ai.evaluation.name": "kind", "gen_ai.evaluation.score.label": "best" },
    ],
  ]);
  expect(root?.events?.[0]?.timeUnixNano).toBe(root?.endTimeUnixNano);
  expect(attributesOf(third)).toMatchObject({
    "error.type": "TypeError",
    "llmops.unfinished": true,
  });
  expect(third?.events?.map((event) => [event.name, attributesOf(event)])).toEqual([
    [
      "exception",
      {
        "exception.type": "TypeError",
        "exception.message": "no \u{FFFD}",
        "exception.stacktrace": "TypeError: no\n    at f",
      },
    ],
  ]);
});

describe("a request of a server", () => {
  const http = (more: object): MappedTrace => ({
    ...full,
    metadata: {
      http: {
        method: "GET",
        path: "/users/7",
        route: "/users/:id",
        status_code: 200,
        headers: {},
        user_agent: "curl",
        client_address: "10.0.0.1",
        aborted: false,
        upgraded: false,
        duration_ms: 3,
        ...more,
      },
    },
  });

  test("its route is the root's name", () => {
    const [root] = spansIn(otlpRequest([http({})]));
    expect([root?.name, root?.kind]).toEqual(["GET /users/:id", 2]);
    expect(attributesOf(root)).toMatchObject({
      "http.request.method": "GET",
      "http.route": "/users/:id",
      "url.path": "/users/7",
      "http.response.status_code": 200n,
      "user_agent.original": "curl",
      "client.address": "10.0.0.1",
    });
    expect(spansIn(otlpRequest([http({ route: null })]))[0]?.name).toBe("GET");
    expect(spansIn(langfuseRequest([http({})]))[0]?.name).toBe("rag");
  });

  test("aborted and failed", () => {
    const error = { status: "error", status_message: "aborted" } as const;
    const [gone] = spansIn(
      otlpRequest([{ ...http({ aborted: true, status_code: null }), ...error }]),
    );
    expect(attributesOf(gone)["error.type"]).toBe("aborted");
    expect(gone?.status).toEqual({ code: 2, message: "aborted" });
    const [bad] = spansIn(otlpRequest([{ ...http({ status_code: 500 }), ...error }]));
    expect(attributesOf(bad)["error.type"]).toBe("500");
  });
});

test("Langfuse: a generation; usage disjoint by kind", () => {
  const [, , second] = spansIn(langfuseRequest([full]));
  expect(attributesOf(second)).toEqual({
    "langfuse.trace.name": "p",
    "langfuse.environment": "uat",
    "user.id": "u",
    "session.id": "s",
    "langfuse.trace.metadata.version": "1",
    "langfuse.trace.metadata.operation_name": "rag",
    "langfuse.trace.tags": ["a"],
    "langfuse.observation.type": "generation",
    "langfuse.observation.metadata.temperature": "0.7",
    "langfuse.observation.metadata.top_k": "3",
    "langfuse.observation.metadata.on": "true",
    "langfuse.observation.metadata.list": "[1]",
    "langfuse.observation.metadata.tags": '["llm"]',
    "langfuse.observation.metadata.finish_reason": "stop",
    "langfuse.observation.metadata.tool_calls": '[{"name":"look"}]',
    "langfuse.observation.metadata.input_data": '{"args":["q"],"locals":{"top":3}}',
    "langfuse.observation.level": "WARNING",
    "langfuse.observation.input": "Where?",
    "langfuse.observation.output": "Paris",
    "langfuse.observation.model.name": "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "langfuse.observation.usage_details": JSON.stringify({
      input: 50,
      input_cached_tokens: 30,
      input_cache_creation: 20,
      output: 40,
      output_reasoning_tokens: 10,
      total: 150,
    }),
    "langfuse.observation.cost_details": '{"input":0.01,"output":0.02,"total":0.03}',
    "langfuse.observation.completion_start_time": "2026-01-26T16:51:51.127Z",
    "code.function.name": "Agent.answer",
    "code.file.path": "src/agent.ts",
    "code.line.number": 7n,
    "code.column.number": 3n,
  });
});

test("an answer that is handed on counts with the span that got it", () => {
  const outer = { ...generation, span_id: span(7).span_id, repeats: true as const };
  const inner = { ...generation, parent_span_id: outer.span_id };
  const total = trace([outer, inner], {
    token_usage: { total_input_tokens: 100, total_output_tokens: 50, total_tokens: 150 },
    cost: { total_cost: 0.03 },
  });
  expectSameTotals(total);
  expectValidRequests([total]);
});

test("Langfuse: the root, a failure, scores", () => {
  const [root, first, , third] = spansIn(langfuseRequest([full]));
  expect(attributesOf(root)).toMatchObject({
    "langfuse.observation.type": "span",
    "langfuse.internal.is_app_root": true,
    "langfuse.observation.input": '{"q":1}',
    "langfuse.observation.output": "done",
  });
  expect(root?.events).toBeUndefined();
  expect(attributesOf(first)).toMatchObject({
    "langfuse.observation.level": "DEFAULT",
    "langfuse.observation.input": '{"args":[1,"text"],"locals":{"at":1}}',
    "langfuse.observation.output": '{"number":1}',
  });
  expect(attributesOf(third)["langfuse.observation.metadata.unfinished"]).toBe("true");
  const id = "87a41b12cc614fdf9bf2a50a369b4d30";
  const shared = { traceId: id, environment: "uat" };
  expect(langfuseScores(full)).toEqual([
    { id: `${id}-0`, name: "good", value: 0.5, dataType: "NUMERIC", ...shared },
    { id: `${id}-1`, name: "right", value: 1, dataType: "BOOLEAN", comment: "yes", ...shared },
    { id: `${id}-2`, name: "kind", value: "best", dataType: "CATEGORICAL", ...shared },
  ]);
});

test.each([
  ["Production EU", "production-eu"],
  ["langfuse-langfuse_prod", "prod"],
  ["LANGFUSE", "default"],
  ["", "default"],
  ["ü", "-"],
  ["x".repeat(50), "x".repeat(40)],
])("Langfuse: environment %j is %j", (environment, fitted) => {
  const [root] = spansIn(langfuseRequest([{ ...full, environment }]));
  expect(attributesOf(root)["langfuse.environment"]).toBe(fitted);
});

describe.each(Object.entries(both))("%s", (_, request) => {
  test("a continued trace has the ids of its caller, and spans of its own", () => {
    const remote = {
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      span_id: "b7ad6b7169203331",
      flags: "01",
      tracestate: "vendor=1",
    };
    const [root, first] = spansIn(request([{ ...full, trace_parent: remote }]));
    expect(root).toMatchObject({
      traceId: remote.trace_id,
      parentSpanId: remote.span_id,
      traceState: "vendor=1",
      spanId: otelSpanId(full.trace_id),
    });
    expect(first).toMatchObject({ traceId: remote.trace_id, spanId: otelSpanId(span(1).span_id) });
  });

  test("later messages of a trace have no root of their own", () => {
    const [root] = spansIn(request([full]));
    for (const later of [{ late: true as const }, { part: 2, parts: 3 }]) {
      const spans = spansIn(request([{ ...full, ...later }]));
      expect(spans).toHaveLength(3);
      expect(spans[0]?.parentSpanId).toBe(root?.spanId);
    }
    expect(spansIn(request([{ ...full, part: 1, parts: 2 }]))).toHaveLength(4);
  });

  test("OpenTelemetry's own schema reads all of it, Langfuse takes it", () => {
    expect(throughProtobuf(request([full]))).toEqual(withBytes(request([full])));
    expect(refusedByLangfuse(request([full]))).toBeUndefined();
  });

  test("sparse and hostile traces: valid, no key twice, nothing empty", () => {
    const value = fc.oneof(
      fc.constantFrom(null, "", LONE, [], {}, -0, 1e300, "\\ud800"),
      fc.jsonValue(),
    );
    const fields = (names: readonly string[]): fc.Arbitrary<object> =>
      fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    const ofSpan = fields([
      "prompt",
      "response",
      "span_name",
      "finish_reason",
      "model_id",
      "status_message",
    ]).map((texts) =>
      Object.fromEntries(
        Object.entries(texts).map(([key, one]) => [key, typeof one === "string" ? one : null]),
      ),
    );
    fc.assert(
      fc.property(
        ofSpan,
        fields(["k", LONE, "finish_reason", "gen", "__proto__"]),
        value,
        (some, metadata, any) => {
          const sparse = {
            trace_id: "t",
            spans: [
              {
                span_id: "s",
                start_time: 2,
                end_time: 1,
                ...some,
                metadata,
                tool_calls: any,
                output_data: { output: any },
              },
            ],
            trace_input: any,
            metadata,
          } as unknown as MappedTrace;
          const made = request([sparse]);
          expect(throughProtobuf(made)).toEqual(withBytes(made));
          for (const one of spansIn(made)) {
            const keys = one.attributes.map(({ key }) => key);
            expect(new Set(keys).size).toBe(keys.length);
            expect(JSON.stringify(one.attributes)).not.toMatch(/"(?:null|\[\]|\{\})"/);
            expect(BigInt(one.endTimeUnixNano) >= BigInt(one.startTimeUnixNano)).toBe(true);
            expect(one.name).not.toBe("");
          }
          if (request === langfuseRequest) expect(JSON.stringify(made)).not.toContain('"gen_ai.');
        },
      ),
      { numRuns: 300 },
    );
  });
});
