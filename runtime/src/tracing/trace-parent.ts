// A caller's headers or message attributes ↔ the span that a trace continues (W3C Trace Context).
// Invariant: we read own data properties alone. What is not exactly right is no parent.
import { types } from "../platform/node.ts";
import { otelSpanId, otelTraceId } from "../otlp/ids.ts";

/** A `traceparent`, HTTP headers, or attributes of an SQS message as the SDK or Lambda has them. */
export type TraceParent = string | Headers | Readonly<Record<string, unknown>>;

/** The span of another service that a trace continues. */
export interface RemoteParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** 2 hexadecimal digits. */
  readonly flags: string;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

const PARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
/**
 * Characters; longer ones are dropped whole. The standard demands 512, Node takes 16 KiB in all.
 */
const LONGEST_STATE = 8192;
/** Of trace flags: set where the caller's trace id is random (W3C level 2). We pass it on. */
const RANDOM = 2;

type Names = "traceparent" | "tracestate" | "baggage";
const NAMES: readonly Names[] = ["traceparent", "tracestate", "baggage"];

/** Undefined for anything that names no valid parent. Never throws. */
export function remoteParent(given: unknown): RemoteParent | undefined {
  try {
    return typeof given === "string" ? parsed({ traceparent: [given] }) : parsed(fieldsIn(given));
  } catch {
    return undefined;
  }
}

type Found = { [N in Names]?: string[] };

function parsed({
  traceparent = [],
  tracestate = [],
  baggage = [],
}: Found): RemoteParent | undefined {
  const [text] = traceparent;
  if (text === undefined || traceparent.length > 1) return undefined;
  const [, version, traceId, spanId, flags, more] = PARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  return { traceId, spanId, flags, tracestate: joined(tracestate), baggage: joined(baggage) };
}

function joined(texts: readonly string[]): string | undefined {
  const text = texts.join(",");
  return text === "" || text.length > LONGEST_STATE ? undefined : text;
}

function fieldsIn(given: unknown): Found {
  const found: Found = {};
  if (typeof given !== "object" || given === null || types.isProxy(given)) return found;
  if (isHeaders(given)) {
    for (const name of NAMES) {
      const value = Reflect.apply(Headers.prototype.get, given, [name]);
      if (value !== null) found[name] = [value];
    }
    return found;
  }
  for (const key of Object.keys(given)) {
    const name = NAMES.find((one) => one.length === key.length && one === key.toLowerCase());
    if (name !== undefined) (found[name] ??= []).push(...textsIn(ownDatum(given, key)));
  }
  return found;
}

/** `Headers` is looked up late: Node loads `fetch` and all that belongs to it for it. */
function isHeaders(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype === Object.prototype || prototype === null) return false;
  return typeof Headers === "function" && prototype === Headers.prototype;
}

/** A text; a list of texts, as headers that came more than once; an attribute of a message. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || types.isProxy(value)) return [];
  if (!Array.isArray(value)) {
    const text = ownDatum(value, "StringValue") ?? ownDatum(value, "stringValue");
    return typeof text === "string" ? [text] : [];
  }
  const texts: string[] = [];
  for (let at = 0; at < value.length; at++) {
    const text = ownDatum(value, String(at));
    if (typeof text === "string") texts.push(text);
  }
  return texts;
}

function ownDatum(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value as unknown;
}

/** Where a request to a callee is made. */
interface Caller {
  readonly trace: {
    readonly id: string;
    readonly remote: RemoteParent | undefined;
    readonly sampled: boolean;
    spanId(number: number): string;
  };
  /** Undefined: outside of the trace's spans, so that its root is the caller. */
  readonly span: { readonly number: number } | undefined;
}

/** What a callee continues the trace by: the trace, and the span that calls. */
export function traceparentAt({ trace, span }: Caller): string {
  const { id, remote, sampled } = trace;
  const caller = otelSpanId(span === undefined ? id : trace.spanId(span.number));
  const passedOn = remote === undefined ? 0 : Number.parseInt(remote.flags, 16) & RANDOM;
  return `00-${remote?.traceId ?? otelTraceId(id)}-${caller}-0${passedOn | (sampled ? 1 : 0)}`;
}

/** `traceparent`, and what came with the one that the trace continues. */
export function traceHeadersAt(caller: Caller): Record<string, string> {
  const { tracestate, baggage } = caller.trace.remote ?? {};
  return {
    traceparent: traceparentAt(caller),
    ...(tracestate !== undefined && { tracestate }),
    ...(baggage !== undefined && { baggage }),
  };
}
