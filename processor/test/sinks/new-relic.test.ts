// New Relic: requests and attributes against its published limits, and what its answers mean.
// docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp (payload, protocol) and
// …/opentelemetry-best-practices-attributes (names 255, values 4,095, arrays 64), both read on
// 2026-11-28.
import type { ExportTraceServiceRequest, OtlpSpan } from "llmops-observability/otlp";
import { newRelicRequests, newRelicSink } from "llmops-processor/new-relic";
import type { WireTrace } from "llmops-observability/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { span, trace } from "../setup.ts";
import {
  entryOf,
  fresh,
  generation,
  type LoopbackServer,
  signal,
  startServer,
  told,
} from "./setup.ts";

const spansIn = (requests: readonly ExportTraceServiceRequest[]): readonly OtlpSpan[] =>
  requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
const textOf = (one: OtlpSpan | undefined, key: string): string | undefined => {
  const value = one?.attributes.find((attribute) => attribute.key === key)?.value;
  return value !== undefined && "stringValue" in value ? value.stringValue : undefined;
};
const isMarked = ({ attributes }: OtlpSpan): boolean =>
  attributes.some(({ key, value }) => key === "llmops.truncated" && "boolValue" in value);

function expectWithinLimits(requests: readonly ExportTraceServiceRequest[]): void {
  for (const request of requests)
    expect(Buffer.byteLength(JSON.stringify(request))).toBeLessThanOrEqual(1_000_000);
  for (const { name, attributes, events = [], status } of spansIn(requests)) {
    expect(name.length).toBeLessThanOrEqual(255);
    expect((status.message ?? "").length).toBeLessThanOrEqual(4095);
    for (const list of [attributes, ...events.map((event) => event.attributes)]) {
      expect(list.length).toBeLessThanOrEqual(254);
      expect(new Set(list.map(({ key }) => key)).size).toBe(list.length);
      for (const { key, value } of list) {
        expect(key.length).toBeLessThanOrEqual(255);
        if ("stringValue" in value) expect(value.stringValue.length).toBeLessThanOrEqual(4095);
        if ("arrayValue" in value) expect(value.arrayValue.values.length).toBeLessThanOrEqual(64);
      }
    }
  }
}

describe("requests", () => {
  test("have prompts and responses, unless content is turned off", () => {
    const one = trace({ spans: [generation()] });
    const [, asked] = spansIn(newRelicRequests([one]));
    expect(textOf(asked, "gen_ai.input.messages")).toContain("Why?");
    const [, silent] = spansIn(newRelicRequests([one], { content: false }));
    expect(JSON.stringify(silent)).not.toContain("Why?");
  });

  test("keep every text within 4,095, cut at a character, and say so on that span alone", () => {
    const long = `${"x".repeat(4093)}👍${"y".repeat(100)}`;
    const spans = [span({ output_data: { output: long } }), span()];
    const requests = newRelicRequests([trace({ spans })]);
    expectWithinLimits(requests);
    const [root, first, second] = spansIn(requests);
    const output = textOf(first, "llmops.output") ?? "";
    expect(output).toBe(`${"x".repeat(4093)}…`);
    expect([root, first, second].map((one) => one && isMarked(one))).toEqual([false, true, false]);
    const whole = "z".repeat(4095);
    const [, fits] = spansIn(
      newRelicRequests([trace({ spans: [span({ output_data: { output: whole } })] })]),
    );
    expect(textOf(fits, "llmops.output")).toBe(whole);
    expect(fits && isMarked(fits)).toBe(false);
  });

  test("keep names, keys, arrays and the number of attributes within their limits", () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [`${"k".repeat(300)}${at}`, at]),
    );
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`m${at}`, at]));
    const requests = newRelicRequests([
      trace({
        trace_name: "n".repeat(300),
        metadata,
        tags: Array.from({ length: 100 }, (_, at) => `tag ${at}`),
        spans: [
          span({
            span_name: "s".repeat(300),
            metadata: many,
            output_data: { output: "kept" },
            status: "error",
            status_message: "m".repeat(5000),
            error: { type: "E", message: "m", stack: "at x\n".repeat(2000) },
          }),
        ],
      }),
    ]);
    expectWithinLimits(requests);
    expect(spansIn(requests).every(isMarked)).toBe(true);
    expect(textOf(spansIn(requests)[1], "llmops.output"), "metadata goes first").toBe("kept");
  });

  test("are several where a trace takes more than 1 MB, each span in one of them", () => {
    const content = "é".repeat(4000);
    const spans = Array.from({ length: 300 }, (_, at) =>
      span({ span_name: `step ${at}`, output_data: { output: content } }),
    );
    const requests = newRelicRequests([trace({ spans })]);
    expect(requests.length).toBeGreaterThan(2);
    expectWithinLimits(requests);
    expect(new Set(spansIn(requests).map(({ spanId }) => spanId)).size).toBe(301);
  });

  test("fit a single span that all its attributes together make too large", () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`m${at}`, "語".repeat(4000)]),
    );
    const requests = newRelicRequests([trace({ spans: [span({ metadata })] })]);
    expectWithinLimits(requests);
    expect(spansIn(requests).filter(isMarked)).toHaveLength(1);
  });

  test("have no root of a late part, of another part, or of a span's event", () => {
    const late: WireTrace = trace({ spans: [span()], late: true });
    expect(spansIn(newRelicRequests([late]))).toHaveLength(1);
    expect(spansIn(newRelicRequests([{ ...trace({ spans: [span()] }), part: 2 }]))).toHaveLength(1);
    const event = { event_type: "llm_call", trace_id: "t", span_id: "s", tokens_used: 7 };
    const [call, ...others] = spansIn(newRelicRequests([told(event)]));
    expect(others).toEqual([]);
    expect(JSON.stringify(call)).not.toContain("gen_ai.usage");
  });
});

