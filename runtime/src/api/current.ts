// `currentSpan()` and `currentTrace()`: where the program is, to say more of it.
// Invariant: never throws; what comes after its trace was sent is counted.
import { encoding } from "../encode/current.ts";
import { count } from "../platform/report.ts";
import { currentPlace } from "../tracing/place.ts";
import type { Span } from "../tracing/span.ts";
import type { Trace } from "../tracing/trace.ts";
import { traceparentOf } from "../tracing/trace-parent.ts";
import { type Score, SpanUpdates, type SpanUpdate, type TraceUpdate } from "../tracing/updates.ts";

/** The span that the calling code runs in. */
export interface CurrentSpan {
  readonly name: string;
  /** UUID. */
  readonly spanId: string;
  readonly traceId: string;
  /** Adds to the span. Never throws: what has the wrong type is left out and counted. */
  update(update: SpanUpdate): void;
}

/** The innermost trace that is open where the calling code runs. */
export interface CurrentTrace {
  readonly name: string;
  readonly traceId: string;
  /** What a callee continues it by (W3C Trace Context): names the current span, else the trace's root. */
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
    update: (update) => said(trace, update, () => updateSpan(span, update)),
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
      return traceparentOf(trace, spanIdOf(place));
    },
    tracestate: trace.remote?.tracestate,
    update: (update) =>
      said(trace, update, () => {
        const { encoder, limits } = encoding;
        trace.updated().add(update, encoder, limits.field, limits.traceIo);
      }),
    score: (score) =>
      said(trace, score, () =>
        trace.updated().score(score, encoding.encoder, encoding.limits.field),
      ),
  };
}

/** The headers that a callee of the calling code continues its trace by; {} outside of traces. */
export function traceHeaders(): Record<string, string> {
  const place = currentPlace();
  if (place === undefined) return {};
  const { tracestate, baggage } = place.trace.remote ?? {};
  return {
    traceparent: traceparentOf(place.trace, spanIdOf(place)),
    ...(tracestate !== undefined && { tracestate }),
    ...(baggage !== undefined && { baggage }),
  };
}

function spanIdOf({ trace, span }: Span | Trace<Span>): string | undefined {
  return span === undefined ? undefined : trace.spanId(span.number);
}

function updateSpan(span: Span, update: SpanUpdate): void {
  span.updates ??= new SpanUpdates();
  span.updates.add(update, encoding.encoder, encoding.limits.field);
}

/** @param words what is said: an object, if it is right */
function said(trace: Trace<Span>, words: unknown, keep: () => void): void {
  if (typeof words !== "object" || words === null) {
    count("invalid_update");
    return;
  }
  if (trace.sent) {
    count("late_update");
    return;
  }
  try {
    keep();
  } catch {
    count("internal_error");
  }
}
