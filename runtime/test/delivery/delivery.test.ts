import { AsyncLocalStorage } from "node:async_hooks";
import { readdirSync } from "node:fs";
import { startFauxqs } from "fauxqs";
import { expect, onTestFinished, test, vi } from "vitest";
import { retry, SENT, type Sink } from "../../src/sink.ts";
import { endpointFor } from "../../src/sinks/sqs/address.ts";
import { memorySink } from "../../src/testing.ts";
import { decode } from "../../src/wire/message.ts";
import {
  accept,
  balanced,
  delivery,
  faulty,
  idsIn,
  json,
  names,
  scripted,
  temporary,
  unsent,
} from "./setup.ts";

test("traces arrive through a real queue, with their attributes, and leave nothing behind", async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  onTestFinished(() => server.stop());
  server.createQueue("traces");
  const directory = temporary();
  const url = `http://127.0.0.1:${server.port}/000000000000/traces`;
  const under = delivery({ spoolDir: directory, sqs: { url } });
  accept(under, names(37), "é漢😀 lorem ipsum ".repeat(300));
  expect(balanced(under).pending).toBe(37);
  expect(await under.flush(10_000)).toBe(true);
  const { messages } = server.inspectQueue("traces") ?? { messages: { ready: [] } };
  expect(idsIn(messages.ready.map(({ body }) => body))).toEqual(names(37).toSorted());
  for (const { body, messageAttributes } of messages.ready) {
    expect(messageAttributes.trace_id?.StringValue).toBe(decode(body).trace_id);
    expect(messageAttributes.sdk_version?.StringValue).toBe("0.1.0");
    expect(messageAttributes["traceparent"]?.StringValue).toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    );
  }
  expect(balanced(under)).toMatchObject({
    accepted: 37,
    acked: 37,
    pending: 0,
    dropped: {},
    memoryBytes: 0,
  });
  await under.shutdown();
  expect(readdirSync(directory)).toEqual([]);
});

test("a FIFO queue gets a group and a deduplication id", async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  onTestFinished(() => server.stop());
  server.createQueue("traces.fifo", { attributes: { FifoQueue: "true" } });
  const under = delivery({
    sqs: { url: `http://127.0.0.1:${server.port}/000000000000/traces.fifo` },
  });
  accept(under, ["a", "b"]);
  under.accept({ traceId: "a", json: json("a", "a late part") });
  expect(await under.flush(10_000)).toBe(true);
  expect(
    idsIn(server.inspectQueue("traces.fifo")?.messages.ready.map(({ body }) => body) ?? []),
  ).toEqual(["a", "a", "b"]);
});

