// Koa 3 and 2 → a trace for each request.
import type { IncomingMessage, ServerResponse } from "node:http";
import { followMessages, incomingOf } from "./messages.ts";
import { openServerRequest, type RequestOptions } from "./request.ts";
import { bindSource } from "./streams.ts";

/** What is used of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl: string;
  readonly ip: string;
  readonly body: unknown;
  /** The pattern of `@koa/router`. */
  readonly _matchedRoute?: unknown;
}

/** The first middleware: `app.use(traceRequests())`. */
export function traceRequests<C extends KoaContext = KoaContext>(
  options: RequestOptions<C> = {},
): (context: C, next: () => Promise<unknown>) => Promise<unknown> {
  return async (context, next) => {
    const incoming = incomingOf(context.req, context, {
      url: context.originalUrl,
      clientAddress: () => context.ip,
    });
    const server = openServerRequest(incoming, options);
    if (server === undefined) return next();
    followMessages(server, context.req, context.res, () => {
      const { _matchedRoute: route } = context;
      return typeof route === "string" || route instanceof RegExp ? String(route) : undefined;
    });
    try {
      return await server.within(next);
    } catch (error) {
      server.threw(error);
      throw error;
    } finally {
      // Koa pipes the body once all middleware has returned.
      bindSource(context.body, server);
    }
  };
}
