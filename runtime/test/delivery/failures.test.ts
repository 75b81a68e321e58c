import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { waitingIn } from "./waiting.ts";
import { retry, SENT, type Outcome, type Sink } from "../../src/sink.ts";
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
import type { Fault } from "../../../test/support/sqs-with-faults.ts";

/** The SDK sends the first request; its request is repeated afterwards. */
describe.each([
  ["the SDK's request", 0],
  ["one repeated", 1],
])("%s", (_, before) => {
  test.each<[Fault, number, number]>([
    ["503", 10, 0],
    ["throttle", 10, 0],
    ["empty", 10, 0],
    ["html", 10, 0],
    ["partial", 1, 0],
    ["digest", 1, 1],
    ["reset", 10, 10],
    ["kms", 10, 0],
    ["expired", 10, 0],
    ["truncated", 10, 10],
  ])("%s: nothing is lost, %i of 10 are sent again, %i twice", async (fault, again, twice) => {
    const script: Fault[] = [];
    const server = await faulty(script);
    const under = delivery({ sqs: { url: server.url } });
    const first = names(before, "before");
    accept(under, first);
    expect(await under.flush(20_000)).toBe(true);
    script.push(fault);
    accept(under, names(10));
    expect(await under.flush(20_000)).toBe(true);
    const arrived = idsIn(server.stored);
    expect([...new Set(arrived)]).toEqual([...first, ...names(10)].toSorted());
    expect(arrived).toHaveLength(before + 10 + twice);
    expect(server.requests.slice(before).map(({ length }) => length)).toEqual([10, again]);
    expect(balanced(under)).toMatchObject({ acked: before + 10, pending: 0, dropped: {} });
  });
});

test("what the queue refuses for good is tried twice, then dropped and counted", async () => {
  const server = await faulty([], "refused");
  const directory = temporary();
  const under = delivery({ spoolDir: directory, sqs: { url: server.url } });
  accept(under, names(3));
  expect(await under.flush(20_000)).toBe(true);
  expect(server.requests).toHaveLength(2);
  expect(balanced(under)).toMatchObject({ acked: 0, dropped: { rejected: 3 } });
  expect(unsent(directory)).toEqual([]);
});

test("a queue that refuses access keeps everything", async () => {
  const server = await faulty([], "denied");
  const directory = temporary();
  const under = delivery({ spoolDir: directory, sqs: { url: server.url } });
  accept(under, names(3));
  expect(await under.flush(300)).toBe(false);
  await under.shutdown();
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 3, dropped: {} });
  expect(unsent(directory)).toEqual(names(3));
});

test("an entry that may not be encrypted is kept, although it counts as the sender's fault", async () => {
  const server = await faulty([], "kmsDenied");
  const directory = temporary();
  const under = delivery({ spoolDir: directory, sqs: { url: server.url } });
  accept(under, names(3));
  expect(await under.flush(300)).toBe(false);
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 3, dropped: {} });
});

test("one message that SQS turns down neither holds up nor takes along the others, and a copy is kept", async () => {
  const server = await faulty([]);
  server.refuses = "t-3";
  const directory = temporary();
  const under = delivery({ spoolDir: directory, sqs: { url: server.url } });
  accept(under, names(10));
  expect(await under.flush(20_000)).toBe(true);
  const others = names(10).filter((name) => name !== "t-3");
  expect(idsIn(server.stored)).toEqual(others);
  expect(balanced(under)).toMatchObject({ acked: 9, pending: 0, dropped: { rejected: 1 } });
  expect(waitingIn(join(directory, "dead"))).toEqual([{ traceId: "t-3", json: json("t-3") }]);
  expect(unsent(directory)).toEqual([]);
});

test("while single entries are refused for the moment, the others go on at full speed", async () => {
  const tries: string[] = [];
  const sink = scripted("picky", ({ traceId }) => {
    tries.push(traceId);
    return traceId === "t-0" ? retry("Throttled", "throttled") : SENT;
  });
  const under = delivery({ sink });
  accept(under, names(100));
  await expect.poll(() => sink.taken.length).toBe(99);
  expect(tries.filter((traceId) => traceId === "t-0")).toHaveLength(1);
  expect(balanced(under)).toMatchObject({ acked: 99, pending: 1 });
});

