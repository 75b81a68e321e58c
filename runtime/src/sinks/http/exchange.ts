// A request → node:http(s) → its response, or an error when nobody answers in time.
// Invariant: its sockets and timers do not keep the process alive, and fake timers do not reach
// them.
import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { after, cancel } from "../../platform/clock.ts";

/** Longest wait for a connection, in ms. Beyond it the network is broken rather than slow. */
const CONNECT_TIMEOUT_MS = 1000;
/** An answer is a status, a count and a sentence, or ten ids with their digests. */
const ANSWER_LENGTH = 64 * 1024;

export interface HttpRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

type Way = Pick<typeof import("node:http"), "request"> & { readonly agent: Agent };

export interface Agents {
  readonly "http:": Way;
  readonly "https:": Way;
  destroy(): void;
}

/** Keep connections open between requests. @param verifySsl false: any certificate will do */
export async function createAgents(verifySsl: boolean = true): Promise<Agents> {
  // A bundle of one file would load them at the program's start if they were imported above: 10 ms.
  const [http, https] = await Promise.all([import("node:http"), import("node:https")]);
  const plain = unheld(new http.Agent(KEEP_ALIVE));
  const secure = unheld(new https.Agent({ ...KEEP_ALIVE, rejectUnauthorized: verifySsl }));
  return {
    "http:": { request: http.request, agent: plain },
    "https:": { request: https.request, agent: secure },
    destroy() {
      plain.destroy();
      secure.destroy();
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

/**
 * @param timeoutMs longest wait for the whole answer, its body too: the end of the request fails
 * that
 * @param signal ends it before
 */
export function exchange(
  request: HttpRequest,
  agents: Agents,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const way = agents[request.protocol === "https:" ? "https:" : "http:"];
    const { hostname, port, method, path, headers } = request;
    const options: RequestOptions = {
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port,
      method,
      path,
      headers,
      agent: way.agent,
      ...(signal !== undefined && { signal }),
    };
    const outgoing = way.request(options);
    const late = (what: string, ms: number): void => {
      const message = `no ${what} within ${ms} ms`;
      outgoing.destroy(Object.assign(new Error(message), { name: "TimeoutError" }));
    };
    const connecting = after(CONNECT_TIMEOUT_MS, () => late("connection", CONNECT_TIMEOUT_MS));
    const waiting = after(timeoutMs, () => late("answer", timeoutMs));
    outgoing.on("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => cancel(connecting));
      else cancel(connecting);
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.on("close", () => {
      cancel(connecting);
      cancel(waiting);
    });
    outgoing.end(request.body);
  });
}

/** The beginning of an answer. It is read to its end, or the connection could not be used again. */
export function textOf(message: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => {
      if (text.length < ANSWER_LENGTH) text += chunk;
    });
    message.on("end", () => resolve(text));
    message.on("error", reject);
  });
}

/** The headers of an answer, each as one text. */
export function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return headers;
}
