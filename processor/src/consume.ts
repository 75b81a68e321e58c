// A queue's messages → each trace handed over once it is decoded, until the signal aborts.
// Invariant: a message is deleted only after `onTrace` resolved for it. Every other one stays, for redelivery
// and the dead-letter queue.
import { setTimeout as sleep } from "node:timers/promises";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { decode, type WireTrace } from "llmops-observability/wire";
import { clientFor, receive, remove, type Queue } from "./receive.ts";

export interface ConsumeOptions {
  queueUrl: string;
  /** @default AWS_REGION, else "us-east-1" */
  region?: string;
  /** Where the queue's API is. @default the queue URL's own origin, unless that is Amazon's */
  endpoint?: string;
  /** A client of your own: `region` and `endpoint` are not used then, and it is not closed. */
  client?: Pick<SQSClient, "send">;
  /** Aborting it ends the consumer, after the messages in hand are dealt with. */
  signal: AbortSignal;
  /** Longest wait of one poll, in seconds (0–20). Lower = more requests, which are billed. @default 20 */
  waitSeconds?: number;
  /** Takes one trace and the raw message body that it came in. Rejecting leaves the message on the queue. */
  onTrace: (trace: WireTrace, body: string) => void | Promise<void>;
  /**
   * Hears of what went wrong. With a `body`: that message was no trace, or `onTrace` failed for it, or it could not be
   * deleted. Without: a poll failed, and is repeated. What it throws itself ends the consumer. @default writes to stderr
   */
  onError?: (error: unknown, body?: string) => void;
}

/** After a failed poll: the first wait, doubled with each further failure up to the longest, in ms. */
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** Resolves when the signal aborts, at once or later. */
export async function consume(options: ConsumeOptions): Promise<void> {
  const { queueUrl: url, client } = options;
  if (client !== undefined) return consumeFrom({ url, client }, options);
  const own = clientFor(options);
  try {
    await consumeFrom({ url, client: own }, options);
  } finally {
    own.destroy();
  }
}

async function consumeFrom(queue: Queue, options: ConsumeOptions): Promise<void> {
  const { waitSeconds = 20, signal, onError = writeError } = options;
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
    const taken = await Promise.all(messages.map((message) => take(message, options, onError)));
    const done = messages.filter((_, index) => taken[index]);
    await remove(queue, done, onError);
  }
}

/** True when the message is done with and may be deleted. */
async function take(
  { Body: body = "" }: Message,
  { onTrace }: ConsumeOptions,
  onError: (error: unknown, body: string) => void,
): Promise<boolean> {
  try {
    await onTrace(decode(body), body);
    return true;
  } catch (error) {
    onError(error, body);
    return false;
  }
}

function writeError(error: unknown): void {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(`llmops-processor: ${what}\n`);
}
