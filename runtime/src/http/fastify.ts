// Fastify 5 → a trace for each request.
import type { IncomingMessage, ServerResponse } from "node:http";
import { followMessages, incomingOf } from "./messages.ts";
import { noteThrown, requestOpener, type RequestOptions } from "./request.ts";

/** What is used of Fastify's request. */
export interface FastifyRequest {
  /** Node's own request. */
  readonly raw: IncomingMessage;
  /** As the client asked for it. */
  readonly originalUrl: string;
  /** The client's, by Fastify's own `trustProxy`. */
  readonly ip: string;
  /** No route matched. */
  readonly is404: boolean;
  /** Of the route that matched. */
  readonly routeOptions: {
    /** Its pattern. */
    readonly url?: string | undefined;
  };
}

interface FastifyReply {
  /** Node's own response. */
  readonly raw: ServerResponse;
}
type Done = (error?: Error) => void;

/** What is used of Fastify's instance. */
export interface FastifyInstance {
  /** When a request begins. */
  addHook(
    name: "onRequest",
    hook: (request: FastifyRequest, reply: FastifyReply, done: Done) => void,
  ): unknown;
  /** When a handler failed. */
  addHook(
    name: "onError",
    hook: (request: FastifyRequest, reply: FastifyReply, error: Error, done: Done) => void,
  ): unknown;
}

/** The plugin: `await app.register(traceRequests, options)`. */
export function traceRequests(
  fastify: FastifyInstance,
  options: RequestOptions<FastifyRequest>,
  done: Done,
): void {
  const open = requestOpener(options);
  fastify.addHook("onRequest", (request, reply, next) => {
    const server = open(() =>
      incomingOf(request.raw, request, request.originalUrl, () => request.ip),
    );
    if (server === undefined) {
      next();
      return;
    }
    const route = (): string | undefined => (request.is404 ? undefined : request.routeOptions.url);
    followMessages(server, () => ({ message: request.raw, response: reply.raw }), route);
    server.within(next);
  });
  fastify.addHook("onError", (request, _reply, error, next) => {
    noteThrown(() => request.raw, error);
    next();
  });
  done();
}

// The plugin's hooks are the whole application's; the symbols are Fastify's own.
Object.assign(traceRequests, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "llmops-observability",
});

/** @alias of `traceRequests`: Fastify's plugins are default exports. */
export default traceRequests;
