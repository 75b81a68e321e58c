// The fault matrix: SQS, S3 and DynamoDB emulated, the vendors on loopback. After the dust settles
// every trace is in every healthy sink exactly once, poison in the dead-letter queue, and the
// counts are exact. FAULTS_TRACES=300 for more than the short form.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createHandler, type Handler } from "llmops-processor";
import { dynamoStore } from "llmops-processor/dynamodb";
import type { WireTrace } from "llmops-observability/wire";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bodyOf, failuresOf, record } from "../deliver/setup.ts";
import { span, trace } from "../setup.ts";
import { fresh, generation, type LoopbackServer } from "../sinks/setup.ts";
import { startWorld, type Vendor, type World } from "./world.ts";

const TRACES = Number(process.env["FAULTS_TRACES"] ?? 12);
const BATCH = 10;

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const made = (count: number = TRACES): readonly WireTrace[] =>
  Array.from({ length: count }, (_, at) =>
    fresh([generation(), span({ span_name: `step ${at}` })], { trace_name: `trace ${at}` }),
  );

/** A function that was started cold. */
const started = (options: Parameters<typeof createHandler>[0] = {}): Handler =>
  createHandler({
    sinks: world.sinks(),
    store: dynamoStore(world.table),
    onError: () => undefined,
    ...options,
  });

async function sendAll(traces: readonly WireTrace[]): Promise<void> {
  for (const one of traces) await world.send(await bodyOf(one));
}

/** Batches, until each trace had its turn; those that failed come again meanwhile. */
async function stepUntil(handler: Handler, isDone: () => boolean): Promise<void> {
  while (!isDone()) await world.step(handler);
}

/** S3, Langfuse, New Relic, Datadog. */
async function expectOnceEverywhere(
  traces: readonly WireTrace[],
  times: readonly number[] = [1, 1, 1, 1],
): Promise<void> {
  const taken = await world.takenOf(traces.map(({ trace_id: id }) => id));
  const wrong = Object.entries(taken).filter(([, counts]) =>
    counts.some((n, at) => n !== times[at]),
  );
  expect(wrong.map(([, counts]) => counts.join(" "))).toEqual([]);
}

type Fault = (server: LoopbackServer) => void;
const FAULTS: readonly (readonly [string, Fault])[] = [
  ["down", (server) => (server.answer = () => "reset")],
  ["hanging", (server) => (server.answer = () => "hang")],
  [
    "throttling",
    (server) => (server.answer = () => ({ status: 429, headers: { "retry-after": "30" } })),
  ],
  ["failing", (server) => (server.answer = () => ({ status: 500 }))],
  ["refusing our key", (server) => (server.answer = () => ({ status: 403 }))],
  ["answering nonsense", (server) => (server.answer = () => ({ status: 302, body: "<html>" }))],
];
const VENDORS: readonly Vendor[] = ["langfuse", "new-relic", "datadog"];

describe.each(VENDORS)("%s", (vendor) => {
  test.each(FAULTS)(
    "%s for a while: nothing is lost, nothing doubled, nobody else waits",
    async (how, fault) => {
      const traces = made();
      await sendAll(traces);
      fault(world.servers[vendor]);
      const ill = started({ sinkTimeoutMs: how === "hanging" ? 2500 : 10_000, attempts: 1 });
      const healthy = [1, 1, 1, 1].map((n, at) => (at === VENDORS.indexOf(vendor) + 1 ? 0 : n));
      await stepUntil(ill, () => ill.stats().sinks["s3"]?.sent === TRACES);
      await expectOnceEverywhere(traces, healthy);
      world.servers[vendor].answer = () => ({});
      const well = started();
      await world.drain(well);
      await expectOnceEverywhere(traces);
      expect(await world.dead()).toEqual([]);
      const stats = well.stats();
      expect(stats.sinks[vendor]).toEqual({ sent: TRACES, skipped: 0, rejected: 0, failed: 0 });
      expect(stats.duplicates).toBe(3 * TRACES);
    },
  );
});

test("a sink that refuses one trace for good: that one ends in the dead-letter queue, and is nowhere twice", async () => {
  const traces = made();
  const [bad] = traces;
  await sendAll(traces);
  world.servers.datadog.answer = ({ text }) =>
    text.includes(`"trace 0"`) ? { status: 400 } : { status: 202 };
  const handler = started();
  await world.drain(handler);
  await expectOnceEverywhere(traces.slice(1));
  await expectOnceEverywhere(bad === undefined ? [] : [bad], [1, 1, 1, 0]);
  expect(await world.dead()).toHaveLength(1);
});

test("a slow sink holds up no other, and gets each trace once", async () => {
  const traces = made();
  await sendAll(traces);
  let requests = 0;
  world.servers.datadog.answer = async () => {
    requests++;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return {};
  };
  await world.drain(started());
  await expectOnceEverywhere(traces);
  expect(requests).toBe(TRACES);
});

