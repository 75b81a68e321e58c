// Koa 3 and 2 → a trace for each request.
import type { IncomingMessage, ServerResponse } from "node:http";
import { followMessages, incomingOf } from "./messages.ts";
import { asked, requestOpener, type RequestOptions } from "./request.ts";
import { bindSource } from "./streams.ts";

/** What is used of Koa's context. */
export interface KoaContext {
  /** Node's own request. */
  readonly req: IncomingMessage;
  /** Node's own response. */
  readonly res: ServerResponse;
  /** As the client asked for it. */
  readonly originalUrl: string;
  /** The client's, by Koa's own `proxy`. */
  readonly ip: string;
  /** What the handler has set. */
  readonly body: unknown;
  /** The pattern of `@koa/router`. */
  readonly _matchedRoute?: unknown;
}

/** The first middleware: `app.use(traceRequests())`. */
export function traceRequests<C extends KoaContext = KoaContext>(
  options: RequestOptions<C> = {},
): (context: C, next: () => Promise<unknown>) => Promise<unknown> {
  const open = requestOpener(options);
  return async (context, next) => {
    const server = open(() =>
      incomingOf(context.req, context, context.originalUrl, () => context.ip),
    );
    if (server === undefined) return next();
    const route = (): string | undefined => routeOf(context);
    followMessages(server, () => ({ message: context.req, response: context.res }), route);
    try {
      return await server.within(next);
    } catch (error) {
      server.threw(error);
      throw error;
    } finally {
      // Koa pipes the body once all middleware has returned.
      asked(() => bindSource(context.body, server));
    }
  };
}

function routeOf({ _matchedRoute: route }: KoaContext): string | undefined {
  return typeof route === "string" || route instanceof RegExp ? String(route) : undefined;
}
