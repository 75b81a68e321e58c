// Listeners of `node:http` → the same listeners, each request in a trace of its own.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { shared } from "../api/registry.ts";
import { followMessages, incomingOf } from "./messages.ts";
import { asked, requestOpener, type RequestOptions } from "./request.ts";

/** As `createServer` takes it. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => unknown;
/** As a server's event `upgrade` calls it. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown;

/**
 * A trace for each request: `createServer(traceRequests((req, res) => …))`.
 * @returns a listener that does what `listener` does
 */
export function traceRequests<L extends RequestListener>(
  listener: L,
  options: RequestOptions<IncomingMessage> = {},
): L {
  const open = requestOpener(options);
  const traced = function (
    this: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): unknown {
    const run = (): unknown => Reflect.apply(listener, this, [request, response]);
    const server = open(() => incomingOf(request, request));
    if (server === undefined) return run();
    followMessages(server, () => ({ message: request, response }));
    let returned: unknown;
    try {
      returned = server.within(run);
    } catch (error) {
      server.threw(error);
      throw error;
    }
    return shared.whenReturned(listener, returned, (rejected, reason) => {
      if (rejected) server.threw(reason);
    });
  };
  return traced as L;
}

/**
 * A trace for each upgrade, which ends when the listener is done:
 * `server.on("upgrade", traceUpgrades((req, socket, head) => …))`.
 */
export function traceUpgrades<L extends UpgradeListener>(
  listener: L,
  options: RequestOptions<IncomingMessage> = {},
): L {
  const open = requestOpener(options);
  const traced = function (
    this: unknown,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): unknown {
    const run = (): unknown => Reflect.apply(listener, this, [request, socket, head]);
    const server = open(() => incomingOf(request, request));
    if (server === undefined) return run();
    const statusCode = asked(() => statusWritten(socket)) ?? ((): number => SWITCHING_PROTOCOLS);
    const end = (): void => server.end(() => ({ statusCode: statusCode(), upgraded: true }));
    let returned: unknown;
    try {
      returned = server.within(run);
    } catch (error) {
      server.threw(error);
      end();
      throw error;
    }
    return shared.whenReturned(listener, returned, (rejected, reason) => {
      if (rejected) server.threw(reason);
      end();
    });
  };
  return traced as L;
}

const SWITCHING_PROTOCOLS = 101;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})/;
const STATUS_LINE_LENGTH = "HTTP/1.1 101".length;

/** Tells the code of the status line that is written to a socket by hand. */
function statusWritten(socket: Duplex): () => number {
  let code: number | undefined;
  const restored = (["write", "end"] as const).map((name) =>
    replaced(socket, name, (chunk) => {
      // The first of them has it.
      for (const restore of restored) restore();
      code = statusIn(chunk);
    }),
  );
  return () => code ?? SWITCHING_PROTOCOLS;
}

function statusIn(chunk: unknown): number | undefined {
  const text = Buffer.isBuffer(chunk) ? chunk.toString("latin1", 0, STATUS_LINE_LENGTH) : chunk;
  const found = typeof text === "string" ? STATUS_LINE.exec(text)?.[1] : undefined;
  return found === undefined ? undefined : Number(found);
}

/** @returns puts the method back */
function replaced(
  socket: Duplex,
  name: "write" | "end",
  called: (chunk: unknown) => void,
): () => void {
  const method = socket[name];
  const own = Object.getOwnPropertyDescriptor(socket, name);
  Object.defineProperty(socket, name, {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: Duplex, ...values: unknown[]): unknown {
      called(values[0]);
      return Reflect.apply(method, this, values);
    },
  });
  return () => {
    if (own === undefined) delete (socket as { [key in typeof name]?: unknown })[name];
    else Object.defineProperty(socket, name, own);
  };
}
