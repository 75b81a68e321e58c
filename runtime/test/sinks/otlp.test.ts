// Langfuse and OTLP as destinations, over loopback: what a server's answer means for the traces.
import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { resolveOptions } from "../../src/config/resolve.ts";
import { waitingIn } from "../delivery/waiting.ts";
import { langfuseSink } from "../../src/langfuse.ts";
import { otlpSink } from "../../src/otlp.ts";
import type { Sink } from "../../src/sink.ts";
import { destinationsOf } from "../../src/sinks/destination.ts";
import { retryAfterMs } from "../../src/sinks/otlp/answer.ts";
import { decode, encode } from "../../src/wire.ts";
import { balanced, delivery, scripted, temporary } from "../delivery/setup.ts";
import { attributesOf } from "../otlp/checks.ts";
import { span, textOf, trace } from "../wire/trace.ts";
import { type OtlpServer, SCORES, startOtlpServer, TRACES } from "./otlp-server.ts";

let server: OtlpServer;
beforeEach(async () => {
  server = await startOtlpServer();
});

const langfuse = (more: object = {}): Sink =>
  langfuseSink({ publicKey: "pk", secretKey: "sk", baseUrl: server.origin, ...more });
const otlp = (more: object = {}): Sink =>
  otlpSink({ endpoint: `${server.origin}/v1/traces`, ...more });

const id = (n: number): string => `87a41b12-cc61-4fdf-9bf2-${n.toString(16).padStart(12, "0")}`;
const json = (n: number, more: object = {}): string =>
  textOf(trace([span(n * 100), span(n * 100 + 1)], { trace_id: id(n), ...more }));

function accept(to: ReturnType<typeof delivery>, count: number, more: object = {}): void {
  for (let n = 1; n <= count; n++)
    expect(to.accept({ traceId: id(n), json: json(n, more) })).toBe(true);
}

const roots = (): readonly string[] =>
  server
    .spans()
    .filter(({ parentSpanId }) => parentSpanId === undefined)
    .map(({ traceId }) => traceId)
    .toSorted();
const hex = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => id(at + 1).replaceAll("-", "")).toSorted();

