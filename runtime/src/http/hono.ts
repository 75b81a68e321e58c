// Hono 4 → a trace for each request; on Node through `@hono/node-server`, elsewhere and in
// `app.request()` by the response's body.
import type { IncomingMessage, ServerResponse } from "node:http";
import { followMessages, incomingOf } from "./messages.ts";
import {
  asked,
  type Incoming,
  requestOpener,
  type RequestOptions,
  type ServerRequest,
} from "./request.ts";
import { bindReaders, isOfBytes } from "./streams.ts";

/** What is used of Hono's context. */
export interface HonoContext {
  /** Hono's request. */
  readonly req: {
    /** The standard one. */
    readonly raw: Request;
    /** `GET`, … */
    readonly method: string;
    /** As the client asked for it, with the host. */
    readonly url: string;
    /** All headers, in lower case. */
    header(): Record<string, string>;
    /** Those that matched so far, middleware too. */
    readonly matchedRoutes?: readonly {
      /** `GET`, …; `ALL` for middleware. */
      readonly method: string;
      /** Its pattern. */
      readonly path: string;
    }[];
  };
  /** What the platform hands over: Node's request, a worker's bindings. */
  readonly env: unknown;
  /** What the handlers answered. */
  readonly res: Response;
  /** What a handler threw. */
  readonly error: Error | undefined;
}

/** What `@hono/node-server` hands over. */
interface NodeBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** The first middleware: `app.use(traceRequests())`. */
export function traceRequests<C extends HonoContext = HonoContext>(
  options: RequestOptions<C> = {},
): (context: C, next: () => Promise<void>) => Promise<void> {
  const open = requestOpener(options);
  return async (context, next) => {
    const node = asked(() => bindingsOf(context));
    const server = open(() => incomingIn(context, node));
    if (server === undefined) return next();
    const route = (): string | undefined => routeOf(context);
    if (node !== undefined)
      followMessages(server, () => ({ message: node.incoming, response: node.outgoing }), route);
    try {
      await server.within(next);
    } catch (error) {
      server.threw(error);
      if (node === undefined) server.end(() => ({ statusCode: undefined, route: asked(route) }));
      throw error;
    }
    asked(() => {
      // Hono has handed it to `onError`, and answers what that answered.
      if (context.error !== undefined) server.threw(context.error);
      followBody(context, server, node !== undefined, route);
    });
  };
}

function incomingIn<C extends HonoContext>(
  context: C,
  node: NodeBindings | undefined,
): Incoming<C> {
  // Of `@hono/node-server` a `Request` is made once somebody asks for its parts, which costs more
  // than the rest of a request.
  if (node !== undefined) return incomingOf(node.incoming, context);
  const { req } = context;
  return {
    key: req.raw,
    request: context,
    method: req.method,
    url: req.url.replace(/^[a-z]+:\/\/[^/?#]*/i, "") || "/",
    headers: req.header(),
    clientAddress: () => undefined,
  };
}

function followBody<C extends HonoContext>(
  { res }: C,
  server: ServerRequest<C>,
  onNode: boolean,
  route: () => string | undefined,
): void {
  const body = streamOf(res);
  if (onNode) {
    if (body !== undefined) bindReaders(body, server);
    return;
  }
  const end = (left: boolean): void =>
    server.end(() => ({ statusCode: res.status, route: asked(route), aborted: left }));
  if (body === undefined) end(false);
  else bindReaders(body, server, end);
}

/**
 * The body, where it is a stream of the program's. `@hono/node-server` keeps status, body and
 * headers of its responses under a symbol, and sends them faster as long as we do not ask for
 * `body`.
 */
function streamOf(response: Response): ReadableStream | undefined {
  for (const symbol of Object.getOwnPropertySymbols(response)) {
    const parts = (response as unknown as Record<symbol, unknown>)[symbol];
    if (Array.isArray(parts)) return parts[1] instanceof ReadableStream ? parts[1] : undefined;
  }
  const { body } = response;
  return body === null || isOfBytes(body) ? undefined : body;
}

function bindingsOf({ env }: HonoContext): NodeBindings | undefined {
  const { incoming, outgoing } = (env ?? {}) as Partial<NodeBindings>;
  return incoming !== undefined && outgoing !== undefined ? { incoming, outgoing } : undefined;
}

/** The last route that is no middleware for everything below a path. */
function routeOf({ req }: HonoContext): string | undefined {
  return req.matchedRoutes?.findLast(({ method, path }) => method !== "ALL" || !path.endsWith("*"))
    ?.path;
}
