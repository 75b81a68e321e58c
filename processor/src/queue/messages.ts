// A queue's URL → its messages, taken, held and deleted ten at a time.
// Invariant: a message that SQS would not delete is reported with its body; the SDK is loaded when
// it is used.
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { endpointFor, identityFor } from "../from-runtime.ts";

/** What SQS gives and deletes at most at a time. */
const BATCH_SIZE = 10;

export interface Queue {
  url: string;
  client: Pick<SQSClient, "send">;
}

interface Address {
  queueUrl: string;
  region?: string;
  endpoint?: string;
}

/** Loaded by the first call: importing the package does not take what the SDK takes. */
const load = (): Promise<typeof import("@aws-sdk/client-sqs")> => import("@aws-sdk/client-sqs");

export async function clientFor({ queueUrl, region, endpoint }: Address): Promise<SQSClient> {
  const sdk = await load();
  const at = endpointFor(queueUrl, endpoint);
  return new sdk.SQSClient({
    region: region ?? process.env["AWS_REGION"] ?? "us-east-1",
    ...identityFor(at ?? queueUrl, undefined, process.env),
    ...(at === undefined ? {} : { endpoint: at }),
  });
}

export async function receive(
  queue: Queue,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const sdk = await load();
  const command = new sdk.ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: BATCH_SIZE,
    WaitTimeSeconds: waitSeconds,
  });
  const { Messages = [] } = await queue.client.send(command, { abortSignal: signal });
  return Messages;
}

/** Takes no signal: what was consumed has to be deleted, or it would be consumed twice. */
export async function remove(
  queue: Queue,
  messages: readonly Message[],
  onError: (error: unknown, body?: string) => void,
): Promise<void> {
  if (messages.length === 0) return;
  const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
  try {
    const sdk = await load();
    const command = new sdk.DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries: entries });
    const { Failed = [] } = await queue.client.send(command);
    for (const { Id, Code, Message: why } of Failed) {
      onError(new Error(`Could not delete a message: ${why ?? Code}`), messages[Number(Id)]?.Body);
    }
  } catch (error) {
    for (const { Body } of messages) onError(error, Body);
  }
}

/** What SQS hides a message for where nobody said otherwise, in seconds (2026). */
const DEFAULT_VISIBILITY_SECONDS = 30;

/** How long the queue hides a message from others, in seconds. */
export async function visibilityOf(queue: Queue): Promise<number> {
  const sdk = await load();
  try {
    const { Attributes } = await queue.client.send(
      new sdk.GetQueueAttributesCommand({
        QueueUrl: queue.url,
        AttributeNames: ["VisibilityTimeout"],
      }),
    );
    return Number(Attributes?.["VisibilityTimeout"] ?? DEFAULT_VISIBILITY_SECONDS);
  } catch {
    return DEFAULT_VISIBILITY_SECONDS;
  }
}

/**
 * Hides messages from others for as long as `work` takes: else one that takes its time would be
 * done twice.
 */
export async function holding<T>(
  queue: Queue,
  messages: readonly Message[],
  visibilitySeconds: number,
  work: Promise<T>,
): Promise<T> {
  const halfMs = visibilitySeconds * 500;
  if (!(halfMs > 0) || messages.length === 0) return work;
  const timer = setInterval(() => void extend(queue, messages, visibilitySeconds), halfMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

async function extend(queue: Queue, messages: readonly Message[], seconds: number): Promise<void> {
  const entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: `${index}`,
    ReceiptHandle,
    VisibilityTimeout: seconds,
  }));
  try {
    const sdk = await load();
    await queue.client.send(
      new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries: entries }),
    );
  } catch {
    // Then it may come to another consumer, which finds it marked.
  }
}
