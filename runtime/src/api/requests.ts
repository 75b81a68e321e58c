// A request that a server answers → its trace: begun once, current in all work, ended with it.
// Invariant: nothing here throws into the server. What the program said of the trace wins.
import { runAt, storedPlace } from "../context/context.ts";
import { encoding } from "../encode/current.ts";
import { count } from "../platform/report.ts";
import { follow } from "../promises/follow.ts";
import { isPlainPromise } from "../promises/native-promise.ts";
import { isNew, replaced } from "../promises/replace.ts";
import { currentPlace } from "../tracing/place.ts";
import type { Span } from "../tracing/span.ts";
import type { Trace } from "../tracing/trace.ts";
import { remoteParent } from "../tracing/trace-parent.ts";
import { serverName } from "../tracing/settings.ts";
import { beginTrace } from "../tracing/tracer.ts";
import { addFields, textJson } from "../tracing/updates.ts";

/** How a request's trace ends. */
interface RequestEnd {
  /** `metadata.http`. */
  readonly http: Readonly<Record<string, unknown>>;
  /** Why it failed; undefined where it did not. */
  readonly failure: string | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** The trace of one request. */
export interface RequestTrace {
  readonly ended: boolean;
  /** Runs `task` where the request is current: in the trace, unless it is in it already. */
  within<T>(task: () => T): T;
  end(end: RequestEnd): void;
}

/** A request's key is the object that the server knows it by: its message, or the `Request`. */
const requests = new WeakMap<object, RequestTrace>();

/**
 * Begins the trace of a request, named after the service and the machine. Undefined if recording is
 * off, or the request has a trace: the outermost integration wins.
 * @param headers where the caller's `traceparent` stands
 */
export function openRequest(
  key: object,
  serviceName: string | undefined,
  headers: unknown,
): RequestTrace | undefined {
  if (requests.has(key)) return undefined;
  const trace = beginTrace(
    { name: serverName(serviceName) },
    currentPlace(),
    false,
    remoteParent(headers),
  );
  if (trace === undefined) return undefined;
  const request = new OpenRequest(trace);
  requests.set(key, request);
  return request;
}

export function requestOf(key: object): RequestTrace | undefined {
  return requests.get(key);
}

class OpenRequest implements RequestTrace {
  readonly #trace: Trace<Span>;

  constructor(trace: Trace<Span>) {
    this.#trace = trace;
  }

  get ended(): boolean {
    return this.#trace.ended;
  }

  within<T>(task: () => T): T {
    return this.ended || this.#isCurrent() ? task() : runAt(this.#trace, task);
  }

  #isCurrent(): boolean {
    let place = storedPlace() as Span | Trace<Span> | undefined;
    // Where the program began a trace of its own in the request, the request is around it.
    while (place !== undefined && place.trace !== this.#trace) place = place.outer as typeof place;
    return place !== undefined;
  }

  end({ http, failure, userId, sessionId }: RequestEnd): void {
    const trace = this.#trace;
    if (trace.ended) return;
    try {
      const { encoder, limits } = encoding;
      const updates = trace.ownUpdates();
      if (!updates.fields.has("http")) addFields(updates.fields, { http }, encoder, limits.field);
      const text = (given: unknown): string | undefined =>
        typeof given === "string" ? textJson(encoder, given, limits.field) : undefined;
      updates.userId ??= text(userId);
      updates.sessionId ??= text(sessionId);
      if (failure !== undefined) {
        trace.failed = true;
        trace.statusMessage = text(failure);
      }
    } catch {
      count("internal_error");
    }
    trace.end();
  }
}

/**
 * Tells how a listener's work ended, where it returned a promise.
 * @returns what the wrapper of the listener returns in its place
 */
export function whenReturned(
  listener: unknown,
  returned: unknown,
  settled: (rejected: boolean, reason: unknown) => void,
): unknown {
  const waiting = {
    settled: (_: number, rejected: boolean, value: unknown) => settled(rejected, value),
  };
  try {
    if (isNew(listener, returned)) return replaced(returned, waiting);
    if (isPlainPromise(returned)) follow(returned, waiting);
    else settled(false, undefined);
  } catch {
    count("internal_error");
  }
  return returned;
}