test("after an outage new traces do not wait for the backlog, and the backlog not for them", async () => {
  let up = false;
  const order: string[] = [];
  const sink: Sink = {
    name: "back",
    async send(entries) {
      if (!up) return entries.map(() => retry("Down"));
      await new Promise((done) => setTimeout(done, 10));
      for (const { traceId } of entries) order.push(traceId);
      return entries.map(() => SENT);
    },
  };
  const under = delivery({ sink });
  accept(under, names(300, "old"));
  await expect.poll(() => under.stats().memoryBytes).toBe(0);
  accept(under, names(50, "older"));
  expect(under.stats().memoryBytes).toBe(0);
  up = true;
  const flushed = under.flush(20_000);
  await expect.poll(() => order.length).toBeGreaterThan(10);
  accept(under, names(100, "new"));
  expect(await flushed).toBe(true);
  const lastNew = order.findLastIndex((traceId) => traceId.startsWith("new"));
  const oldAfterwards = order.slice(lastNew).filter((traceId) => traceId.startsWith("old"));
  const firstNew = order.findIndex((traceId) => traceId.startsWith("new"));
  const oldMeanwhile = order
    .slice(firstNew, lastNew)
    .filter((traceId) => traceId.startsWith("old"));
  expect(oldAfterwards.length).toBeGreaterThan(0);
  expect(oldMeanwhile.length).toBeGreaterThanOrEqual(10);
  expect(balanced(under)).toMatchObject({ acked: 450, pending: 0 });
});

test("drops are told with the next message that arrives, once", async () => {
  const server = await faulty(["503"]);
  const under = delivery({ sqs: { url: server.url } });
  under.accept({ traceId: "not an id", json: "{}" });
  accept(under, names(3));
  expect(await under.flush(20_000)).toBe(true);
  accept(under, ["later"]);
  expect(await under.flush(20_000)).toBe(true);
  expect(server.drops).toEqual(['{"invalid":1}']);
});

test("a sink that never answers holds up its own messages only", async () => {
  const under = delivery({ sink: { name: "silent", send: () => new Promise(() => {}) } });
  accept(under, names(3));
  expect(await under.flush(50)).toBe(false);
  await under.shutdown(50);
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 3 });
});

test("a directory that becomes usable later is used then", async () => {
  const base = temporary();
  const directory = join(base, "spool");
  writeFileSync(directory, "a file in its place");
  const under = delivery(
    { spoolDir: directory, sink: scripted("down", () => retry("Down")) },
    { scanMs: 20 },
  );
  accept(under, names(3));
  expect(balanced(under)).toMatchObject({ pending: 3, volatile: 3 });
  rmSync(directory);
  await expect.poll(() => under.stats().volatile).toBe(0);
  expect(unsent(directory)).toEqual(names(3));
});

test("at most four requests are in flight, and one while the destination fails", async () => {
  let up = true;
  let inFlight = 0;
  let most = 0;
  const sink: Sink = {
    name: "counting",
    async send(entries) {
      most = Math.max(most, ++inFlight);
      await new Promise((done) => setTimeout(done, 5));
      inFlight--;
      return entries.map(() => (up ? SENT : retry("Down")));
    },
  };
  const under = delivery({ sink });
  accept(under, names(200));
  expect(await under.flush(10_000)).toBe(true);
  expect(most).toBe(4);
  up = false;
  accept(under, names(200));
  expect(await under.flush(50)).toBe(false);
  most = 0;
  // Each flush asks once more, whatever the pause.
  for (let round = 0; round < 5; round++) await under.flush(50);
  expect(most).toBe(1);
});

test.each<[string, Sink["send"]]>([
  ["rejects", () => Promise.reject(new Error("broken"))],
  [
    "throws",
    () => {
      throw new Error("broken");
    },
  ],
  ["answers nonsense", () => Promise.resolve(undefined as unknown as Outcome[])],
  ["answers too little", () => Promise.resolve([])],
])("a sink of the user's that %s harms nobody", async (_, send) => {
  const under = delivery({ sink: { name: "broken", send } });
  accept(under, names(3));
  expect(await under.flush(50)).toBe(false);
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 3 });
});
