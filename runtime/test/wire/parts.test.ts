// Traces larger than a message, the older event form, and the published JSON Schemas.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import { configure, currentTrace, flush, startTrace, track, withTrace } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { otlpRequest } from "llmops-observability/otlp";
import {
  decode,
  decodeMessage,
  encode,
  envelopeSchema,
  join,
  readMessage,
  traceSchema,
  WireError,
  type WireSpan,
} from "llmops-observability/wire";
import { expect, test } from "vitest";
import { span, textOf, trace } from "./trace.ts";

const LIMIT = 200_000;
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const isTrace = ajv.compile(traceSchema);
const isEnvelope = ajv.compile(envelopeSchema);

/** Spans whose text does not compress to nothing. */
const spans = Array.from({ length: 20_000 }, (_, at) =>
  span(at + 1, {
    output_data: { output: randomBytes(40).toString("hex") },
    ...(at % 10 === 0 && {
      span_type: "generation",
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
      cost: { input_cost: 0.25, output_cost: 0.25, total_cost: 0.5 },
    }),
  }),
);
const large = trace(spans, {
  token_usage: { total_input_tokens: 6000, total_output_tokens: 4000, total_tokens: 10_000 },
  cost: { total_cost: 1000 },
});

test("20,000 spans arrive whole, in any order, some of them twice", async () => {
  const bodies = await encode(large.trace_id, textOf(large), { limit: LIMIT });
  expect(bodies.length).toBeGreaterThan(3);
  for (const [at, body] of bodies.entries()) {
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(LIMIT);
    const envelope = JSON.parse(body) as Record<string, unknown>;
    expect(isEnvelope(envelope), JSON.stringify(isEnvelope.errors)).toBe(true);
    expect([envelope["part"], envelope["parts"]]).toEqual([at + 1, bodies.length]);
    // The reference consumer reads each part as a trace of its own.
    const packed = Buffer.from(envelope["data"] as string, "base64");
    const part = JSON.parse(gunzipSync(packed).toString("utf8")) as Record<string, unknown>;
    expect(isTrace(part), JSON.stringify(isTrace.errors)).toBe(true);
    expect(part["total_spans"]).toBe(20_000);
  }
  const shuffled = [...bodies.toReversed(), ...bodies.slice(1, 3)];
  expect(join(shuffled)).toEqual([large]);
});

test("as long as parts are missing, the totals are those of the whole", async () => {
  const [first = "", second = ""] = await encode(large.trace_id, textOf(large), { limit: LIMIT });
  const [some] = join([second, first]);
  expect(some?.spans.length).toBeLessThan(20_000);
  expect(some?.total_spans).toBe(20_000);
  expect(some?.cost.total_cost).toBe(1000);
});

test("a trace that fits is one message without parts", async () => {
  const small = trace([span(1), span(2)]);
  const bodies = await encode(small.trace_id, textOf(small));
  expect(bodies.length).toBe(1);
  expect(Object.keys(JSON.parse(bodies[0] ?? "") as object)).toEqual([
    "compressed",
    "data",
    "trace_id",
    "type",
  ]);
  expect(decode(bodies[0] ?? "")).toEqual(small);
});

test("one span that is larger than a message goes alone, with nothing lost", async () => {
  const noise = randomBytes(200_000).toString("hex");
  const odd = trace([span(1), span(2, { output_data: { output: noise } }), span(3)]);
  const bodies = await encode(odd.trace_id, textOf(odd), { limit: 50_000 });
  expect(bodies.filter((body) => body.length > 50_000).length).toBe(1);
  expect(join(bodies)).toEqual([odd]);
});

test("an unfinished span gives way to the same one closed, in either order", async () => {
  const open = span(1, { status: "error", status_message: "unfinished", unfinished: true });
  const early = await encode("t", textOf(trace([open, span(2)])));
  const late = await encode("t", textOf(trace([span(1)], { total_spans: 2 })));
  for (const bodies of [
    [...early, ...late],
    [...late, ...early],
  ])
    expect(join(bodies)[0]?.spans).toEqual([span(1), span(2)]);
});

test("an answer that an outer call handed on counts once in the joined trace, too", async () => {
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  const cost = { input_cost: 0.25, output_cost: 0.25, total_cost: 0.5 };
  const [outer, inner] = [1, 2].map((at) =>
    span(at, { span_type: "generation", usage, cost, ...(at === 1 && { repeats: true }) }),
  ) as [WireSpan, WireSpan];
  const parts = await Promise.all(
    [outer, inner].map(async (one) => {
      const part = trace([one], { total_spans: 2 });
      return (await encode(part.trace_id, textOf(part))).join("");
    }),
  );
  expect(join(parts)).toMatchObject([
    {
      token_usage: { total_input_tokens: 3, total_output_tokens: 2, total_tokens: 5 },
      cost: { total_cost: 0.5 },
      total_generations: 2,
    },
  ]);
});

