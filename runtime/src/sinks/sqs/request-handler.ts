// The SDK's request → its response.
// Invariant: does not keep the process alive, as the SDK's own handler does by its timers (3 s).
import type { IncomingMessage } from "node:http";
import { type Agents, exchange, headersOf } from "../http/exchange.ts";

/** Longest wait for a whole answer, in ms; the SDK has no default (2026-11). */
const REQUEST_TIMEOUT_MS = 5000;

export interface Request {
  protocol: string;
  hostname: string;
  port?: number;
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

interface Response {
  statusCode: number;
  headers: Record<string, string>;
  body: IncomingMessage;
}

/** What the SDK calls a request handler. */
export interface HttpHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: Request): Promise<{ response: Response }>;
  destroy(): void;
}

export function httpHandler(agents: Agents): HttpHandler {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request) => ({ response: responseOf(await sendRequest(request, agents)) }),
    destroy: () => agents.destroy(),
  };
}

export function responseOf(answer: IncomingMessage): Response {
  const { statusCode = 0 } = answer;
  return { statusCode, headers: headersOf(answer), body: answer };
}

export function sendRequest(request: Request, agents: Agents): Promise<IncomingMessage> {
  const path = request.path + queryOf(request.query);
  const body = request.body as string | Uint8Array | undefined;
  return exchange({ ...request, path, body }, agents, REQUEST_TIMEOUT_MS);
}

function queryOf(query: Request["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one): [string, string] => [name, one]),
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}