test("a function killed in the middle: its messages go through when its lease has run out", async () => {
  const traces = made(BATCH);
  await sendAll(traces);
  let asked: (() => void) | undefined;
  const reached = new Promise<void>((resolve) => (asked = resolve));
  world.servers.datadog.answer = () => {
    asked?.();
    return "hang";
  };
  const { table, endpoint, servers } = world;
  const child = fork(join(import.meta.dirname, "function.child.mjs"), [], {
    env: {
      PATH: process.env["PATH"],
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      LLMOPS_TABLE: table.tableName,
      LLMOPS_S3_BUCKET: "traces",
      LANGFUSE_PUBLIC_KEY: "pk",
      LANGFUSE_SECRET_KEY: "sk",
      LANGFUSE_BASE_URL: servers.langfuse.url,
      NEW_RELIC_LICENSE_KEY: "key",
      NEW_RELIC_OTLP_ENDPOINT: servers["new-relic"].url,
      DD_API_KEY: "key",
      LLMOPS_DATADOG_ENDPOINT: servers.datadog.url,
    },
  });
  await world.step(async (batch) => {
    child.send({ batch, remainingMs: 4000 });
    await reached;
    // The others have confirmed and are marked; Datadog has the request, and did not take it.
    await vi.waitFor(() => expect(servers.langfuse.received).not.toHaveLength(0));
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill("SIGKILL");
    await once(child, "exit");
    return {
      batchItemFailures: batch.Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
    };
  });
  world.servers.datadog.answer = () => ({});
  const next = started();
  await world.step(next);
  expect(next.stats().sinks["datadog"], "under lease").toMatchObject({ sent: 0, failed: BATCH });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 4001 });
  await world.drain(started());
  await expectOnceEverywhere(traces);
});

test("time that runs out: what was done is not done again", async () => {
  const traces = made();
  await sendAll(traces);
  world.servers["new-relic"].answer = () => "hang";
  const short = started({ reserveMs: 200 });
  await world.step((event) => short(event, { getRemainingTimeInMillis: () => 2500 }));
  expect(short.stats().sinks["new-relic"]).toMatchObject({
    sent: 0,
    failed: Math.min(TRACES, BATCH),
  });
  world.servers["new-relic"].answer = () => ({});
  await world.drain(started());
  await expectOnceEverywhere(traces);
});

test("two invocations at the same messages, at the same time", async () => {
  const traces = made();
  const records = await Promise.all(traces.map(async (one) => record(await bodyOf(one))));
  // Each sink of each may get there first: what is in other hands is reported, and comes again.
  await Promise.all(Array.from({ length: 4 }, () => started()({ Records: records })));
  expect(failuresOf(await started()({ Records: records }))).toEqual([]);
  await expectOnceEverywhere(traces);
});

test("a message redelivered at once, and 14 days later", async () => {
  const traces = made();
  const records = await Promise.all(traces.map(async (one) => record(await bodyOf(one))));
  for (let time = 0; time < 2; time++)
    expect(failuresOf(await started()({ Records: records }))).toEqual([]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 14 * 24 * 3_600_000 });
  const later = started();
  expect(failuresOf(await later({ Records: records }))).toEqual([]);
  expect(later.stats().duplicates).toBe(4 * TRACES);
  await expectOnceEverywhere(traces);
});

test("parts out of order, in different invocations, end as one trace; late parts too", async () => {
  const spans = Array.from({ length: 30 }, (_, at) => span({ span_name: `step ${at}` }));
  const whole = fresh(spans);
  const parts = [0, 10, 20].map((at) => {
    const part = { ...whole, spans: whole.spans.slice(at, at + 10), total_spans: 30 };
    return JSON.stringify({
      compressed: true,
      data: gzipSync(JSON.stringify(part)).toString("base64"),
      trace_id: whole.trace_id,
      type: "trace",
      part: at / 10 + 1,
      parts: 3,
    });
  });
  const late = JSON.stringify({ ...whole, spans: [span()], total_spans: 31, late: true });
  const functions = [late, ...parts.toReversed()].map((body) =>
    started({ sinks: world.sinks("flat") })({ Records: [record(body)] }),
  );
  for (const answer of await Promise.all(functions)) expect(failuresOf(answer)).toEqual([]);
  expect(await world.keys()).toEqual([`${whole.trace_id}.json`]);
  const response = await fetch(`${world.endpoint}/traces/${whole.trace_id}.json`);
  const stored = (await response.json()) as WireTrace;
  expect(stored.spans).toHaveLength(31);
  const names = world.servers.datadog.received.flatMap(
    ({ text }) => text.match(/"parent_id":"undefined"/g) ?? [],
  );
  expect(names, "one root").toHaveLength(1);
});

test("poison and zip bombs end in the dead-letter queue, and stop nothing", async () => {
  const traces = made();
  const bomb = JSON.stringify({
    compressed: true,
    data: gzipSync(Buffer.alloc(80 * 1024 * 1024, 0x20)).toString("base64"),
    trace_id: "t",
    type: "trace",
  });
  const poison = ["no JSON", "{}", bomb, JSON.stringify(trace({ trace_id: "" }))];
  for (const body of poison) await world.send(body);
  await sendAll(traces);
  const handler = started();
  await world.drain(handler);
  await expectOnceEverywhere(traces);
  expect((await world.dead()).toSorted()).toEqual(poison.toSorted());
  const { messages, poison: count } = handler.stats();
  expect(messages - count).toBe(TRACES);
});
