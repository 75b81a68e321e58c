// Node's two messages of a request → bound to the request's trace, which ends with the response.
// Invariant: listeners run in the trace, whoever emits; no header and no byte changes.
import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { soon } from "../platform/clock.ts";
import { uncurry } from "../platform/own-properties.ts";
import { count } from "../platform/report.ts";
import { asked, type Incoming, type ServerRequest } from "./request.ts";

/** A request of `node:http`, as its listener gets it. */
export function incomingOf<R>(
  message: IncomingMessage,
  request: R,
  url: string | undefined = message.url,
  clientAddress: () => string | undefined = () => message.socket.remoteAddress,
): Incoming<R> {
  const { method, headers } = message;
  return { key: message, request, method, url, headers, clientAddress };
}

/** Node's two messages of a request. */
export interface Messages {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/** @param route the framework's pattern, asked when the trace ends */
export function followMessages<R>(
  server: ServerRequest<R>,
  read: () => Messages,
  route?: () => string | undefined,
): void {
  let response: ServerResponse | undefined;
  const end = (): void =>
    server.end(() => ({
      statusCode: response?.headersSent === true ? response.statusCode : undefined,
      route: route && asked(route),
      aborted: response?.writableFinished === false,
    }));
  try {
    const { message, response: answering } = read();
    response = answering;
    bindEvents(message, server);
    bindEvents(response, server, (event) => {
      if (event === "close") end();
      else if (event === "finish") {
        server.finished();
        // Node's server has let go of the connection, and emits `close` in a moment. Where a test
        // injects a response there is no server.
        if (answering.socket !== null) soon(end);
      }
    });
  } catch {
    // Messages that cannot be followed: a frozen object, a proxy that refuses.
    count("not_followed");
    end();
  }
}

const { emit: plainEmit, listenerCount } = EventEmitter.prototype;
const listeners = uncurry(listenerCount);

/**
 * Runs the listeners of an emitter in the request's trace.
 * @param emitted after the listeners of an event have run
 */
function bindEvents<R>(
  emitter: EventEmitter,
  server: ServerRequest<R>,
  emitted?: (event: unknown) => void,
): void {
  const { emit } = emitter;
  // Most events of most requests have no listener: to enter the trace for one takes 0.5 µs.
  const isPlain = emit === plainEmit;
  Object.defineProperty(emitter, "emit", {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: EventEmitter, ...values: readonly unknown[]): boolean {
      const event = values[0];
      try {
        return server.ended || (isPlain && !isHeard(this, event))
          ? (Reflect.apply(emit, this, values) as boolean)
          : emitWithin(server, emit, this, values);
      } finally {
        if (emitted !== undefined && (event === "finish" || event === "close"))
          asked(() => emitted(event));
      }
    },
  });
}

/** Apart from the others: what a closure takes along lives in a context, made for each call. */
function emitWithin<R>(
  server: ServerRequest<R>,
  emit: EventEmitter["emit"],
  emitter: EventEmitter,
  values: readonly unknown[],
): boolean {
  return server.within(() => Reflect.apply(emit, emitter, values) as boolean);
}

function isHeard(emitter: EventEmitter, event: unknown): boolean {
  try {
    return listeners(emitter, event) !== 0;
  } catch {
    // A listener list of the program's own.
    return true;
  }
}
