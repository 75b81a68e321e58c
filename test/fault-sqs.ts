// SendMessageBatch over loopback → what was stored, with one fault per request as scripted.
// After the script every request succeeds; digests are right unless the fault says otherwise.

import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type Fault =
  | "503"
  | "throttle"
  | "partial"
  | "refused"
  | "empty"
  | "html"
  | "reset"
  | "digest"
  | "hang"
  | "denied";

export interface FaultSqs {
  readonly url: string;
  /** Bodies in the order in which they were stored, duplicates included. */
  readonly stored: string[];
  /** Trace ids of each request, as asked. */
  readonly requests: string[][];
  close(): Promise<void>;
}

interface Wanted {
  Id: string;
  MessageBody: string;
  MessageAttributes: { trace_id: { StringValue: string } };
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** `script` is consumed request by request; a fault given as `always` never ends. */
export async function startFaultSqs(script: Fault[] = [], always?: Fault): Promise<FaultSqs> {
  const stored: string[] = [];
  const requests: string[][] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries: Wanted[] };
      requests.push(Entries.map((entry) => entry.MessageAttributes.trace_id.StringValue));
      const fault = script.shift() ?? always;
      const reply = (status: number, body: unknown): void => {
        response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      };
      const keep = (entries: Wanted[], digest: (body: string) => string = md5): object[] =>
        entries.map(({ Id, MessageBody }) => {
          stored.push(MessageBody);
          return { Id, MessageId: Id, MD5OfMessageBody: digest(MessageBody) };
        });
      const fail = (entries: Wanted[], Code: string, SenderFault: boolean): object[] =>
        entries.map(({ Id }) => ({ Id, Code, SenderFault }));
      switch (fault) {
        case undefined:
          return reply(200, { Successful: keep(Entries) });
        case "503":
          return reply(503, { __type: "ServiceUnavailable" });
        case "throttle":
          return reply(400, { __type: "com.amazonaws.sqs#RequestThrottled" });
        case "denied":
          return reply(403, { __type: "AccessDeniedException" });
        case "partial":
          return reply(200, {
            Successful: keep(Entries.slice(1)),
            Failed: fail(Entries.slice(0, 1), "InternalError", false),
          });
        case "refused":
          return reply(200, { Failed: fail(Entries, "InvalidMessageContents", true) });
        case "empty":
          return reply(200, {});
        case "html":
          return reply(200, "<html>a captive portal</html>");
        case "digest":
          // Of the first alone: the others of the batch were stored well.
          return reply(200, {
            Successful: [
              ...keep(Entries.slice(0, 1), () => md5("something else")),
              ...keep(Entries.slice(1)),
            ],
          });
        case "reset":
          keep(Entries);
          request.socket.resetAndDestroy();
          return undefined;
        case "hang":
          return undefined;
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/000000000000/traces`,
    stored,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