test("the older event form is read back as the same trace", async () => {
  const generation = span(2, {
    span_type: "generation",
    model_id: "m",
    usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
  });
  const whole = trace([span(1), generation], {
    token_usage: { total_input_tokens: 3, total_output_tokens: 2, total_tokens: 5 },
  });
  const bodies = await encode(whole.trace_id, textOf(whole), { events: true });
  const events = bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
  expect(events.map(({ event_type }) => event_type)).toEqual([
    "trace_start",
    "span_created",
    "llm_call",
    "trace_end",
  ]);
  expect(events.every(({ trace_id }) => trace_id === whole.trace_id)).toBe(true);
  expect(events[2]).toMatchObject({ span_name: "step 2", tokens_used: 5 });
  expect(join(bodies.toReversed())).toEqual([whole]);
});

test("an event of the seed's own making is read", () => {
  const event = { event_type: "llm_call", trace_id: "t", span_id: "s", tokens_used: 12 };
  expect(decode(JSON.stringify(event)).spans[0]).toMatchObject({
    span_id: "s",
    span_type: "generation",
    usage: { total_tokens: 12 },
  });
});

test("an event that is read alone is where and when its span was, and makes up no counts", () => {
  const event = {
    event_type: "llm_call",
    trace_id: "t",
    span_id: "s",
    start_time: 5,
    end_time: 7,
    tokens_used: 12,
    metadata: { project_id: "shop", environment: "prod" },
  };
  const { trace: told, event: type, text } = readMessage(JSON.stringify(event));
  expect(type).toBe("llm_call");
  expect(text).toBe(JSON.stringify(event));
  expect(told).toMatchObject({
    project_id: "shop",
    environment: "prod",
    start_time: 5,
    end_time: 7,
    token_usage: { total_input_tokens: 0, total_output_tokens: 0, total_tokens: 12 },
  });
  expect(told.spans[0]?.usage).toEqual({ total_tokens: 12 });
});

test("of events, trace_end alone is the trace's own span in OTLP", () => {
  const spansOf = (event: object): readonly string[] =>
    otlpRequest([decodeMessage(JSON.stringify({ trace_id: "t", ...event }))])
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap((scope) => scope.spans.map(({ name }) => name));
  expect(spansOf({ event_type: "trace_start", trace_name: "root" })).toEqual([]);
  expect(spansOf({ event_type: "span_created", span_id: "s", span_name: "s" })).toEqual(["s"]);
  expect(spansOf({ event_type: "trace_end", trace_name: "root" })).toEqual(["root"]);
});

test("a message that decompresses to more than it may is none", async () => {
  const whole = trace([span(1)]);
  const [body = ""] = await encode(whole.trace_id, textOf(whole));
  const { length } = textOf(whole);
  expect(readMessage(body, { maxBytes: length }).text).toBe(textOf(whole));
  expect(() => readMessage(body, { maxBytes: length - 1 })).toThrow(WireError);
});

test.each(readExamples())("the schema takes the Python SDK's example $name", ({ json }) => {
  const example = JSON.parse(json) as Record<string, unknown>;
  const check = "compressed" in example ? isEnvelope : isTrace;
  expect(check(example), JSON.stringify(check.errors)).toBe(true);
});

test("what the runtime sends is valid, and has every field of the format", async () => {
  const sink = memorySink();
  configure({ sink, durability: "memory", sampleRate: 1 });
  const fails = track(function fails(key: string) {
    throw new Error(key, { cause: { key } });
  });
  withTrace({ name: "t", metadata: { a: 1 }, tags: ["x"] }, () => {
    currentTrace()?.score({ name: "s", value: 1 });
    expect(() => fails("k")).toThrow("k");
    startTrace("inner");
  });
  await flush();
  for (const body of sink.messages()) {
    const envelope = JSON.parse(body) as { data: string };
    expect(isEnvelope(envelope)).toBe(true);
    const text = gunzipSync(Buffer.from(envelope.data, "base64")).toString("utf8");
    const sent = JSON.parse(text) as Record<string, unknown>;
    expect(isTrace(sent), JSON.stringify(isTrace.errors)).toBe(true);
    expect(Object.keys(sent)).toEqual(expect.arrayContaining(alwaysThere(traceSchema.properties)));
    for (const one of sent["spans"] as object[])
      expect(Object.keys(one)).toEqual(
        expect.arrayContaining(alwaysThere(traceSchema.properties.spans.items.properties)),
      );
  }
});

function alwaysThere(properties: object): string[] {
  return Object.entries(properties)
    .filter(([, schema]) => !("$comment" in (schema as object)))
    .map(([name]) => name);
}

/** The objects in the fixture that hold the README's examples, one after the other. */
function readExamples(): { name: string; json: string }[] {
  const file = new URL("python-sdk-examples.json", import.meta.url);
  const examples = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  return Object.entries(examples).map(([name, value]) => ({ name, json: JSON.stringify(value) }));
}
