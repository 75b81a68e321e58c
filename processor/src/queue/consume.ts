// A queue's messages → each trace handed over, to sinks or to the program, until the signal aborts.
// Invariant: a message is deleted only after every sink has it, and `onTrace` resolved for it.
// Every other one stays, for redelivery and the dead-letter queue.
import { setTimeout as sleep } from "node:timers/promises";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { decode, type WireTrace } from "llmops-observability/wire";
import { type ProcessorOptions, settingsOf } from "../config/settings.ts";
import { Processor } from "../deliver/processor.ts";
import type { Failure } from "../failure.ts";
import { clientFor, holding, receive, remove, visibilityOf, type Queue } from "./messages.ts";

/** What `consume` takes: the queue, and all that a handler takes. */
export interface ConsumeOptions extends Omit<ProcessorOptions, "onError"> {
  /** Of the queue that is read. */
  queueUrl: string;
  /** Of the queue. @default AWS_REGION, else "us-east-1" */
  region?: string;
  /** Where the queue's API is. @default the queue URL's own origin, unless that is Amazon's */
  endpoint?: string;
  /** A client of your own: `region` and `endpoint` are not used then, and it is not closed. */
  client?: Pick<SQSClient, "send">;
  /** Aborting it ends the consumer, after the messages in hand are dealt with. */
  signal: AbortSignal;
  /**
   * Longest wait of one poll, in seconds (0–20). Lower = more requests, which are billed. @default
   * 20
   */
  waitSeconds?: number;
  /**
   * Takes one trace and the raw message body that it came in, each time that it comes. Rejecting
   * leaves the message on the queue. With it, and no `sinks`, the sinks that the environment names
   * are not used.
   */
  onTrace?: (trace: WireTrace, body: string) => void | Promise<void>;
  /**
   * Hears of what went wrong: of a `Failure`, where sinks are used. With a `body`: that message was
   * no trace, or `onTrace` failed for it, or it could not be deleted. Without: a poll failed, and
   * is repeated. What it throws itself ends the consumer, but for a `Failure`. @default writes to
   * stderr
   */
  onError?: (error: unknown, body?: string) => void;
}

/**
 * After a failed poll: the first wait, doubled with each further failure up to the longest, in ms.
 */
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/**
 * Resolves when the signal aborts, at once or later, after what is in hand is dealt with.
 * @throws {ConfigError} LLMOPS4007, where there is neither `onTrace` nor a sink
 */
export async function consume(options: ConsumeOptions): Promise<void> {
  const { queueUrl: url, client } = options;
  const processor = processorFor(options);
  if (client !== undefined) return consumeFrom({ url, client }, options, processor);
  const own = await clientFor(options);
  try {
    await consumeFrom({ url, client: own }, options, processor);
  } finally {
    own.destroy();
  }
}

function processorFor(options: ConsumeOptions): Processor | undefined {
  const { sinks, onTrace, onError } = options;
  if (onTrace !== undefined && sinks === undefined) return undefined;
  const { onError: _polls, ...rest } = options;
  return new Processor(
    settingsOf({
      ...rest,
      ...(onError !== undefined && { onError: (failure: Failure) => onError(failure) }),
    }),
  );
}

async function consumeFrom(
  queue: Queue,
  options: ConsumeOptions,
  processor: Processor | undefined,
): Promise<void> {
  const { waitSeconds = 20, signal, onError = writeError } = options;
  let visibility: number | undefined;
  let failures = 0;
  while (!signal.aborted) {
    let messages: Message[];
    try {
      messages = await receive(queue, waitSeconds, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures++);
      await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      continue;
    }
    if (messages.length === 0) continue;
    visibility ??= await visibilityOf(queue);
    const work = Promise.all([handOver(messages, options, onError), deliver(messages, processor)]);
    const [handed, delivered] = await holding(queue, messages, visibility, work);
    const done = messages.filter((message) => handed.has(message) && delivered.has(message));
    await remove(queue, done, onError);
  }
}

/** @returns those that are done with */
async function handOver(
  messages: readonly Message[],
  { onTrace }: ConsumeOptions,
  onError: (error: unknown, body: string) => void,
): Promise<ReadonlySet<Message>> {
  if (onTrace === undefined) return new Set(messages);
  const taken = await Promise.all(
    messages.map(async ({ Body: body = "" }) => {
      try {
        await onTrace(decode(body), body);
        return true;
      } catch (error) {
        onError(error, body);
        return false;
      }
    }),
  );
  return new Set(messages.filter((_, index) => taken[index]));
}

/** @returns those that every sink has */
async function deliver(
  messages: readonly Message[],
  processor: Processor | undefined,
): Promise<ReadonlySet<Message>> {
  if (processor === undefined) return new Set(messages);
  const incoming = new Map(
    messages.map((message) => [
      { messageId: message.MessageId ?? "", body: message.Body ?? "" },
      message,
    ]),
  );
  const again = await processor.take([...incoming.keys()], undefined);
  return new Set([...incoming].flatMap(([one, message]) => (again.has(one) ? [] : [message])));
}

function writeError(error: unknown): void {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(`llmops-processor: ${what}\n`);
}
