// Express 5 and 4 → a trace for each request.
import type { IncomingMessage, ServerResponse } from "node:http";
import { followMessages, incomingOf } from "./messages.ts";
import { noteThrown, requestOpener, type RequestOptions } from "./request.ts";

/** What is used of Express's request. */
export interface ExpressRequest extends IncomingMessage {
  /** As the client asked for it; routers shorten `url`. */
  readonly originalUrl: string;
  /** The part that routers have taken off. */
  readonly baseUrl: string;
  /** The client's, by Express's own `trust proxy`. */
  readonly ip?: string | undefined;
  /** The route that matched, if one has. */
  readonly route?: unknown;
}
type Next = (error?: unknown) => void;

/** The first middleware: `app.use(traceRequests())`. */
export function traceRequests<R extends ExpressRequest = ExpressRequest>(
  options: RequestOptions<R> = {},
): (request: R, response: ServerResponse, next: Next) => void {
  const open = requestOpener(options);
  return (request, response, next) => {
    const address = (): string | undefined => request.ip ?? request.socket.remoteAddress;
    const server = open(() => incomingOf(request, request, request.originalUrl, address));
    if (server === undefined) {
      next();
      return;
    }
    followMessages(
      server,
      () => ({ message: request, response }),
      () => routeOf(request),
    );
    server.within(next);
  };
}

/** After the routes: `app.use(traceErrors())`. Records why a request failed, hands the error on. */
export function traceErrors(): (
  error: unknown,
  request: ExpressRequest,
  response: ServerResponse,
  next: Next,
) => void {
  return (error, request, _response, next) => {
    noteThrown(() => request, error);
    next(error);
  };
}

/** Below what its router is mounted at. */
function routeOf({ route, baseUrl }: ExpressRequest): string | undefined {
  const path = (route as { path?: unknown } | undefined)?.path;
  if (typeof path !== "string" && !(path instanceof RegExp)) return undefined;
  return `${baseUrl}${String(path)}`;
}
