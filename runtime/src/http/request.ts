// A server's request in the framework's own words → its trace and `metadata.http`; all integrations share it.
// Invariant: functions of the program's that throw are counted, and the response is not touched.
import type { RequestTrace } from "../api/requests.ts";
import { shared } from "../api/registry.ts";
import { monotonicNow } from "../platform/clock.ts";
import { count } from "../platform/report.ts";

export interface RequestOptions<R> {
  /** In place of the project id in the trace's name. */
  readonly serviceName?: string | undefined;
  /** More request headers to be recorded, by name; true: all, false: none. @default [] (the default list alone) */
  readonly headers?: readonly string[] | boolean | undefined;
  /** Paths, as exact texts or patterns, or requests that no trace is begun for. */
  readonly ignore?: readonly (string | RegExp)[] | ((request: R) => boolean) | undefined;
  /** Asked once, when the trace ends. */
  readonly userId?: ((request: R) => string | undefined) | undefined;
  /** Asked once, when the trace ends. */
  readonly sessionId?: ((request: R) => string | undefined) | undefined;
}

type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What an integration knows of a request when it comes in. */
export interface Incoming<R> {
  /** What the server knows the request by: the outermost integration begins its trace. */
  readonly key: object;
  /** As the program sees it. */
  readonly request: R;
  readonly method: string;
  /** With its query, as the client sent it. */
  readonly url: string;
  /** By names in lower case. */
  readonly headers: HeaderFields;
  /** The framework's own notion of it. */
  clientAddress(): string | undefined;
}

/** What an integration knows when the request is done with. */
export interface Answered {
  /** Undefined: no head was sent. */
  readonly statusCode: number | undefined;
  /** The framework's pattern of the path. */
  readonly route?: string | undefined;
  readonly aborted?: boolean;
  readonly upgraded?: boolean;
}

const DEFAULT_HEADERS: readonly string[] = [
  "host",
  "content-type",
  "content-length",
  "accept",
  "x-request-id",
  "x-correlation-id",
];
/** Characters of a path that are recorded; the rest of one that is longer tells nobody anything. */
const LONGEST_PATH = 2048;

/** Begins a request's trace. Undefined where there is none to begin. */
export function openServerRequest<R>(
  incoming: Incoming<R>,
  options: RequestOptions<R>,
): ServerRequest<R> | undefined {
  try {
    if (isIgnored(incoming, options.ignore)) return undefined;
    const trace = shared.openRequest(incoming.key, options.serviceName, incoming.headers);
    return trace && new ServerRequest(trace, incoming, options);
  } catch {
    count("internal_error");
    return undefined;
  }
}

export class ServerRequest<R> {
  readonly #trace: RequestTrace;
  readonly #incoming: Incoming<R>;
  readonly #options: RequestOptions<R>;
  readonly #started: number = monotonicNow();
  readonly #address: string | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #durationMs: number | undefined;

  constructor(trace: RequestTrace, incoming: Incoming<R>, options: RequestOptions<R>) {
    this.#trace = trace;
    this.#incoming = incoming;
    this.#options = options;
    // The socket forgets it once it is closed.
    this.#address = asked(() => incoming.clientAddress());
  }

  within<T>(task: () => T): T {
    return this.#trace.within(task);
  }

  /** The handler threw; whether the request failed is told by the answer. */
  threw(error: unknown): void {
    this.#thrown = { error };
  }

  /** The last byte was handed over. The trace ends a moment later, so that listeners of that moment are in it. */
  finished(): void {
    this.#durationMs ??= monotonicNow() - this.#started;
  }

  end(answered: Answered): void {
    if (this.#trace.ended) return;
    this.finished();
    const { request } = this.#incoming;
    const { userId, sessionId } = this.#options;
    this.#trace.end({
      http: this.#fields(answered),
      failure: failureOf(answered, this.#thrown),
      userId: userId && asked(() => userId(request)),
      sessionId: sessionId && asked(() => sessionId(request)),
    });
  }

  #fields({
    statusCode,
    route,
    aborted = false,
    upgraded = false,
  }: Answered): Record<string, unknown> {
    const { method, url, headers } = this.#incoming;
    return {
      method,
      path: pathOf(url),
      route: route ?? null,
      status_code: statusCode ?? null,
      headers: chosenHeaders(headers, this.#options.headers ?? []),
      user_agent: headers["user-agent"] ?? null,
      client_address: this.#address ?? null,
      aborted,
      upgraded,
      duration_ms: Math.round(this.#durationMs ?? 0),
    };
  }
}

function failureOf(
  { statusCode, aborted, upgraded }: Answered,
  thrown: { readonly error: unknown } | undefined,
): string | undefined {
  if (aborted === true) return "aborted";
  if (upgraded === true) return thrown && sentenceOf(thrown.error);
  if (statusCode === undefined || statusCode < 500) return undefined;
  return thrown === undefined ? `HTTP ${statusCode}` : sentenceOf(thrown.error);
}

function sentenceOf(error: unknown): string {
  const text = asked(() => {
    if (!(error instanceof Error)) return String(error);
    return `${error.name}: ${error.message}`;
  });
  return text ?? "(an error that throws when it is read)";
}

/** Without the query, which holds secrets. */
function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  return Buffer.byteLength(path) <= LONGEST_PATH
    ? path
    : // A character that the cut halves is left out.
      Buffer.from(path)
        .subarray(0, LONGEST_PATH)
        .toString()
        .replace(/\u{FFFD}+$/u, "");
}

function chosenHeaders(
  headers: HeaderFields,
  wanted: readonly string[] | boolean,
): Record<string, unknown> {
  if (wanted === false) return {};
  const more = wanted === true ? Object.keys(headers) : wanted.map((name) => name.toLowerCase());
  const chosen: Record<string, unknown> = {};
  for (const name of new Set([...DEFAULT_HEADERS, ...more])) {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (value !== undefined && name !== "user-agent") chosen[name] = value;
  }
  return chosen;
}

function isIgnored<R>(incoming: Incoming<R>, ignore: RequestOptions<R>["ignore"]): boolean {
  if (ignore === undefined) return false;
  if (typeof ignore === "function") return asked(() => ignore(incoming.request)) === true;
  const path = pathOf(incoming.url);
  return ignore.some((one) => (typeof one === "string" ? one === path : path.search(one) >= 0));
}

/** What a function of the program's answers; undefined, and counted, where it throws. */
function asked<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch {
    count("request_option_threw");
    return undefined;
  }
}
