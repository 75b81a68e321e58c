// Requests for the local SQS queue → its answers.
// Invariant: nothing but SQS's JSON protocol is handed on.
import type { IncomingMessage, ServerResponse } from "node:http";
import { BOUNDS, readBody } from "./body.ts";
import { problemOf } from "./answer.ts";
import type { Parts } from "./parts.ts";

/** SDKs post to the endpoint's root, or to the queue's own path. */
const PATHS = /^\/(?:\?|$)|^\/000000000000(?:\/|$)/;

export function isForQueue({ method, url = "/" }: IncomingMessage): boolean {
  return (method === "POST" && PATHS.test(url)) || url.startsWith("/000000000000/");
}

export async function answerQueue(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { ingest, onError }: Pick<Parts, "ingest" | "onError">,
): Promise<void> {
  const left = new AbortController();
  outgoing.once("close", () => left.abort());
  try {
    const { method = "POST", url = "/" } = incoming;
    if (method !== "POST") {
      incoming.resume();
      send(outgoing, 405, { allow: "POST", "content-type": TYPE }, ONLY_POST);
      return;
    }
    const body = await readBody(incoming, BOUNDS.queue);
    const request = { method, url, headers: headersOf(incoming), body };
    const answer = await ingest.queue.answer(request, left.signal);
    send(outgoing, answer.status, answer.headers, answer.body);
  } catch (error) {
    const { status, told } = problemOf(error);
    if (status === 500) onError(error);
    send(
      outgoing,
      status,
      { "content-type": "application/json; charset=utf-8" },
      JSON.stringify(told),
    );
  }
}

const TYPE = "application/x-amz-json-1.0";
const ONLY_POST = '{"__type":"com.amazonaws.sqs#InvalidAction","message":"SQS takes POST."}';

function send(
  outgoing: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  outgoing.writeHead(status, { ...headers, "cache-control": "no-store" });
  outgoing.end(body);
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value ?? "")]),
  );
}
