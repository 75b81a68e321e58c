// Node's two messages of a request → bound to the request's trace, which ends with the response.
// Invariant: listeners run in the trace, whoever emits; no header and no byte changes.
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { soon } from "../platform/clock.ts";
import type { Incoming, ServerRequest } from "./request.ts";

/** A request of `node:http`, as its listener gets it. */
export function incomingOf<R>(
  message: IncomingMessage,
  request: R,
  own: Partial<Incoming<R>> = {},
): Incoming<R> {
  return {
    key: message,
    request,
    method: message.method ?? "",
    url: message.url ?? "",
    headers: message.headers,
    clientAddress: () => message.socket.remoteAddress,
    ...own,
  };
}

/** @param route the framework's pattern, asked when the trace ends */
export function followMessages<R>(
  server: ServerRequest<R>,
  message: IncomingMessage,
  response: ServerResponse,
  route?: () => string | undefined,
): void {
  const end = (): void =>
    server.end({
      statusCode: response.headersSent ? response.statusCode : undefined,
      route: route?.(),
      aborted: !response.writableFinished,
    });
  bindEvents(message, server);
  bindEvents(response, server, (event) => {
    if (event === "finish") {
      server.finished();
      // `close` follows in a moment, but not where a test injects a response without a connection.
      soon(end);
    } else if (event === "close") end();
  });
}

/** Runs the listeners of an emitter in the request's trace. @param emitted after the listeners of an event have run */
function bindEvents<R>(
  emitter: EventEmitter,
  server: ServerRequest<R>,
  emitted?: (event: unknown) => void,
): void {
  const { emit } = emitter;
  Object.defineProperty(emitter, "emit", {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: EventEmitter, event: unknown, ...values: unknown[]): boolean {
      try {
        return server.within(() => Reflect.apply(emit, this, [event, ...values]) as boolean);
      } finally {
        emitted?.(event);
      }
    },
  });
}