test("Langfuse: path, headers, compression, and each trace once", async () => {
  const under = delivery({ sinks: [langfuse({ baseUrl: `${server.origin}/base/` })] });
  accept(under, 3, { metadata: { filler: "word ".repeat(300) } });
  expect(await under.flush(10_000)).toBe(true);
  const [first] = server.received;
  expect(first?.path).toBe(`/base${TRACES}`);
  expect(first?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from("pk:sk").toString("base64")}`,
    "content-type": "application/json",
    "content-encoding": "gzip",
    "x-langfuse-ingestion-version": "4",
  });
  expect(
    Object.keys(first?.headers ?? {}).filter((name) => name.startsWith("x-langfuse-sdk")),
  ).toEqual([]);
  expect(roots()).toEqual(hex(3));
  expect(balanced(under)).toMatchObject({ acked: 3, pending: 0 });
});

test("OTLP: own headers, content only where it is asked for", async () => {
  const plain = delivery({ sinks: [otlp({ headers: { "x-key": "k" } })] });
  accept(plain, 1, { trace_input: "asked" });
  await plain.flush(10_000);
  expect(server.received[0]?.headers["x-key"]).toBe("k");
  expect(server.received[0]?.body).not.toContain("asked");
  const full = delivery({
    sinks: [otlp({ content: true, compression: "none", serviceName: "shop" })],
  });
  accept(full, 2, { trace_input: "asked", metadata: { filler: "word ".repeat(300) } });
  await full.flush(10_000);
  const last = server.received.at(-1);
  expect(last?.headers["content-encoding"]).toBeUndefined();
  expect(last?.body).toContain("asked");
  expect(last?.body).toContain('{"key":"service.name","value":{"stringValue":"shop"}}');
});

describe.each([
  ["Langfuse", langfuse],
  ["OTLP", otlp],
])("%s", (_, sink) => {
  test.each([
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["408", { status: 408 }],
    [
      "429 with a date",
      { status: 429, headers: { "retry-after": new Date(Date.now() + 1000).toUTCString() } },
    ],
    ["503 with seconds", { status: 503, headers: { "retry-after": "1" } }],
    ["401", { status: 401 }],
    ["404", { status: 404 }],
    ["302", { status: 302, headers: { location: "http://127.0.0.1:1/" } }],
    ["reset", "reset"],
  ] as const)("%s: kept, and sent again", async (__, reply) => {
    server.answer = (___, number) => (number === 1 ? reply : undefined);
    const under = delivery({ sinks: [sink()] });
    accept(under, 3);
    while (server.received.length === 0) await sleep(5);
    expect(balanced(under)).toMatchObject({ acked: 0, pending: 3, dropped: {} });
    expect(await under.flush(20_000)).toBe(true);
    expect(roots()).toEqual(hex(3));
    expect(balanced(under)).toMatchObject({ acked: 3, pending: 0 });
  });

  test("no answer in time: sent again", async () => {
    server.answer = (__, number) => (number === 1 ? "hang" : undefined);
    const under = delivery({ sinks: [otlp({ timeoutMs: 200 })] });
    accept(under, 1);
    while (under.stats().acked < 1) await under.flush(500);
    expect(server.received.length).toBe(2);
  });

  test("one trace that is refused takes no other along: halved, counted, a copy kept", async () => {
    const bad = id(4).replaceAll("-", "");
    server.answer = ({ body }) => (body.includes(bad) ? { status: 400 } : undefined);
    const directory = temporary();
    const under = delivery({ sinks: [sink()], spoolDir: directory });
    accept(under, 8);
    expect(await under.flush(20_000)).toBe(true);
    expect(roots()).toEqual(hex(8).filter((one) => one !== bad));
    expect(balanced(under)).toMatchObject({ acked: 7, dropped: { rejected: 1 } });
    expect(waitingIn(join(directory, "dead")).map(({ traceId }) => traceId)).toEqual([id(4)]);
  });

  test("413: halved, then between spans; a span that is too large by itself is oversize", async () => {
    server.answer = ({ body, path }) =>
      path !== SCORES && body.length > 9_000 ? { status: 413 } : undefined;
    const big = (length: number) => ({ output_data: { output: "x".repeat(length) } });
    const under = delivery({ sinks: [sink === otlp ? otlp({ content: true }) : sink()] });
    const spans = [
      span(11, big(2_500)),
      span(12, big(2_500)),
      span(13, big(2_500)),
      span(14, big(2_500)),
    ];
    under.accept({ traceId: id(1), json: textOf(trace(spans, { trace_id: id(1) })) });
    under.accept({
      traceId: id(2),
      json: textOf(trace([span(15, big(9_500))], { trace_id: id(2) })),
    });
    expect(await under.flush(20_000)).toBe(true);
    expect(new Set(server.spans().map(({ spanId }) => spanId)).size).toBe(5);
    expect(roots()).toEqual(hex(1));
    expect(balanced(under)).toMatchObject({ acked: 1, dropped: { oversize: 1 } });
  });

  test("a request stays within 4 MiB", async () => {
    const under = delivery({
      sinks: [sink === otlp ? otlp({ content: true }) : sink()],
      limits: { message: 1_000_000 },
    });
    const noise = (): string =>
      Array.from({ length: 60_000 }, () => Math.random().toString(36).slice(2, 12)).join("");
    for (let n = 1; n <= 8; n++)
      under.accept({
        traceId: id(n),
        json: textOf(trace([span(n, { output_data: { output: noise() } })], { trace_id: id(n) })),
      });
    expect(await under.flush(20_000)).toBe(true);
    expect(
      Math.max(...server.received.map(({ body }) => Buffer.byteLength(body))),
    ).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(roots()).toEqual(hex(8));
  });

  test("many small traces take few requests", async () => {
    const under = delivery({ sinks: [sink()] });
    accept(under, 250);
    expect(await under.flush(20_000)).toBe(true);
    expect(roots()).toEqual(hex(250));
    expect(server.received.length).toBeLessThanOrEqual(4);
  });

  test("a trace that the queue gets in parts comes whole, also beside the queue", async () => {
    const queue = scripted("queue");
    const under = delivery({ sinks: [queue, sink()], limits: { message: 4_000 } });
    const spans = Array.from({ length: 200 }, (__, n) =>
      span(n, { metadata: { n: randomUUID() } }),
    );
    under.accept({ traceId: id(1), json: textOf(trace(spans, { trace_id: id(1) })) });
    expect(await under.flush(20_000)).toBe(true);
    expect(queue.taken.length).toBeGreaterThan(1);
    expect(server.received.filter(({ path }) => path !== SCORES)).toHaveLength(1);
    expect(server.spans()).toHaveLength(201);
    expect(balanced(under)).toMatchObject({ acked: 1, pending: 0 });
  });

  test("rejected spans: the trace counts as sent, they are counted", async () => {
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: "2", errorMessage: "no" } });
    server.answer = ({ path }) => (path === SCORES ? undefined : { status: 200, body });
    const under = delivery({ sinks: [sink()] });
    accept(under, 2);
    expect(await under.flush(10_000)).toBe(true);
    expect(Object.values(under.stats().sinks)[0]).toMatchObject({ acked: 2, rejectedSpans: 2 });
    expect(server.received).toHaveLength(1);
  });

  test("an answer that cannot be read is a success all the same", async () => {
    server.answer = () => ({ status: 200, body: "<html>" });
    const under = delivery({ sinks: [sink()] });
    accept(under, 1);
    expect(await under.flush(10_000)).toBe(true);
  });

  test("a resend has the same bytes, by another process too", async () => {
    const [body] = await encode(
      id(1),
      json(1, { scores: [{ name: "s", value: 1, comment: null }] }),
    );
    const entry = {
      id: "1",
      traceId: id(1),
      body: body ?? "",
      digest: "d",
      trace: decode(body ?? ""),
    };
    const { signal } = new AbortController();
    for (const one of [sink(), sink()]) await one.send([entry], { signal });
    const spans = server.received.filter(({ path }) => path !== SCORES).map((one) => one.body);
    expect(spans).toHaveLength(2);
    expect(spans[0]).toBe(spans[1]);
  });

  test("with SQS beside it down or slow, and it beside SQS: none waits for the other", async () => {
    const queue = scripted("queue");
    server.answer = () => "hang";
    const under = delivery({ sinks: [queue, sink()] });
    accept(under, 50);
    while (queue.taken.length < 50) await sleep(5);
    expect(balanced(under)).toMatchObject({ acked: 0, pending: 50 });
  });

  test("the older form on the queue changes nothing here", async () => {
    const under = delivery({ sinks: [sink()], wire: "events" });
    accept(under, 2);
    expect(await under.flush(10_000)).toBe(true);
    expect(roots()).toEqual(hex(2));
  });
});

describe("scores", () => {
  const scores = [
    { name: "good", value: 0.5, comment: null },
    { name: "", value: true, comment: "yes" },
  ];

  test("each is posted after the spans, once", async () => {
    const under = delivery({ sinks: [langfuse()] });
    accept(under, 2, { scores });
    expect(await under.flush(10_000)).toBe(true);
    expect(server.received.map(({ path }) => path)).toEqual([
      TRACES,
      SCORES,
      SCORES,
      SCORES,
      SCORES,
    ]);
    const own = id(1).replaceAll("-", "");
    expect(JSON.parse(server.taken(SCORES)[0] ?? "")).toEqual({
      id: `${own}-0`,
      traceId: own,
      name: "good",
      value: 0.5,
      dataType: "NUMERIC",
      environment: "uat",
    });
  });

  test("one that fails is sent again, the spans are not", async () => {
    let failures = 2;
    server.answer = ({ path }) => (path === SCORES && failures-- > 0 ? { status: 500 } : undefined);
    const under = delivery({ sinks: [langfuse()] });
    accept(under, 1, { scores });
    expect(await under.flush(20_000)).toBe(true);
    expect(server.taken(SCORES)).toHaveLength(2);
    expect(server.received.filter(({ path }) => path === TRACES)).toHaveLength(1);
  });

  test("one that is refused holds up nothing", async () => {
    server.answer = ({ path, body }) =>
      path === SCORES && body.includes('"good"') ? { status: 422 } : undefined;
    const under = delivery({ sinks: [langfuse()] });
    accept(under, 1, { scores });
    expect(await under.flush(10_000)).toBe(true);
    expect(server.taken(SCORES)).toHaveLength(1);
    expect(balanced(under)).toMatchObject({ acked: 1, dropped: {} });
  });
});

describe("which destinations there are", () => {
  const named = (env: Record<string, string>): readonly string[] =>
    destinationsOf(resolveOptions({}, env, {}).options).sinks.map(({ name }) => name);
  const keys = { LANGFUSE_PUBLIC_KEY: "pk", LANGFUSE_SECRET_KEY: "sk" };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1/base/" };

  test.each<[string, Record<string, string>, readonly string[]]>([
    ["none", {}, []],
    ["both keys", keys, ["langfuse"]],
    ["one key of two", { LANGFUSE_PUBLIC_KEY: "pk" }, []],
    ["an endpoint", endpoint, ["otlp"]],
    [
      "all",
      { ...keys, ...endpoint, AWS_SQS_URL: "http://127.0.0.1:2/q" },
      ["sqs", "langfuse", "otlp"],
    ],
    [
      "a queue and an endpoint of one server",
      { ...endpoint, AWS_SQS_URL: "http://127.0.0.1:1/q" },
      ["sqs"],
    ],
    ["an endpoint for OpenTelemetry's own SDK", { ...endpoint, OTEL_SDK_DISABLED: "true" }, []],
    ["an exporter that is switched off", { ...endpoint, OTEL_TRACES_EXPORTER: "none" }, []],
  ])("%s", (_, env, expected) => {
    expect(named(env)).toEqual(expected);
  });

  test("OpenTelemetry's variables: traces over all signals, path appended, headers merged and decoded", () => {
    const { options, warnings } = resolveOptions(
      {},
      {
        ...endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=x%20y",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: "a=2",
        OTEL_EXPORTER_OTLP_TIMEOUT: "5000",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "none",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_SERVICE_NAME: "shop",
        OTEL_RESOURCE_ATTRIBUTES: "team=search%2Crank",
      },
      {},
    );
    expect(options.otlp).toMatchObject({
      endpoint: "http://127.0.0.1:1/base/v1/traces",
      headers: { a: "2", b: "x y" },
      timeoutMs: 5000,
      compression: "none",
      serviceName: "shop",
      resource: { team: "search,rank" },
    });
    expect(warnings.join()).toContain("LLMOPS3004");
  });

  test("what waits for other destinations lies apart", () => {
    const of = (env: Record<string, string>): string | undefined =>
      destinationsOf(resolveOptions({}, env, {}).options).key;
    const queue = { AWS_SQS_URL: "http://127.0.0.1:1/q" };
    expect(new Set([of(queue), of(keys), of({ ...queue, ...keys }), of({})]).size).toBe(4);
  });
});

test.each([
  ["30", 30_000],
  [" 2 ", 2_000],
  ["Sat, 28 Nov 2026 00:00:10 GMT", 10_000],
  ["Sat, 28 Nov 2020 00:00:10 GMT", undefined],
  ["soon", undefined],
  ["-1", undefined],
])("Retry-After %j", (value, ms) => {
  expect(retryAfterMs(value, Date.UTC(2026, 10, 28))).toBe(ms);
});

test("an environment that Langfuse does not take is made to fit there alone", async () => {
  const under = delivery({ sinks: [langfuse()] });
  accept(under, 1, { environment: "Prod EU" });
  await under.flush(10_000);
  expect(attributesOf(server.spans()[0])["langfuse.environment"]).toBe("prod-eu");
  expect(
    readdirSync(under.stats().directory ?? "").filter((name) => name.endsWith(".wal")).length,
  ).toBeLessThan(2);
});

test("a trace that cannot be mapped takes no other of its request along", async () => {
  // Another writer's: a number where a text belongs.
  const traces = [{ user_id: 5 as unknown as string }, {}].map((fields) => trace([], fields));
  const entries = traces.map((one, at) => ({
    id: String(at),
    traceId: one.trace_id,
    body: "",
    digest: "",
    trace: one,
  }));
  expect(await otlp().send(entries, { signal: new AbortController().signal })).toEqual([
    { state: "rejected", reason: "Undecodable" },
    { state: "sent" },
  ]);
  expect(roots()).toHaveLength(1);
});
