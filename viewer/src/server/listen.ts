// A port on loopback → guarded requests, handed to the queue or to the application.
// Invariant: every answer carries the headers; whatever is refused, the next request is answered.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { appOf } from "./app.ts";
import { limitConnections } from "./connections.ts";
import {
  type Allowed,
  allowedFor,
  allowedOrigin,
  OTLP_PATH,
  pathAndQueryOf,
  refusalOf,
  type RequestHead,
} from "./guard.ts";
import { HEADERS } from "./headers.ts";
import { isPage } from "./page.ts";
import type { Parts } from "./parts.ts";
import { answerQueue, isForQueue } from "./queue.ts";

interface Limits {
  readonly headerBytes: number;
  readonly headerMs: number;
  readonly bodyMs: number;
  readonly connections: number;
}

const LIMITS: Limits = {
  headerBytes: 16 * 1024,
  headerMs: 10_000,
  bodyMs: 30_000,
  connections: 256,
};

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. Another one that is taken: the next that is free. */
  readonly port: number;
  readonly allowHosts?: readonly string[];
  readonly allowOrigins?: readonly string[];
  readonly limits?: Partial<Limits>;
}

export interface Listening {
  readonly port: number;
  /** `http://127.0.0.1:4319` */
  readonly url: string;
  /** Until then all is answered with 503. */
  serve(parts: Parts): void;
  close(): Promise<void>;
}

export async function listen(options: ListenOptions): Promise<Listening> {
  const limits = { ...LIMITS, ...options.limits };
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerMs,
    requestTimeout: limits.bodyMs,
    connectionsCheckingInterval: 1000,
    // Or Node would answer those without one itself.
    requireHostHeader: false,
  });
  limitConnections(server, limits.connections);
  const port = await bind(server, options);
  const shown = options.host.includes(":") ? `[${options.host}]` : options.host;
  const { allowHosts: hosts = [], allowOrigins: origins = [] } = options;
  const allowed = allowedFor(port, { host: shown, hosts, origins });
  let handle: Handle = (_, response) => refuse(response, 503, "starting", "It is starting.");
  const guarded = (incoming: IncomingMessage, outgoing: ServerResponse): void =>
    guard(incoming, outgoing, allowed, handle);
  server.on("request", guarded);
  server.on("checkContinue", (incoming, outgoing) => {
    // The client has not sent the body yet: it need not, where it is refused.
    outgoing.writeContinue();
    guarded(incoming, outgoing);
  });
  server.on("connect", (_, socket) => socket.end(rawAnswer(403, "forbidden_host", "No proxy.")));
  server.on("clientError", answerBroken);
  return {
    port,
    url: `http://${shown}:${port}`,
    serve: (parts) => {
      handle = handleOf(parts);
    },
    close: () => close(server),
  };
}

type Handle = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

function guard(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  allowed: Allowed,
  handle: Handle,
): void {
  for (const [name, value] of Object.entries(HEADERS)) outgoing.setHeader(name, value);
  const { method = "", url: target = "", rawHeaders } = incoming;
  const head: RequestHead = { method, target, rawHeaders };
  const refusal = refusalOf(head, allowed, isPage);
  if (refusal !== undefined) {
    incoming.resume();
    refuse(outgoing, refusal.status, refusal.code, refusal.message);
    return;
  }
  incoming.url = pathAndQueryOf(target);
  const preflight = method === "OPTIONS";
  if (incoming.url.startsWith(OTLP_PATH)) {
    const origin = allowedOrigin(head, allowed);
    if (origin !== undefined) outgoing.setHeader("access-control-allow-origin", origin);
    if (origin !== undefined && preflight) {
      outgoing.setHeader("access-control-allow-methods", "POST");
      outgoing.setHeader("access-control-allow-headers", "content-type");
      outgoing.writeHead(204).end();
      return;
    }
  }
  if (preflight) {
    // With the token it would still be nothing that browsers may ask.
    refuse(outgoing, 405, "method_not_allowed", "Nothing here takes OPTIONS.");
    return;
  }
  handle(incoming, outgoing);
}

function handleOf(parts: Parts): Handle {
  const app = appOf(parts);
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      parts.onError(error);
      return undefined;
    },
  });
  return (incoming, outgoing) => {
    if (isForQueue(incoming)) void answerQueue(incoming, outgoing, parts);
    else void listener(incoming, outgoing).catch(parts.onError);
  };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": JSON_TYPE, "cache-control": "no-store" });
  response.end(JSON.stringify({ error: { code, message } }));
}

const JSON_TYPE = "application/json; charset=utf-8";

const BROKEN: ReadonlyMap<string | undefined, readonly [number, string, string]> = new Map([
  ["HPE_HEADER_OVERFLOW", [431, "headers_too_large", "The headers are larger than 16 KiB."]],
  ["ERR_HTTP_REQUEST_TIMEOUT", [408, "timeout", "The request took too long to come in."]],
]);

/** What Node could not read as HTTP. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, code, message] = BROKEN.get(error.code) ?? [
    400,
    "bad_request",
    "This is no HTTP.",
  ];
  socket.end(rawAnswer(status, code, message));
}

function rawAnswer(status: number, code: string, message: string): string {
  const body = JSON.stringify({ error: { code, message } });
  const headers = Object.entries({
    ...HEADERS,
    "content-type": JSON_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers.join("")}\r\n${body}`;
}

/** How many ports after the wanted one are tried. */
const PORTS_TRIED = 100;

async function bind(server: Server, { host, port }: ListenOptions): Promise<number> {
  for (let wanted = port; ; wanted++) {
    try {
      return await bindTo(server, host, wanted);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || port === 0 || wanted - port >= PORTS_TRIED || wanted >= 65_535) throw error;
    }
  }
}

function bindTo(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
