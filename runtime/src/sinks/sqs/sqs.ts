// Entries → SendMessageBatch of the real SDK (imported at the first send) → an outcome for
// each. The SDK sends once: waiting, repeating and giving up are delivery's.

import { process } from "../../platform/node.ts";
import type { SQSClient, SQSClientConfig } from "@aws-sdk/client-sqs";
import type { Options } from "../../config/table.ts";
import { SDK_VERSION } from "../../platform/version.ts";
import { endpointFor, identityFor } from "./address.ts";
import type { HttpHandler } from "./request-handler.ts";
import { retry, type Entry, type Outcome, type Sink } from "../../sink.ts";
import { isAboutContent, outcomesOf, paceOf, reasonOf } from "./outcome.ts";

type Sdk = typeof import("@aws-sdk/client-sqs");
type SqsOptions = Options["sqs"];

export function sqsSink(url: string, options: SqsOptions): Sink {
  let closed = false;
  let client: SQSClient | undefined;
  let loading: Promise<Sdk> | undefined;

  async function load(): Promise<Sdk> {
    // Not before: node:http alone takes longer to load than all of the runtime.
    const [sdk, { httpHandler }] = await Promise.all([
      import("@aws-sdk/client-sqs"),
      import("./request-handler.ts"),
    ]);
    client = (options.client as SQSClient | undefined) ?? connect(sdk, url, options, httpHandler());
    return sdk;
  }

  async function send(entries: readonly Entry[]): Promise<readonly Outcome[]> {
    if (closed) return entries.map(() => retry("closed"));
    try {
      const sdk = await (loading ??= load());
      const command = new sdk.SendMessageBatchCommand({
        QueueUrl: url,
        Entries: entries.map((entry) => message(entry, url)),
      });
      return outcomesOf(entries, await client?.send(command));
    } catch (error) {
      if (client === undefined) loading = undefined;
      const reason = reasonOf(error);
      return isAboutContent(error)
        ? halves(entries, reason)
        : entries.map(() => retry(reason, paceOf(reason)));
    }
  }

  /** One bad message must neither hold up nor take along the others of its batch. */
  async function halves(entries: readonly Entry[], reason: string): Promise<readonly Outcome[]> {
    if (entries.length === 1) return [{ state: "rejected", reason }];
    const middle = Math.ceil(entries.length / 2);
    return [...(await send(entries.slice(0, middle))), ...(await send(entries.slice(middle)))];
  }

  return {
    name: "sqs",
    send,
    async warm() {
      await (loading ??= load()).catch(() => (loading = undefined));
    },
    close() {
      closed = true;
      if (options.client === undefined) client?.destroy();
    },
  };
}

function connect(sdk: Sdk, url: string, options: SqsOptions, handler: HttpHandler): SQSClient {
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

/** On Node 20 the SDK's first client writes on the program's stderr that the SDK will end its support. */
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
