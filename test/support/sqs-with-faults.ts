// SendMessageBatch over loopback → what was stored, with one fault per request: as scripted, as drawn by
// `chaos`, or `always`. Else every request succeeds; digests are right unless the fault says otherwise.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const FAULTS = [
  "503",
  "throttle",
  "kms",
  "kmsDenied",
  "partial",
  "refused",
  "empty",
  "html",
  "reset",
  "digest",
  "hang",
  "denied",
  "expired",
  "truncated",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultSqs {
  readonly url: string;
  /** Bodies in the order in which they were stored, duplicates included. */
  readonly stored: string[];
  /** Trace ids of each request, as asked. */
  readonly requests: string[][];
  /** The header of each request that says who asks. */
  readonly authorizations: string[];
  /** What was told of dropped traces, with messages that were stored. */
  readonly drops: string[];
  /** For each request without a script: which fault it meets. */
  chaos: (() => Fault | undefined) | undefined;
  /** A whole request is turned down for this trace. */
  refuses: string | undefined;
  close(): Promise<void>;
}

interface Wanted {
  Id: string;
  MessageBody: string;
  MessageAttributes: {
    trace_id: { StringValue: string };
    llmops_dropped?: { StringValue: string };
  };
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** `script` is consumed request by request; a fault given as `always` never ends. */
export async function startFaultSqs(script: Fault[] = [], always?: Fault): Promise<FaultSqs> {
  const sqs: FaultSqs = {
    url: "",
    stored: [],
    requests: [],
    authorizations: [],
    drops: [],
    chaos: undefined,
    refuses: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries: Wanted[] };
      sqs.requests.push(Entries.map(idOf));
      sqs.authorizations.push(request.headers.authorization ?? "");
      const refused = Entries.some((entry) => idOf(entry) === sqs.refuses);
      if (refused) return reply(response, 400, { __type: "InvalidMessageContents" });
      meet(script.shift() ?? sqs.chaos?.() ?? always, Entries, sqs, request, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return Object.assign(sqs, { url: `http://127.0.0.1:${port}/000000000000/traces` });
}

function idOf(entry: Wanted): string {
  return entry.MessageAttributes.trace_id.StringValue;
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function meet(
  fault: Fault | undefined,
  entries: Wanted[],
  sqs: FaultSqs,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const keep = (kept: Wanted[], digest: (body: string) => string = md5): object[] =>
    kept.map(({ Id, MessageBody, MessageAttributes: { llmops_dropped } }) => {
      sqs.stored.push(MessageBody);
      if (llmops_dropped !== undefined) sqs.drops.push(llmops_dropped.StringValue);
      return { Id, MessageId: Id, MD5OfMessageBody: digest(MessageBody) };
    });
  const fail = (failed: Wanted[], Code: string, SenderFault: boolean): object[] =>
    failed.map(({ Id }) => ({ Id, Code, SenderFault }));
  switch (fault) {
    case undefined:
      return reply(response, 200, { Successful: keep(entries) });
    case "503":
      return reply(response, 503, { __type: "ServiceUnavailable" });
    case "throttle":
      return reply(response, 400, { __type: "com.amazonaws.sqs#RequestThrottled" });
    case "kms":
      return reply(response, 400, { __type: "com.amazonaws.sqs#KmsThrottled" });
    case "kmsDenied":
      return reply(response, 200, { Failed: fail(entries, "KMS.AccessDeniedException", true) });
    case "denied":
      return reply(response, 403, { __type: "AccessDeniedException" });
    case "expired":
      return reply(response, 403, { __type: "ExpiredTokenException" });
    case "partial":
      return reply(response, 200, {
        Successful: keep(entries.slice(1)),
        Failed: fail(entries.slice(0, 1), "InternalError", false),
      });
    case "refused":
      return reply(response, 200, { Failed: fail(entries, "InvalidMessageContents", true) });
    case "empty":
      return reply(response, 200, {});
    case "html":
      return reply(response, 200, "<html>a captive portal</html>");
    case "digest":
      // Of the first alone: the others of the batch were stored well.
      return reply(response, 200, {
        Successful: [
          ...keep(entries.slice(0, 1), () => md5("something else")),
          ...keep(entries.slice(1)),
        ],
      });
    case "reset":
      keep(entries);
      request.socket.resetAndDestroy();
      return undefined;
    case "truncated":
      // Stored, but the reply ends before it is complete.
      response.writeHead(200, { "content-length": 1000 });
      response.write(JSON.stringify({ Successful: keep(entries) }).slice(0, 20));
      setTimeout(() => request.socket.destroy(), 5);
      return undefined;
    case "hang":
      return undefined;
  }
}
