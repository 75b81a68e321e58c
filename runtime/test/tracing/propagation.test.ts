// Trace context in and out: what a caller sends is continued, what we send names the span that
// calls.
import { createServer, get, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  configure,
  currentSpan,
  currentTrace,
  endTrace,
  flush,
  startTrace,
  traceHeaders,
  track,
  withTrace,
} from "../../src/index.ts";
import { otelSpanId, otelTraceId } from "../../src/otlp.ts";
import { memorySink } from "../../src/testing.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, propagate: false });
});
afterEach(() => configure({ propagate: false }));

const parentIn = async (parent: unknown): Promise<unknown> => {
  startTrace({ name: "t", parent: parent as string });
  endTrace();
  await flush();
  return sink.traces().at(-1)?.trace_parent;
};

const CONTINUED = { trace_id: TRACE, span_id: "b7ad6b7169203331", flags: "01", tracestate: null };

test.each<[string, unknown]>([
  ["a text", PARENT],
  ["headers of a request", { Host: "x", TraceParent: PARENT }],
  ["Headers", new Headers({ traceparent: PARENT })],
  [
    "an SQS message's attributes, by the SDK",
    { traceparent: { DataType: "String", StringValue: PARENT } },
  ],
  [
    "an SQS message's attributes, in Lambda",
    { traceparent: { dataType: "String", stringValue: PARENT } },
  ],
  ["a later version, read by its first four fields", PARENT.replace("00", "cc") + "-more"],
])("%s is continued", async (_, parent) => {
  expect(await parentIn(parent)).toEqual(CONTINUED);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["a number", 7],
  ["version ff", PARENT.replace("00", "ff")],
  ["a trace of zeros", PARENT.replace(TRACE, "0".repeat(32))],
  ["a span of zeros", PARENT.replace("b7ad6b7169203331", "0".repeat(16))],
  ["capitals", PARENT.toUpperCase()],
  ["more behind version 00", `${PARENT}-x`],
  ["a blank before it", ` ${PARENT}`],
  ["a line behind it", `${PARENT}\n`],
  ["two values", { traceparent: [PARENT, PARENT] }],
  ["two values in one", `${PARENT}, ${PARENT}`],
  ["two spellings", { traceparent: PARENT, Traceparent: PARENT }],
  ["a getter", Object.defineProperty({}, "traceparent", { enumerable: true, get: () => PARENT })],
  ["a proxy", new Proxy({ traceparent: PARENT }, {})],
  ["an inherited one", Object.create({ traceparent: PARENT })],
  ["an array", [PARENT]],
])("%s: no parent, an own trace as usual", async (_, parent) => {
  expect(await parentIn(parent)).toBeUndefined();
  expect(sink.traces()).toHaveLength(1);
});

test("tracestate and baggage pass on unchanged, several in their order; too long ones are dropped", async () => {
  const parent = { traceparent: PARENT, tracestate: ["a=1", "b=2"], baggage: "k=v;p" };
  expect(await parentIn(parent)).toEqual({ ...CONTINUED, tracestate: "a=1,b=2" });
  withTrace({ name: "t", parent }, () => {
    expect(traceHeaders()).toMatchObject({ tracestate: "a=1,b=2", baggage: "k=v;p" });
    expect(currentTrace()?.tracestate).toBe("a=1,b=2");
  });
  expect(await parentIn({ ...parent, tracestate: `a=${"x".repeat(8192)}` })).toEqual(CONTINUED);
  expect(await parentIn({ tracestate: "a=1" })).toBeUndefined();
});

test("an own trace's traceparent names the current span, else the root", () => {
  expect(traceHeaders()).toEqual({});
  const inside = track(() => [currentSpan()?.spanId, traceHeaders()["traceparent"]] as const);
  withTrace("t", () => {
    const { traceId = "", traceparent = "" } = currentTrace() ?? {};
    expect(traceparent).toBe(`00-${otelTraceId(traceId)}-${otelSpanId(traceId)}-01`);
    const [spanId = "", within] = inside();
    expect(within).toBe(`00-${otelTraceId(traceId)}-${otelSpanId(spanId)}-01`);
  });
});

