// Where the program is → `currentSpan()` and `currentTrace()`, which the program adds facts to.
// Invariant: never throws; what comes after the trace was sent is counted.
import { encoding } from "../encode/current.ts";
import { count } from "../platform/report.ts";
import { currentPlace } from "../tracing/place.ts";
import type { Span } from "../tracing/span.ts";
import type { Trace } from "../tracing/trace.ts";
import { traceHeadersAt, traceparentAt } from "../tracing/trace-parent.ts";
import { type Score, SpanUpdates, type SpanUpdate, type TraceUpdate } from "../tracing/updates.ts";

/** The span that the calling code runs in. */
export interface CurrentSpan {
  /** The function's name, or the one that its tag gives. */
  readonly name: string;
  /** UUID. */
  readonly spanId: string;
  /** UUID of the trace it belongs to. */
  readonly traceId: string;
  /** Adds to the span. Never throws: what has the wrong type is left out and counted. */
  update(update: SpanUpdate): void;
}

/** The innermost trace that is open where the calling code runs. */
export interface CurrentTrace {
  /** As it began. */
  readonly name: string;
  /** UUID. */
  readonly traceId: string;
  /** For a callee that continues the trace (W3C Trace Context): the current span, or the root. */
  readonly traceparent: string;
  /** Of the service whose trace it continues. */
  readonly tracestate: string | undefined;
  /** Adds to the trace. Never throws: what has the wrong type is left out and counted. */
  update(update: TraceUpdate): void;
  /** Records a score: of a user, of a test, of a model that judges. */
  score(score: Score): void;
}

export function currentSpan(): CurrentSpan | undefined {
  const span = currentPlace()?.span;
  if (span === undefined) return undefined;
  const { trace, site } = span;
  return {
    name: site.facts.name,
    spanId: trace.spanId(span.number),
    traceId: trace.id,
    update: (update) => {
      if (admits(trace, update)) updateSpan(span, update);
    },
  };
}

export function currentTrace(): CurrentTrace | undefined {
  const place = currentPlace();
  if (place === undefined) return undefined;
  const { trace } = place;
  return {
    name: trace.options.name,
    traceId: trace.id,
    get traceparent() {
      return traceparentAt(place);
    },
    tracestate: trace.remote?.tracestate,
    update: (update) => {
      if (admits(trace, update)) trace.update(update);
    },
    score: (score) => {
      if (admits(trace, score)) trace.score(score);
    },
  };
}

/** The headers that a callee of the calling code continues its trace by; {} outside of traces. */
export function traceHeaders(): Record<string, string> {
  const place = currentPlace();
  if (place === undefined) return {};
  return traceHeadersAt(place);
}

function updateSpan(span: Span, update: SpanUpdate): void {
  try {
    span.updates ??= new SpanUpdates();
    span.trace.bytes += span.updates.add(update, encoding.encoder, encoding.limits.field);
    span.trace.countBytes();
  } catch {
    count("internal_error");
  }
}

/** Whether an update can be taken; one that cannot is counted. */
function admits(trace: Trace<Span>, update: unknown): boolean {
  if (typeof update !== "object" || update === null) count("invalid_update");
  else if (trace.sent) count("late_update");
  else return true;
  return false;
}