describe("the sink", () => {
  let server: LoopbackServer;
  beforeEach(async () => {
    server = await startServer();
    return () => server.close();
  });
  const sink = (): ReturnType<typeof newRelicSink> =>
    newRelicSink({ licenseKey: "key", endpoint: server.url });
  const opened: ReturnType<typeof newRelicSink>[] = [];
  afterEach(() => {
    for (const one of opened.splice(0)) one.close?.();
  });

  test("posts JSON with the key, a batch in one request", async () => {
    const one = sink();
    opened.push(one);
    const entries = [entryOf(fresh([generation()])), entryOf(fresh([span()]))];
    expect(await one.send(entries, { signal })).toEqual([{ state: "sent" }, { state: "sent" }]);
    expect(server.received).toHaveLength(1);
    const [{ path, headers } = { path: "", headers: {} }] = server.received;
    expect(path).toBe("/v1/traces");
    expect(headers).toMatchObject({
      "api-key": "key",
      "content-type": "application/json",
      "content-encoding": "gzip",
    });
  });

  test.each([
    [403, { state: "retry", pace: "refused" }],
    [429, { state: "retry", pace: "throttled" }],
    [500, { state: "retry", pace: "network" }],
    [400, { state: "rejected" }],
    [413, { state: "rejected" }],
  ])("takes %i for %o", async (status, outcome) => {
    server.answer = () => ({ status });
    const [first] = await sink().send([entryOf(fresh([]))], { signal });
    expect(first).toMatchObject(outcome);
  });

  test("rejects one trace of a batch alone, and splits one that is refused for its size", async () => {
    server.answer = ({ text }) => {
      if (text.includes("bad")) return { status: 400 };
      return text.includes("huge") && text.includes("step 1") && text.includes("step 2")
        ? { status: 413 }
        : {};
    };
    const entries = [
      entryOf(fresh([span()])),
      entryOf(fresh([], { trace_name: "bad" })),
      entryOf(
        fresh([span({ span_name: "step 1" }), span({ span_name: "step 2" })], {
          trace_name: "huge",
        }),
      ),
    ];
    const outcomes = await sink().send(entries, { signal });
    expect(outcomes.map(({ state }) => state)).toEqual(["sent", "rejected", "sent"]);
  });

  test("does not send again what was taken of a trace in several requests", async () => {
    const spans = Array.from({ length: 400 }, () =>
      span({ output_data: { output: "é".repeat(4000) } }),
    );
    const entry = entryOf(fresh(spans));
    let requests = 0;
    server.answer = () => (++requests === 2 ? { status: 503 } : {});
    const one = sink();
    expect(await one.send([entry], { signal })).toMatchObject([{ state: "retry" }]);
    expect(await one.send([entry], { signal })).toEqual([{ state: "sent" }]);
    const sent = server.received.flatMap(({ json }) =>
      spansIn([json as ExportTraceServiceRequest]),
    );
    expect(sent).toHaveLength(401);
    expect(new Set(sent.map(({ spanId }) => spanId)).size).toBe(401);
  });
});
