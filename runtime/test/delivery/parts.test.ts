// Traces in several messages, over the real client and a server that fails as told: each part arrives, and what arrived is not sent again.
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { join } from "../../src/wire/message.ts";
import { type Entry, type Outcome, SENT, type Sink } from "../../src/sink.ts";
import { delivery } from "./setup.ts";
import { span, textOf, trace } from "../wire/trace.ts";

const noisy = trace(
  Array.from({ length: 400 }, (_, at) =>
    span(at + 1, { output_data: { output: randomBytes(600).toString("hex") } }),
  ),
);
const record = { traceId: noisy.trace_id, json: textOf(noisy) };

/** Takes each message with the outcome that `answer` gives it. */
function sinkOf(answer: (entry: Entry, attempt: number) => Outcome): Sink & {
  readonly taken: Entry[];
  readonly attempts: Map<string, number>;
} {
  const taken: Entry[] = [];
  const attempts = new Map<string, number>();
  return {
    name: "parts",
    taken,
    attempts,
    send: (entries) =>
      Promise.resolve(
        entries.map((entry) => {
          const attempt = (attempts.get(entry.id) ?? 0) + 1;
          attempts.set(entry.id, attempt);
          const outcome = answer(entry, attempt);
          if (outcome.state === "sent") taken.push(entry);
          return outcome;
        }),
      ),
  };
}

test("a large trace goes out in parts, within the limits of messages and requests", async () => {
  const requests: (readonly Entry[])[] = [];
  const sink: Sink = {
    name: "requests",
    send(entries) {
      requests.push(entries);
      return Promise.resolve(entries.map(() => SENT));
    },
  };
  const made = delivery({ sink, limits: { message: 20_000 } });
  made.accept(record);
  expect(await made.flush(5_000)).toBe(true);
  const entries = requests.flat();
  expect(entries.length).toBeGreaterThan(15);
  for (const request of requests) {
    expect(request.length).toBeLessThanOrEqual(10);
    const bytes = request.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    expect(bytes).toBeLessThanOrEqual(256 * 1024);
  }
  for (const { body } of entries) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20_000);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  expect(new Set(entries.map(({ digest }) => digest)).size).toBe(entries.length);
  expect(join(entries.map(({ body }) => body))).toEqual([noisy]);
  expect(made.stats()).toMatchObject({ accepted: 1, acked: 1, pending: 0 });
});

test("only the parts that failed are sent again, and the trace counts once", async () => {
  const sink = sinkOf(({ id }, attempt) =>
    attempt === 1 && /-[246]$/.test(id) ? { state: "retry", reason: "Later" } : SENT,
  );
  const made = delivery({ sink, limits: { message: 20_000 } });
  made.accept(record);
  expect(await made.flush(10_000)).toBe(true);
  for (const [id, attempts] of sink.attempts) expect(attempts, id).toBe(/-[246]$/.test(id) ? 2 : 1);
  expect(join(sink.taken.map(({ body }) => body))).toEqual([noisy]);
  expect(made.stats()).toMatchObject({ accepted: 1, acked: 1, pending: 0, dropped: {} });
});

test("a part that is rejected drops its trace once, others go on", async () => {
  const sink = sinkOf(({ id, traceId }) =>
    traceId === noisy.trace_id && id.endsWith("-3")
      ? { state: "rejected", reason: "InvalidMessageContents" }
      : SENT,
  );
  const made = delivery({ sink, limits: { message: 20_000 } });
  made.accept(record);
  made.accept({ traceId: "other", json: textOf(trace([span(1)], { trace_id: "other" })) });
  await made.flush(10_000);
  expect(made.stats()).toMatchObject({ accepted: 2, acked: 1, pending: 0 });
  expect(made.stats().dropped).toEqual({ rejected: 1 });
});

test("the older event form: as many messages as events", async () => {
  const sink = sinkOf(() => SENT);
  const made = delivery({ sink, wire: "events" });
  const small = trace([span(1), span(2)]);
  made.accept({ traceId: small.trace_id, json: textOf(small) });
  expect(await made.flush(5_000)).toBe(true);
  expect(sink.taken.length).toBe(4);
  expect(join(sink.taken.map(({ body }) => body))).toEqual([small]);
});
