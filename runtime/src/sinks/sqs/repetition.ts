// A request that the SDK has sent, where, as whom and how it decided → the same for other messages:
// an eighth of the CPU that `client.send` takes for a batch of ten (bench W3).
// Invariant: what the SDK does not sign by Signature Version 4, or send as JSON, is not repeated.
import type { IncomingMessage } from "node:http";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { wallNow } from "../../platform/clock.ts";
import type { Agents } from "../http/exchange.ts";
import { type Request, sendRequest } from "./request-handler.ts";
import { signer } from "./signature.ts";

/** Sends a body, and resolves with the queue's answer, whatever that is. */
export type Repeat = (body: string) => Promise<IncomingMessage>;

/** `AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/<service>/aws4_request, …` */
const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/;
const JSON_PROTOCOL = "application/x-amz-json-1.0";
/** Of one request: each has its own, or none. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "amz-sdk-invocation-id",
  "amz-sdk-request",
  "authorization",
  "content-length",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-security-token",
]);

/** Undefined where the request is of a kind that only the SDK can send. */
export function repetitionOf(
  { config }: Pick<SQSClient, "config">,
  sent: unknown,
  agents: Agents,
): Repeat | undefined {
  if (!isRequest(sent)) return undefined;
  const headers = new Map(
    Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const [, region, service] = SCOPE.exec(headers.get("authorization") ?? "") ?? [];
  if (region === undefined || service === undefined || !headers.has("host")) return undefined;
  if (headers.get("content-type") !== JSON_PROTOCOL || sent.path !== "/") return undefined;
  const lasting = Object.fromEntries([...headers].filter(([name]) => !OWN_HEADERS.has(name)));
  const sign = signer(sent.method, sent.path, { region, service });
  return async (text) => {
    const body = Buffer.from(text);
    const credentials = await config.credentials();
    // The SDK has learned from answers how far the clock is off.
    const signed = sign(lasting, body, credentials, wallNow() + config.systemClockOffset);
    return sendRequest({ ...sent, headers: signed, body }, agents);
  };
}

function isRequest(sent: unknown): sent is Request {
  const { headers, hostname, query } = (sent ?? {}) as Partial<Request>;
  const known = typeof headers === "object" && typeof hostname === "string";
  return known && Object.keys(query ?? {}).length === 0;
}
