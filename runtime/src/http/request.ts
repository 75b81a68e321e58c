// A server's request in the framework's own words → its trace and `metadata.http`; all
// integrations share it.
// Invariant: nothing of a request, an answer or the program's options that throws gets out of here.
import type { RequestEnd, RequestTrace } from "../api/requests.ts";
import { shared } from "../api/registry.ts";
import { monotonicNow } from "../platform/clock.ts";
import { count } from "../platform/report.ts";
import { type Chosen, chosenHeaders, type HeaderFields, headersToRecord } from "./headers.ts";

export interface RequestOptions<R> {
  /** In place of the project id in the trace's name. */
  readonly serviceName?: string | undefined;
  /**
   * More request headers to be recorded, by name; true: all, false: none.
   * @default [] (the default list alone)
   */
  readonly headers?: readonly string[] | boolean | undefined;
  /** Paths, as exact texts or patterns, or requests that no trace is begun for. */
  readonly ignore?: readonly (string | RegExp)[] | ((request: R) => boolean) | undefined;
  /** Asked once, when the trace ends. */
  readonly userId?: ((request: R) => string | undefined) | undefined;
  /** Asked once, when the trace ends. */
  readonly sessionId?: ((request: R) => string | undefined) | undefined;
}

/** What an integration knows of a request when it comes in. */
export interface Incoming<R> {
  /** What the server knows the request by: the outermost integration begins its trace. */
  readonly key: object;
  /** As the program sees it. */
  readonly request: R;
  readonly method: string | undefined;
  /** With its query, as the client sent it. */
  readonly url: string | undefined;
  /** By names in lower case. */
  readonly headers: HeaderFields;
  /**
   * The framework's own notion of it; asked at once, as the socket forgets it when it is closed.
   */
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

/** Bytes of a path that are recorded: more of one that is longer tells a reader nothing. */
const LONGEST_PATH = 2048;
/** Characters that surely take no more bytes. */
const SHORT_PATH = LONGEST_PATH / 3;

/** Options as they are asked for at each request. */
interface Settings<R> extends Omit<RequestOptions<R>, "headers"> {
  readonly headers: Chosen;
}

/** Begins a request's trace. Undefined where there is none to begin. */
export type OpenRequest<R> = (read: () => Incoming<R>) => ServerRequest<R> | undefined;

export function requestOpener<R>(options: RequestOptions<R>): OpenRequest<R> {
  const settings = settingsIn(options);
  return (read) => {
    try {
      const incoming = read();
      const { key } = incoming;
      if (isIgnored(incoming, settings.ignore) || requestOf(key) !== undefined) return undefined;
      const trace = shared.openRequest(settings.serviceName, incoming.headers);
      if (trace === undefined) return undefined;
      const server = new ServerRequest(trace, incoming, settings);
      remember(key, server);
      return server;
    } catch {
      count("internal_error");
      return undefined;
    }
  };
}

function settingsIn<R>(options: RequestOptions<R>): Settings<R> {
  try {
    const { serviceName, headers, ignore, userId, sessionId } = options;
    return { serviceName, headers: headersToRecord(headers), ignore, userId, sessionId };
  } catch {
    count("invalid_request_options");
    return { headers: headersToRecord(undefined) };
  }
}

/** On the message itself, whichever copy of this package asks: a WeakMap takes 1.2 µs more. */
const SERVER = Symbol.for("llmops-observability.request");
/** Of messages that take no property. */
let sealed: WeakMap<object, ServerRequest<unknown>> | undefined;

function requestOf(key: object): ServerRequest<unknown> | undefined {
  const held = (key as { readonly [SERVER]?: ServerRequest<unknown> })[SERVER];
  return held ?? sealed?.get(key);
}

/** A framework tells, elsewhere than in the middleware, that a request failed. */
export function noteThrown(key: () => object, error: unknown): void {
  try {
    requestOf(key())?.threw(error);
  } catch {
    count("internal_error");
  }
}

function remember<R>(key: object, server: ServerRequest<R>): void {
  if (!Reflect.defineProperty(key, SERVER, { value: server }))
    (sealed ??= new WeakMap()).set(key, server as ServerRequest<unknown>);
}

export class ServerRequest<R> {
  readonly #trace: RequestTrace;
  readonly #incoming: Incoming<R>;
  readonly #settings: Settings<R>;
  readonly #started: number = monotonicNow();
  readonly #address: string | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #durationMs: number | undefined;

  constructor(trace: RequestTrace, incoming: Incoming<R>, settings: Settings<R>) {
    this.#trace = trace;
    this.#incoming = incoming;
    this.#settings = settings;
    this.#address = asked(() => incoming.clientAddress());
  }

  /** Runs `task` in the request's trace. */
  within<T>(task: () => T): T {
    return this.#trace.within(task);
  }

  get ended(): boolean {
    return this.#trace.ended;
  }

  /** The handler threw; whether the request failed is told by the answer. */
  threw(error: unknown): void {
    this.#thrown = { error };
  }

  /**
   * The last byte was handed over. The trace ends a moment later, so that listeners of that moment
   * are in it.
   */
  finished(): void {
    this.#durationMs ??= monotonicNow() - this.#started;
  }

  end(answered: () => Answered): void {
    if (this.#trace.ended) return;
    this.finished();
    const answer = asked(answered) ?? { statusCode: undefined };
    const { request } = this.#incoming;
    const { userId, sessionId, headers } = this.#settings;
    this.#trace.end({
      http: this.#fields(answer),
      plain: !headers.more,
      failure: failureOf(answer, this.#thrown),
      userId: userId && asked(() => userId(request)),
      sessionId: sessionId && asked(() => sessionId(request)),
    });
  }

  #fields({ statusCode, route, aborted = false, upgraded = false }: Answered): RequestEnd["http"] {
    const { method, url, headers } = this.#incoming;
    return {
      method: method ?? null,
      path: pathOf(url),
      route: route ?? null,
      status_code: statusCode ?? null,
      headers: asked(() => chosenHeaders(headers, this.#settings.headers)) ?? {},
      user_agent: asked(() => headers["user-agent"]) ?? null,
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
function pathOf(url: unknown): string {
  if (typeof url !== "string") return "";
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  return path.length <= SHORT_PATH || Buffer.byteLength(path) <= LONGEST_PATH
    ? path
    : // A character that the cut halves is left out.
      Buffer.from(path)
        .subarray(0, LONGEST_PATH)
        .toString()
        .replace(/\u{FFFD}+$/u, "");
}

function isIgnored<R>(incoming: Incoming<R>, ignore: RequestOptions<R>["ignore"]): boolean {
  if (ignore === undefined) return false;
  if (typeof ignore === "function") return asked(() => ignore(incoming.request)) === true;
  const path = pathOf(incoming.url);
  return ignore.some((one) => (typeof one === "string" ? one === path : path.search(one) >= 0));
}

/** What a function of the program's answers; undefined, and counted, where it throws. */
export function asked<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch {
    count("request_option_threw");
    return undefined;
  }
}
