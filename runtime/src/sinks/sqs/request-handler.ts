// The SDK's request → node:http(s) → its response: the SDK's own handler keeps the process
// alive by timers (keep-alive 3 s, socket watch 3 s) for as long as a server does not answer;
// this one never does, and a user's fake timers do not reach it.

import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { after, cancel } from "../../platform/clock.ts";

/** Longest wait for a connection. Beyond it the network is broken rather than slow. */
const CONNECT_TIMEOUT_MS = 1000;
/** Longest wait for a whole answer; the SDK has no default (delivery research, 2026-11). */
const REQUEST_TIMEOUT_MS = 5000;

interface Request {
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

export function httpHandler(): HttpHandler {
  const agents = {
    "http:": unheld(new Agent(KEEP_ALIVE)),
    "https:": unheld(new HttpsAgent(KEEP_ALIVE)),
  };
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: (request) =>
      exchange(request, request.protocol === "https:" ? agents["https:"] : agents["http:"]),
    destroy() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const KEEP_ALIVE = { keepAlive: true, maxSockets: 64 };

/** Its connections, idle or busy, do not keep the process alive. */
function unheld<A extends Agent>(agent: A): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = connect(...args);
    release(socket);
    // Trying several addresses replaces the handle, and its reference with it.
    socket?.once("connect", () => release(socket));
    return socket;
  };
  // The original also ends the watch over an idle connection (Node 24), besides holding it.
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    release(socket);
  };
  return agent;
}

function release(socket: Duplex | null | undefined): void {
  (socket as { unref?(): void } | null | undefined)?.unref?.();
}

function exchange(request: Request, agent: Agent): Promise<{ response: Response }> {
  return new Promise((resolve, reject) => {
    const send = request.protocol === "https:" ? httpsRequest : httpRequest;
    const { hostname, method, headers } = request;
    const outgoing = send({
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: request.port,
      method,
      path: request.path + queryOf(request.query),
      headers,
      agent,
    });
    const late = (what: string, ms: number): void => {
      const message = `no ${what} within ${ms} ms`;
      outgoing.destroy(Object.assign(new Error(message), { name: "TimeoutError" }));
    };
    const connecting = after(CONNECT_TIMEOUT_MS, () => late("connection", CONNECT_TIMEOUT_MS));
    const waiting = after(REQUEST_TIMEOUT_MS, () => late("answer", REQUEST_TIMEOUT_MS));
    outgoing.on("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => cancel(connecting));
      else cancel(connecting);
    });
    outgoing.on("response", (body) => {
      // The body comes within the same limit: destroying the request fails the stream.
      resolve({ response: { statusCode: body.statusCode ?? 0, headers: flat(body), body } });
    });
    outgoing.on("error", reject);
    outgoing.on("close", () => {
      cancel(connecting);
      cancel(waiting);
    });
    outgoing.end(request.body as string | Uint8Array | undefined);
  });
}

function flat(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return headers;
}

function queryOf(query: Request["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one): [string, string] => [name, one]),
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}
