// AWS and the vendors on loopback: a queue with its dead-letter queue, a bucket, a table, and three
// servers that count what they took.
// Invariant: what a server refused, cut off or never answered does not count as taken.
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { buildApp } from "fauxqs";
import { otelTraceId } from "llmops-observability/otlp";
import type { Handler, Sink } from "llmops-processor";
import { datadogSink } from "llmops-processor/datadog";
import { langfuseSink } from "llmops-processor/langfuse";
import { newRelicSink } from "llmops-processor/new-relic";
import { s3Sink } from "llmops-processor/s3";
import { type LoopbackServer, startServer } from "../sinks/setup.ts";
import { type LocalTable, startTable } from "../stores/dynalite.ts";

const BUCKET = "traces";
const VENDORS = ["langfuse", "new-relic", "datadog"] as const;
export type Vendor = (typeof VENDORS)[number];

export interface World {
  readonly table: LocalTable;
  readonly endpoint: string;
  readonly servers: Readonly<Record<Vendor, LoopbackServer>>;
  /** Made anew: a cold start of the function. */
  sinks(layout?: "flat" | "partitioned"): readonly Sink[];
  send(body: string): Promise<void>;
  /**
   * Takes what is ready and hands it to the function until nothing is left but in the dead-letter
   * queue.
   */
  drain(invoke: Invoke): Promise<void>;
  /** One batch of the queue's. @returns how many messages */
  step(invoke: Invoke): Promise<number>;
  /** Bodies of the dead-letter queue. */
  dead(): Promise<readonly string[]>;
  /** How often each sink took each of the traces. */
  takenOf(traceIds: readonly string[]): Promise<Readonly<Record<string, readonly number[]>>>;
  keys(): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface Batch {
  readonly Records: { messageId: string; body: string }[];
}
type Invoke = (batch: Batch) => ReturnType<Handler>;

/** What AWS does to a message that failed that often. */
const MAX_RECEIVES = 10;

export async function startWorld(): Promise<World> {
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const sqs = new SQSClient({ region: "us-east-1", endpoint, credentials });
  const s3 = new S3Client({ region: "us-east-1", endpoint, credentials, forcePathStyle: true });
  const [table, langfuse, newRelic, datadog] = await Promise.all([
    startTable(),
    startServer(),
    startServer(),
    startServer(),
    s3.send(new CreateBucketCommand({ Bucket: BUCKET })),
    sqs.send(new CreateQueueCommand({ QueueName: "dead" })),
  ]);
  const urlOf = (name: string): string => `${endpoint}/000000000000/${name}`;
  const attributes = async (name: string): Promise<Readonly<Record<string, string>>> => {
    const command = new GetQueueAttributesCommand({
      QueueUrl: urlOf(name),
      AttributeNames: ["All"],
    });
    return (await sqs.send(command)).Attributes ?? {};
  };
  const { QueueArn: deadLetterTargetArn } = await attributes("dead");
  await sqs.send(
    new CreateQueueCommand({
      QueueName: "queue",
      Attributes: {
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES }),
      },
    }),
  );
  const receive = async (name: string): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({ QueueUrl: urlOf(name), MaxNumberOfMessages: 10 });
    return (await sqs.send(command)).Messages ?? [];
  };
  const servers = { langfuse, "new-relic": newRelic, datadog };
  const opened: Sink[] = [];

  const world: World = {
    table,
    endpoint,
    servers,
    sinks(layout = "partitioned") {
      const sinks = [
        s3Sink({ bucket: BUCKET, endpoint, layout }),
        langfuseSink({ publicKey: "pk", secretKey: "sk", baseUrl: langfuse.url }),
        newRelicSink({ licenseKey: "key", endpoint: newRelic.url }),
        datadogSink({ apiKey: "key", endpoint: datadog.url }),
      ];
      opened.push(...sinks);
      return sinks;
    },
    async send(MessageBody) {
      await sqs.send(new SendMessageCommand({ QueueUrl: urlOf("queue"), MessageBody }));
    },
    async step(invoke) {
      const messages = await receive("queue");
      if (messages.length === 0) return 0;
      const Records = messages.map(({ MessageId: messageId = "", Body: body = "" }) => ({
        messageId,
        body,
      }));
      const { batchItemFailures } = await invoke({ Records });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      await Promise.all(
        messages.map(({ MessageId = "", ReceiptHandle }) => {
          const address = { QueueUrl: urlOf("queue"), ReceiptHandle };
          // At once again, not after the visibility time-out: that is all that a test does not wait
          // for.
          return failed.has(MessageId)
            ? sqs.send(new ChangeMessageVisibilityCommand({ ...address, VisibilityTimeout: 0 }))
            : sqs.send(new DeleteMessageCommand(address));
        }),
      );
      return messages.length;
    },
    async drain(invoke) {
      for (;;) {
        if ((await world.step(invoke)) > 0) continue;
        const { ApproximateNumberOfMessages: ready, ApproximateNumberOfMessagesNotVisible: taken } =
          await attributes("queue");
        if (Number(ready) + Number(taken) === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async dead() {
      return (await receive("dead")).map(({ Body = "" }) => Body);
    },
    async keys() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      return Contents.map(({ Key = "" }) => Key);
    },
    async takenOf(traceIds) {
      const keys = await world.keys();
      const texts = VENDORS.map((name) => servers[name].received.map(({ text }) => text));
      return Object.fromEntries(
        traceIds.map((id) => [
          id,
          [
            keys.filter((key) => key.includes(id)).length,
            // A trace's root is in a request by its span id, once: others refer to it as their
            // parent.
            ...texts.map((some) => some.filter((text) => text.includes(otelTraceId(id))).length),
          ],
        ]),
      );
    },
    async close() {
      for (const sink of opened) sink.close?.();
      sqs.destroy();
      s3.destroy();
      await Promise.all([
        table.close(),
        app.close(),
        ...VENDORS.map((one) => servers[one].close()),
      ]);
    },
  };
  return world;
}
