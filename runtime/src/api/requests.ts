// A request that a server answers → its trace: begun once, current in all work, ended with it.
// Invariant: nothing here throws into the server. What the program said of the trace wins.
import { runAt, storedPlace } from "../context/context.ts";
import { encoding } from "../encode/current.ts";
import { bytesOf } from "../encode/json-text.ts";
import { count } from "../platform/report.ts";
import { follow } from "../promises/follow.ts";
import { isPlainPromise } from "../promises/native-promise.ts";
import { isNew, replaced } from "../promises/replace.ts";
import { currentPlace } from "../tracing/place.ts";
import type { Span } from "../tracing/span.ts";
import type { Trace } from "../tracing/trace.ts";
import { remoteParent } from "../tracing/trace-parent.ts";
import { serverName } from "../tracing/settings.ts";
import { repeatedJson, repeatedName } from "../tracing/repeated-texts.ts";
import { beginTrace } from "../tracing/tracer.ts";
import { addFields, textJson } from "../tracing/updates.ts";

/** How a request's trace ends. */
export interface RequestEnd {
  /** `metadata.http`. */
  readonly http: Readonly<Record<string, unknown>> & {
    readonly headers: Readonly<Record<string, unknown>>;
  };
  /** It holds texts under names of ours alone. */
  readonly plain: boolean;
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

/**
 * Begins the trace of a request, named after the service and the machine. Undefined if recording is
 * off.
 * @param headers where the caller's `traceparent` stands
 */
export function openRequest(
  serviceName: string | undefined,
  headers: unknown,
): RequestTrace | undefined {
  const name = serverName(serviceName);
  const trace = beginTrace({ name }, currentPlace(), false, remoteParent(headers));
  return trace && new OpenRequest(trace);
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

  end({ http, plain, failure, userId, sessionId }: RequestEnd): void {
    const trace = this.#trace;
    if (trace.ended) return;
    try {
      const { encoder, limits } = encoding;
      const updates = trace.ownUpdates();
      if (!updates.fields.has("http")) {
        const json = plain ? plainJson(http) : undefined;
        if (json === undefined) addFields(updates.fields, { http }, encoder, limits.field);
        else updates.fields.set("http", json);
      }
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
 * JSON text of `metadata.http`, whose values most requests have in common: a third of the time of
 * encoding them anew. Undefined where it holds other things than texts, or too many of them.
 */
function plainJson(http: RequestEnd["http"]): string | undefined {
  const { limits } = encoding;
  if (isSecret("http") || isSecret("headers")) return undefined;
  const { headers } = http;
  if (Object.keys(headers).some((name) => typeof headers[name] !== "string")) return undefined;
  const json = membersJson(http, membersJson(headers));
  return bytesOf(json) <= limits.field ? json : undefined;
}

function isSecret(name: string): boolean {
  return repeatedJson(encoding.encoder, "x", encoding.limits.field, name) !== '"x"';
}

function membersJson(members: Readonly<Record<string, unknown>>, headersJson?: string): string {
  const names = Object.keys(members);
  let text = "";
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? "";
    const value =
      name === "headers" && headersJson !== undefined
        ? headersJson
        : valueJson(name, members[name]);
    text += (at === 0 ? "{" : ",") + repeatedName(encoding.encoder, name) + value;
  }
  return text === "" ? "{}" : `${text}}`;
}

function valueJson(name: string, value: unknown): string {
  const { encoder, limits } = encoding;
  if (typeof value === "string" && name !== "path")
    return repeatedJson(encoder, value, limits.field, name);
  // Numbers of ours, yes and no, and what is not known.
  const simple = value === null || typeof value === "boolean" || Number.isInteger(value);
  return simple && !isSecret(name) ? String(value) : encoder.value(value, limits.field, name);
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
