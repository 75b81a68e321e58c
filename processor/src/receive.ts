// A queue's URL → its messages, taken and deleted ten at a time.
// Invariant: a message that SQS would not delete is reported with its body.
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
// Compiled in: the runtime has it for itself alone.
import { endpointFor, identityFor } from "../../runtime/src/sinks/sqs/address.ts";

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

export function clientFor({ queueUrl, region, endpoint }: Address): SQSClient {
  const at = endpointFor(queueUrl, endpoint);
  return new SQSClient({
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
  const command = new ReceiveMessageCommand({
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
    const command = new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries: entries });
    const { Failed = [] } = await queue.client.send(command);
    for (const { Id, Code, Message: why } of Failed) {
      onError(new Error(`Could not delete a message: ${why ?? Code}`), messages[Number(Id)]?.Body);
    }
  } catch (error) {
    for (const { Body } of messages) onError(error, Body);
  }
}
