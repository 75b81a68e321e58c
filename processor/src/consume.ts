// A queue's messages in → each trace handed over once it is decoded, until the signal aborts.
// A message is deleted only after `onTrace` resolved for it; every other one stays for redelivery and the dead-letter queue.
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { decode, type WireTrace } from "llmops-observability/wire";

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

/** What SQS gives and deletes at most at a time. */
const BATCH_SIZE = 10;
/** After a failed poll: the first wait, doubled with each further failure up to the longest, in ms. */
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** Resolves when the signal aborts, at once or later. */
export async function consume(options: ConsumeOptions): Promise<void> {
  const { client = clientFor(options), signal, onError = writeError } = options;
  let failures = 0;
  try {
    while (!signal.aborted) {
      let messages: Message[];
      try {
        messages = await receive(client, options);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures++);
        await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
        continue;
      }
      const taken = await Promise.all(messages.map((message) => take(message, options, onError)));
      await remove(
        client,
        options.queueUrl,
        messages.filter((_, index) => taken[index]),
        onError,
      );
    }
  } finally {
    if (client instanceof SQSClient && client !== options.client) client.destroy();
  }
}

function clientFor({ queueUrl, region, endpoint }: ConsumeOptions): SQSClient {
  const { origin, hostname } = new URL(queueUrl);
  // The SDK derives the host from the region; an emulator's or a proxy's has to be told.
  const elsewhere = /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(hostname) ? undefined : origin;
  const at = endpoint ?? elsewhere;
  return new SQSClient({
    region: region ?? process.env["AWS_REGION"] ?? "us-east-1",
    ...(at === undefined ? {} : { endpoint: at }),
  });
}

async function receive(
  client: Pick<SQSClient, "send">,
  { queueUrl, waitSeconds = 20, signal }: ConsumeOptions,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: BATCH_SIZE,
    WaitTimeSeconds: waitSeconds,
  });
  const { Messages = [] } = await client.send(command, { abortSignal: signal });
  return Messages;
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

/** Not given the signal: what was taken has to be deleted, or it would be taken twice. */
async function remove(
  client: Pick<SQSClient, "send">,
  queueUrl: string,
  messages: readonly Message[],
  onError: (error: unknown, body?: string) => void,
): Promise<void> {
  if (messages.length === 0) return;
  const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
  try {
    const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
    const { Failed = [] } = await client.send(command);
    for (const { Id, Code, Message: why } of Failed) {
      onError(new Error(`Could not delete a message: ${why ?? Code}`), messages[Number(Id)]?.Body);
    }
  } catch (error) {
    for (const { Body } of messages) onError(error, Body);
  }
}

function writeError(error: unknown): void {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(`llmops-processor: ${what}\n`);
}