test.each([
  ["00", 1, "01"],
  ["03", 1, "03"],
  ["02", 0, "02"],
  ["01", 0, "00"],
])("flags %s at a sample rate of %d go out as %s", (flags, sampleRate, expected) => {
  configure({ sampleRate });
  onTestFinished(() => configure({ sampleRate: 1 }));
  withTrace({ name: "t", parent: PARENT.replace(/..$/, flags) }, () => {
    expect(currentTrace()?.traceparent).toMatch(
      new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${expected}$`),
    );
  });
});

describe("outgoing requests", () => {
  const seen: IncomingHttpHeaders[] = [];
  let origin = "";
  beforeEach(async () => {
    seen.length = 0;
    const server = createServer((incoming, response) => {
      seen.push(incoming.headers);
      response.end("x");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
  });
  const byHttp = (url: string, headers: object = {}): Promise<void> =>
    new Promise((done) => {
      get(url, { headers: headers as Record<string, string> }, (response) =>
        response.resume().on("end", done),
      );
    });
  const ways: Record<string, (url: string, headers?: Record<string, string>) => Promise<unknown>> =
    {
      fetch: async (url, headers = {}) => (await fetch(url, { headers })).text(),
      "node:http": byHttp,
    };

  test.each(Object.keys(ways))("%s: off by default, on in traces, off again", async (way) => {
    const ask = ways[way] as (url: string, headers?: Record<string, string>) => Promise<unknown>;
    await withTrace("t", () => ask(origin));
    configure({ propagate: true });
    await ask(origin);
    const parent = await withTrace(
      { name: "t", parent: { traceparent: PARENT, tracestate: "a=1" } },
      async () => {
        await ask(origin);
        return currentTrace()?.traceparent;
      },
    );
    configure({ propagate: false });
    await withTrace("t", () => ask(origin));
    expect(seen.map(({ traceparent, tracestate }) => [traceparent, tracestate])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [parent, "a=1"],
      [undefined, undefined],
    ]);
  });

  test.each(Object.keys(ways))("%s: a request's own headers are left as they are", async (way) => {
    configure({ propagate: true });
    const own = { TraceParent: "mine", tracestate: "own=1" };
    await withTrace(
      { name: "t", parent: { traceparent: PARENT, tracestate: "a=1", baggage: "b=1" } },
      () => ways[way]?.(origin, own),
    );
    expect(seen[0]).toMatchObject({ traceparent: "mine", tracestate: "own=1" });
    expect(seen[0]).not.toHaveProperty("baggage");
  });

  test.each(Object.keys(ways))("%s: a list of URLs, without their query", async (way) => {
    configure({ propagate: [`${origin}/in`, /\/also\/\d+$/g] });
    await withTrace("t", async () => {
      for (const path of ["/in/1", "/out?to=/in", "/also/1?q=2", "/also/2", "/also/x"])
        await ways[way]?.(origin + path);
    });
    expect(seen.map(({ traceparent }) => traceparent !== undefined)).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  test("headers given as a list are written already, and nothing is thrown", async () => {
    configure({ propagate: true });
    await withTrace(
      "t",
      () =>
        new Promise<void>((done) => {
          request(origin, { headers: ["host", "x", "x-own", "1"] }, (response) =>
            response.resume().on("end", done),
          ).end();
        }),
    );
    expect(seen[0]).toMatchObject({ "x-own": "1" });
    expect(seen[0]?.["traceparent"]).toBeUndefined();
  });

  test("a tracked function that calls is the caller", async () => {
    configure({ propagate: true });
    const call = track(async () => {
      await fetch(origin);
      return currentSpan()?.spanId;
    });
    const spanId = (await withTrace("t", call)) ?? "";
    expect(String(seen[0]?.["traceparent"]).split("-")[2]).toBe(otelSpanId(spanId));
  });
});
