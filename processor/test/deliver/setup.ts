// What the tests of delivery share: messages as SQS hands them to Lambda, and sinks that do as they
// are told.
import { randomUUID } from "node:crypto";
import { encode, type WireTrace } from "llmops-observability/wire";
import type { Entry, Failure, Outcome, SendOptions, Sink } from "llmops-processor";
import { span, trace } from "../setup.ts";

export interface SqsRecord {
  messageId: string;
  body: string;
}

export async function bodyOf(sent: WireTrace): Promise<string> {
  const [body = ""] = await encode(sent.trace_id, JSON.stringify(sent));
  return body;
}

export function record(body: string): SqsRecord {
  return { messageId: randomUUID(), body };
}

/** A record with a trace of one span. */
export async function recordOf(fields: Partial<WireTrace> = {}): Promise<SqsRecord> {
  return record(await bodyOf(trace({ spans: [span()], ...fields })));
}

export function failuresOf(answer: {
  batchItemFailures: readonly { itemIdentifier: string }[];
}): string[] {
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

type Send = (entries: readonly Entry[], options: SendOptions) => unknown;

export interface FakeSink extends Sink {
  /** How it answers from now on. */
  answer: Send;
  /** Each call of `send`, by trace ids. */
  readonly calls: string[][];
  /** Trace ids that it said to have, in order. */
  readonly taken: string[];
  readonly entries: Entry[];
}

export function fakeSink(name: string = "fake", fields: Partial<Sink> = {}): FakeSink {
  const sink: FakeSink = {
    name,
    ...fields,
    answer: (entries) => entries.map((): Outcome => ({ state: "sent" })),
    calls: [],
    taken: [],
    entries: [],
    async send(entries, options) {
      sink.calls.push(entries.map(({ traceId }) => traceId));
      sink.entries.push(...entries);
      const outcomes = await sink.answer(entries, options);
      for (const [at, outcome] of (outcomes as Outcome[]).entries())
        if (outcome.state === "sent") sink.taken.push(entries[at]?.traceId ?? "");
      return outcomes as Outcome[];
    },
  };
  return sink;
}

/** Answers all entries with one outcome. */
export const always =
  (outcome: Outcome): Send =>
  (entries) =>
    entries.map(() => outcome);

/** `onError`, and what it heard. */
export function listening(): { onError: (failure: Failure) => void; heard: Failure[] } {
  const heard: Failure[] = [];
  return { onError: (failure) => void heard.push(failure), heard };
}
