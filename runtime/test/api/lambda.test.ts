import { setTimeout as sleep } from "node:timers/promises";
import { configure, type Entry, flush, stats, withLambda, withTrace } from "llmops-observability";
import { beforeEach, expect, test } from "vitest";
import { SENT } from "../../src/sink.ts";
import { temporary } from "../delivery/setup.ts";

let sent: string[] = [];
let answer: () => Promise<void>;

beforeEach(() => {
  sent = [];
  answer = () => sleep(20);
  configure({
    spoolDir: temporary(),
    sink: {
      name: "slow",
      async send(entries: readonly Entry[]) {
        await answer();
        sent.push(...entries.map(({ traceId }) => traceId));
        return entries.map(() => SENT);
      },
    },
    sqs: { batchTimeoutMs: 5000, shutdownTimeoutMs: 5000 },
  });
});

type Handler = (event: object, context: object) => Promise<unknown>;
const context = { getRemainingTimeInMillis: () => 60_000 };

test("traces are sent before a handler's result is, whether it succeeds or fails", async () => {
  const handler = withLambda<(event: number, context: object) => Promise<number>>((event) =>
    withTrace("ok", async () => event + 1),
  );
  expect(await handler(1, context)).toBe(2);
  expect(sent).toHaveLength(1);
  const failing = withLambda<Handler>(() =>
    withTrace("bad", () => Promise.reject(new RangeError("the app's own"))),
  );
  await expect(failing({}, context)).rejects.toThrow(new RangeError("the app's own"));
  expect(sent).toHaveLength(2);
  expect(stats()).toMatchObject({ accepted: 2, acked: 2, pending: 0, dropped: {} });
});

test("a handler with a callback is answered after the traces are sent", async () => {
  type Callback = (error: Error | null, result?: string) => void;
  const handler = withLambda((_: object, _context: object, callback: Callback) => {
    withTrace("callback", () => {});
    callback(null, "result");
  });
  const answered = await new Promise<unknown[]>((done) => {
    handler({}, context, (...results) => done([...results, sent.length]));
  });
  expect(answered).toEqual([null, "result", 1]);
});

test("a streaming handler's context comes third", async () => {
  type Streaming = (event: object, stream: string[], context: object) => Promise<void>;
  const handler = withLambda<Streaming>(async (_, stream) => {
    stream.push("chunk");
    withTrace("streaming", () => {});
  });
  const stream: string[] = [];
  await handler({}, stream, context);
  expect([stream, sent.length]).toEqual([["chunk"], 1]);
});

test("no invocation is kept past its time: what is left is safe in the spool", async () => {
  // Waiting longer than the invocation has, this test would not end.
  configure({ sqs: { shutdownTimeoutMs: 600_000 } });
  answer = () => sleep(600_000, undefined, { ref: false });
  const handler = withLambda<Handler>(async () => {
    withTrace("late", () => {});
    return "result";
  });
  expect(await handler({}, { getRemainingTimeInMillis: () => 250 })).toBe("result");
  expect(sent).toEqual([]);
  expect(stats()).toMatchObject({ pending: 1, volatile: 0 });
});

test("what handlers return and throw synchronously, and what they are, stays theirs", async () => {
  const kind = Symbol.for("aws.lambda.runtime.handler.streaming");
  const original = Object.assign(
    function named(this: unknown, event: number) {
      withTrace("sync", () => {});
      if (event < 0) throw new Error("the app's own");
      return this === "self" ? event : undefined;
    },
    { [kind]: "response" },
  );
  const handler = withLambda(original);
  expect([handler.name, handler.length, handler[kind]]).toEqual(["named", 1, "response"]);
  expect(handler.call("self", 7)).toBe(7);
  expect(() => handler(-1)).toThrow("the app's own");
  expect(await flush(5000)).toBe(true);
  expect(sent).toHaveLength(2);
});
