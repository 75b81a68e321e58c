// Entries → one SendMessageBatch → the queue's reply. The SDK sends the first batch, and so finds
// where, as whom and in what form; we repeat its request. A client of the program's own sends all.
// Invariant: whatever is no plain success is read by the SDK, and rejects as the SDK does.
import type { IncomingMessage } from "node:http";
import type {
  SendMessageBatchCommandInput,
  SendMessageBatchCommandOutput,
  SQSClient,
  SQSClientConfig,
} from "@aws-sdk/client-sqs";
import type { Options } from "../../config/options.ts";
import { process } from "../../platform/node.ts";
import { SDK_VERSION } from "../../platform/version.ts";
import type { Entry } from "../../sink.ts";
import { createAgents, textOf } from "../http/exchange.ts";
import { endpointFor, identityFor } from "./address.ts";
import { repetitionOf, type Repeat } from "./repetition.ts";
import { httpHandler, type HttpHandler, responseOf } from "./request-handler.ts";

type Sdk = typeof import("@aws-sdk/client-sqs");
type SqsOptions = Options["sqs"];
/** What the queue says of each entry. */
export type Reply = Pick<SendMessageBatchCommandOutput, "Successful" | "Failed">;

export interface Connection {
  sendBatch(entries: readonly Entry[]): Promise<Reply>;
  close(): void;
}

export async function connect(sdk: Sdk, url: string, options: SqsOptions): Promise<Connection> {
  const input = (entries: readonly Entry[]): SendMessageBatchCommandInput => ({
    QueueUrl: url,
    Entries: entries.map((entry) => message(entry, url)),
  });
  const theirs = options.client as SQSClient | undefined;
  if (theirs !== undefined) {
    const sendBatch = (entries: readonly Entry[]): Promise<Reply> =>
      theirs.send(new sdk.SendMessageBatchCommand(input(entries)));
    return { sendBatch, close: () => undefined };
  }
  const agents = await createAgents();
  const client = clientOf(sdk, url, options, httpHandler(agents));
  let repeat: Repeat | undefined;

  /** @param answer the queue's, which the SDK is to read as any other */
  async function bySdk(
    batch: SendMessageBatchCommandInput,
    answer?: IncomingMessage,
  ): Promise<Reply> {
    let sent: unknown;
    const command = new sdk.SendMessageBatchCommand(batch);
    command.middlewareStack.add(
      (next) => (signed) => {
        if (answer !== undefined) return Promise.resolve({ response: responseOf(answer) });
        sent = signed.request;
        return next(signed);
      },
      // The last one before the request handler.
      { step: "deserialize", priority: "low", name: "llmopsRequest" },
    );
    const reply = await client.send(command);
    repeat ??= repetitionOf(client, sent, agents);
    return reply;
  }

  return {
    async sendBatch(entries) {
      const batch = input(entries);
      if (repeat === undefined) return bySdk(batch);
      const answer = await repeat(JSON.stringify(batch));
      return answer.statusCode === 200
        ? (JSON.parse(await textOf(answer)) as Reply)
        : bySdk(batch, answer);
    },
    close: () => client.destroy(),
  };
}

function clientOf(sdk: Sdk, url: string, options: SqsOptions, handler: HttpHandler): SQSClient {
  const endpoint = endpointFor(url, options.endpoint);
  const settings: SQSClientConfig = {
    region: options.region,
    ...identityFor(endpoint ?? url, options.profile, process.env),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Retrying is delivery's: the SDK's own gives up after three attempts and knows no disk.
    maxAttempts: 1,
    // Checked here per entry: the SDK throws one error for all and forgets what was stored.
    md5: false,
    requestHandler: handler,
  };
  return quietly(() => new sdk.SQSClient(settings));
}

const NO_WARNING = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/**
 * On Node 20 the SDK's first client writes on the program's stderr that the SDK will end its
 * support.
 */
function quietly(connected: () => SQSClient): SQSClient {
  const before = process.env[NO_WARNING];
  process.env[NO_WARNING] = "true";
  try {
    return connected();
  } finally {
    if (before === undefined) delete process.env[NO_WARNING];
    else process.env[NO_WARNING] = before;
  }
}

function message(
  entry: Entry,
  url: string,
): Record<string, unknown> & { Id: string; MessageBody: string } {
  const { id, traceId, body, dropped } = entry;
  return {
    Id: id,
    MessageBody: body,
    MessageAttributes: {
      trace_id: text(traceId),
      sdk_version: text(SDK_VERSION),
      ...(entry.traceparent !== undefined && { traceparent: text(entry.traceparent) }),
      ...(dropped !== undefined && { llmops_dropped: text(JSON.stringify(dropped)) }),
    },
    ...(url.endsWith(".fifo") && {
      MessageGroupId: traceId,
      // Read for no other queue: it takes 15 µs for 7 KB.
      MessageDeduplicationId: `${traceId}-${entry.digest}`,
    }),
  };
}

function text(value: string): { DataType: string; StringValue: string } {
  return { DataType: "String", StringValue: value };
}
