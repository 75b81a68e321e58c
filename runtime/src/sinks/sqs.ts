// Entries → SendMessageBatch of the real SDK (imported at the first send) → an outcome for
// each. Sent is only what `Successful` names with the right digest; whatever stands in
// neither list, or fell with the whole request, is to be sent again.

import { createHash } from "node:crypto";
import type { SendMessageBatchCommandOutput, SQSClient } from "@aws-sdk/client-sqs";
import type { Options } from "../option-table.ts";
import { SDK_VERSION } from "../version.ts";
import { httpHandler } from "./http.ts";
import { retry, SENT, type Entry, type Outcome, type Sink } from "./sink.ts";

type Sdk = typeof import("@aws-sdk/client-sqs");
type SqsOptions = Options["sqs"];

/** Digests below are identities, not security; SQS itself answers with MD5. */
const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

export function sqsSink(url: string, options: SqsOptions): Sink {
  let closed = false;
  let client: SQSClient | undefined;
  let loading: Promise<Sdk> | undefined;

  async function load(): Promise<Sdk> {
    const sdk = await import("@aws-sdk/client-sqs");
    client = (options.client as SQSClient | undefined) ?? connect(sdk, url, options);
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
      const reply = await client?.send(command);
      return outcomes(entries, reply);
    } catch (error) {
      if (client === undefined) loading = undefined;
      const reason = reasonOf(error);
      return reason.includes("BatchRequestTooLong")
        ? halves(entries, reason)
        : entries.map(() => retry(reason));
    }
  }

  async function halves(entries: readonly Entry[], reason: string): Promise<readonly Outcome[]> {
    if (entries.length === 1) return [{ state: "rejected", reason }];
    const middle = Math.ceil(entries.length / 2);
    return [...(await send(entries.slice(0, middle))), ...(await send(entries.slice(middle)))];
  }

  return {
    name: "sqs",
    send,
    close() {
      closed = true;
      if (options.client === undefined) client?.destroy();
    },
  };
}

function connect(sdk: Sdk, url: string, options: SqsOptions): SQSClient {
  const endpoint = endpointFor(url, options.endpoint);
  return new sdk.SQSClient({
    region: options.region,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Retrying is delivery's: the SDK's own gives up after three attempts and knows no disk.
    maxAttempts: 1,
    // Checked here per entry: the SDK throws one error for all and forgets what was stored.
    md5: false,
    requestHandler: httpHandler(),
  });
}

/** The SDK follows the queue URL's host only where `endpoint` is not given, and warns then. */
export function endpointFor(url: string, endpoint: string | undefined): string | undefined {
  if (endpoint !== undefined) return endpoint;
  const { hostname, origin } = new URL(url);
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(hostname) ? undefined : origin;
}

function message(
  entry: Entry,
  url: string,
): Record<string, unknown> & { Id: string; MessageBody: string } {
  const fifo = url.endsWith(".fifo");
  return {
    Id: entry.id,
    MessageBody: entry.body,
    MessageAttributes: {
      trace_id: { DataType: "String", StringValue: entry.traceId },
      sdk_version: { DataType: "String", StringValue: SDK_VERSION },
    },
    ...(fifo && {
      MessageGroupId: entry.traceId,
      MessageDeduplicationId: `${entry.traceId}-${digest(entry.body)}`,
    }),
  };
}

function digest(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}

function outcomes(
  entries: readonly Entry[],
  reply: SendMessageBatchCommandOutput | undefined,
): readonly Outcome[] {
  const stored = new Map(reply?.Successful?.map((one) => [one.Id, one.MD5OfMessageBody]));
  const failed = new Map(reply?.Failed?.map((one) => [one.Id, one]));
  return entries.map((entry) => {
    if (stored.has(entry.id)) {
      return intact(entry.body, stored.get(entry.id)) ? SENT : retry("WrongDigest");
    }
    const failure = failed.get(entry.id);
    const reason = failure?.Code ?? "NotInReply";
    return failure?.SenderFault === true && !/throttl/i.test(reason)
      ? { state: "rejected", reason }
      : retry(reason);
  });
}

function intact(body: string, theirs: string | undefined): boolean {
  try {
    return theirs === undefined || theirs === md5(body);
  } catch {
    return true; // no MD5 in this build of OpenSSL (FIPS)
  }
}

/** A short word for counting: the service's code, the system's, or the error's name. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "Error";
  const { code } = error as { code?: unknown };
  return typeof code === "string" && error.name === "Error" ? code : error.name;
}