test("batches hold at most 10 messages and 256 KiB", async () => {
  const sizes: number[][] = [];
  const sink: Sink = {
    name: "sizes",
    send(entries) {
      sizes.push(entries.map(({ body }) => body.length));
      return Promise.resolve(entries.map(() => SENT));
    },
  };
  const under = delivery({ sink });
  // Random text hardly shrinks: about 100 KB each on the wire.
  const noise = Buffer.from(
    Array.from({ length: 75_000 }, () => Math.floor(Math.random() * 256)),
  ).toString("latin1");
  accept(under, names(25));
  accept(under, names(7, "large"), noise);
  expect(await under.flush(10_000)).toBe(true);
  expect(sizes.flat()).toHaveLength(32);
  for (const batch of sizes) {
    expect(batch.length).toBeLessThanOrEqual(10);
    expect(batch.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(256 * 1024);
  }
});

test("traces of 30 KB, which are small messages, share a request; where memory is short, none is refused", async () => {
  const batches: number[] = [];
  const sink: Sink = {
    name: "sizes",
    send(entries) {
      batches.push(entries.length);
      return Promise.resolve(entries.map(() => SENT));
    },
  };
  const text = "a document of prose ".repeat(1500);
  const under = delivery({ sink, sqs: { batchTimeoutMs: 60_000 } });
  for (const traceId of names(20)) {
    accept(under, [traceId], text);
    await new Promise(setImmediate);
  }
  await vi.waitFor(() => expect(batches).toEqual([10, 10]));
  const limits = { memoryBytes: 100_000 };
  const short = { durability: "memory", sink, sqs: { batchTimeoutMs: 60_000 } } as const;
  const small = delivery(short, limits);
  for (const traceId of names(20)) {
    accept(small, [traceId], text);
    await vi.waitFor(() => expect(small.stats().memoryBytes).toBeLessThan(60_000));
  }
  expect(balanced(small)).toMatchObject({ accepted: 20, dropped: {} });
});

test("a trace that is larger than any message is dropped and counted, the others arrive", async () => {
  const sink = memorySink();
  const under = delivery({ sink });
  const noise = Array.from({ length: 900_000 }, () => Math.random().toString(36).slice(2, 4)).join(
    "",
  );
  accept(under, ["huge"], noise);
  accept(under, ["small"]);
  expect(await under.flush(10_000)).toBe(true);
  expect(sink.traces().map(({ trace_id }) => trace_id)).toEqual(["small"]);
  expect(balanced(under).dropped).toEqual({ oversize: 1 });
});

test("memory is bounded: beyond it bodies are read back from disk", async () => {
  const server = await faulty(["503"]);
  const under = delivery({ sqs: { url: server.url } }, { memoryBytes: 20_000 });
  accept(under, names(30), "x".repeat(4000));
  expect(under.stats().memoryBytes).toBeLessThanOrEqual(20_000);
  expect(await under.flush(10_000)).toBe(true);
  expect(idsIn(server.stored)).toEqual(names(30).toSorted());
});

test("memory mode: beyond the bound new traces are refused and counted, and none is on disk", async () => {
  const directory = temporary();
  const under = delivery(
    { spoolDir: directory, durability: "memory", sink: scripted("down", () => retry("Down")) },
    { memoryBytes: 20_000 },
  );
  const taken = names(30).filter((traceId) =>
    under.accept({ traceId, json: json(traceId, "x".repeat(4000)) }),
  );
  expect(taken).toEqual(names(4));
  expect(balanced(under)).toMatchObject({
    pending: 4,
    dropped: { queue_full: 26 },
    directory: undefined,
  });
  expect(readdirSync(directory)).toEqual([]);
  await under.shutdown(0);
  expect(balanced(under)).toMatchObject({ pending: 0, dropped: { queue_full: 26, shutdown: 4 } });
});

test("the disk is bounded: at the cap new traces are refused and counted", async () => {
  const under = delivery({ sink: scripted("down", () => retry("Down")) }, { diskBytes: 20_000 });
  const taken = names(30).filter((traceId) =>
    under.accept({ traceId, json: json(traceId, "x".repeat(4000)) }),
  );
  expect(taken).toEqual(names(5));
  expect(balanced(under)).toMatchObject({ pending: 5, dropped: { disk_full: 25 } });
});

test("spill: with memory and disk at their caps new traces are refused, counted as with a full disk", () => {
  const under = delivery(
    { durability: "spill", sink: scripted("down", () => retry("Down")) },
    { memoryBytes: 10_000, diskBytes: 10_000 },
  );
  const taken = names(30).filter((traceId) =>
    under.accept({ traceId, json: json(traceId, "x".repeat(4000)) }),
  );
  expect(taken).toEqual(names(5));
  expect(balanced(under)).toMatchObject({ pending: 5, dropped: { disk_full: 25 } });
});

test("spill: on disk only after a failed send; fsync: before accept returns", async () => {
  const [spilled, synced] = [temporary(), temporary()];
  let up = false;
  const sink = scripted("flaky", () => (up ? SENT : retry("Down")));
  const under = delivery({ sink, durability: "spill", spoolDir: spilled });
  accept(under, names(3));
  expect(unsent(spilled)).toEqual([]);
  expect(await under.flush(50)).toBe(false);
  expect(unsent(spilled)).toEqual(names(3));
  up = true;
  expect(await under.flush(10_000)).toBe(true);
  expect(unsent(spilled)).toEqual([]);
  accept(
    delivery({
      sink: scripted("down", () => retry("Down")),
      durability: "fsync",
      spoolDir: synced,
    }),
    names(3),
  );
  expect(unsent(synced)).toEqual(names(3));
});

test("without a destination traces stay in the spool, and flush has nothing to wait for", async () => {
  const directory = temporary();
  const under = delivery({ spoolDir: directory });
  accept(under, names(3));
  expect(await under.flush()).toBe(true);
  expect(unsent(directory)).toEqual(names(3));
  expect(balanced(under)).toMatchObject({ accepted: 3, pending: 3, directory });
  await under.shutdown();
  expect(unsent(directory)).toEqual(names(3));
  expect(balanced(under)).toMatchObject({ accepted: 3, pending: 3 });
});

test("what waited for a destination is told by the last account, and is sent by the next process", async () => {
  const directory = temporary();
  const away = scripted("away", () => retry("Away"));
  const under = delivery({ spoolDir: directory, sink: away });
  accept(under, names(30));
  // Three failures in a row: it counts as away, and nothing is held in memory.
  await expect.poll(() => under.stats().memoryBytes, { timeout: 5000 }).toBe(0);
  accept(under, names(30, "later"));
  expect(balanced(under)).toMatchObject({ pending: 60, memoryBytes: 0, volatile: 0 });
  await under.shutdown();
  expect(balanced(under)).toMatchObject({ accepted: 60, pending: 60 });
  const sink = scripted("back");
  const next = delivery({ spoolDir: directory, sink });
  expect(await next.flush(10_000)).toBe(true);
  expect(sink.taken.toSorted()).toEqual([...names(30), ...names(30, "later")].toSorted());
  expect(balanced(next)).toMatchObject({ recovered: 60, acked: 60, pending: 0 });
});

test("a delivery takes over what an earlier one of the same process left", async () => {
  const directory = temporary();
  const first = delivery({ spoolDir: directory });
  accept(first, names(3));
  await first.shutdown();
  const sink = scripted("up");
  const second = delivery({ spoolDir: directory, sink });
  accept(second, ["new"]);
  expect(await second.flush(10_000)).toBe(true);
  expect(sink.taken.toSorted()).toEqual(["new", ...names(3)]);
  expect(balanced(second)).toMatchObject({ accepted: 4, recovered: 3, acked: 4 });
  await second.shutdown();
  expect(readdirSync(directory)).toEqual([]);
});

test("two sinks: a trace is done when both have it, and none gets it twice", async () => {
  let failures = 2;
  const steady = scripted("steady");
  const flaky = scripted("flaky", () => (failures-- > 0 ? retry("Down") : SENT));
  const under = delivery({ sinks: [steady, flaky] });
  accept(under, names(5));
  expect(await under.flush(10_000)).toBe(true);
  expect(steady.taken.toSorted()).toEqual(names(5));
  expect(flaky.taken.toSorted()).toEqual(names(5));
  expect(balanced(under)).toMatchObject({ acked: 5, pending: 0 });
});

test.each<[string, unknown]>([
  ["an id with blanks", { traceId: "a b", json: "{}" }],
  ["no JSON text", { traceId: "a", json: { a: 1 } }],
  ["nothing", undefined],
])("accept never throws: %s", (_, record) => {
  const under = delivery({});
  expect(under.accept(record as { traceId: string; json: string })).toBe(false);
  expect(balanced(under).dropped).toEqual({ invalid: 1 });
});

test("flush and shutdown may be called again and together; afterwards traces are refused", async () => {
  const sink = scripted("up");
  const under = delivery({ sink });
  accept(under, names(3));
  await Promise.all([under.flush(), under.flush(), under.shutdown(), under.shutdown()]);
  await under.shutdown();
  expect(await under.flush()).toBe(true);
  expect(sink.taken).toEqual(names(3));
  expect(under.accept({ traceId: "late", json: "{}" })).toBe(false);
  expect(balanced(under)).toMatchObject({ acked: 3, dropped: { shutdown: 1 } });
});

test("listeners of the process are gone after shutdown", async () => {
  const before = [process.listenerCount("exit"), process.listenerCount("beforeExit")];
  const under = delivery({ sink: memorySink() });
  accept(under, names(1));
  await under.shutdown();
  expect([process.listenerCount("exit"), process.listenerCount("beforeExit")]).toEqual(before);
});

test("a user's fake timers neither stop delivery nor see it", async () => {
  const server = await faulty(["503"]);
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const under = delivery({ sqs: { url: server.url } });
  accept(under, names(12));
  expect(await under.flush(10_000)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  expect(idsIn(server.stored)).toEqual(names(12).toSorted());
});

test("sending happens outside the async context of the one who ended the trace", async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const sink = scripted("context", () => (seen.push(context.getStore()), SENT));
  const under = context.run("a user's request", () => {
    const made = delivery({ sink });
    accept(made, names(12));
    return made;
  });
  await context.run("another", () => under.flush(10_000));
  expect(new Set(seen)).toEqual(new Set([undefined]));
});

test.each([
  ["https://sqs.eu-west-1.amazonaws.com/1/q", undefined, undefined],
  ["https://sqs.cn-north-1.amazonaws.com.cn/1/q", undefined, undefined],
  ["https://sqs.eu-west-1.amazonaws.com/1/q", "http://127.0.0.1:1", "http://127.0.0.1:1"],
  ["http://127.0.0.1:4566/1/q", undefined, "http://127.0.0.1:4566"],
  ["https://amazonaws.com.example.org/1/q", undefined, "https://amazonaws.com.example.org"],
])("the endpoint for %s and %s is %s", (url, endpoint, expected) => {
  expect(endpointFor(url, endpoint)).toBe(expected);
});
