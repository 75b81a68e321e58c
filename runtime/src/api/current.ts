// `currentSpan()` and `currentTrace()`: where the program is, to say more of it.
// Invariant: never throws; what comes after its trace was sent is counted.
import { encoding } from "../encode/current.ts";
import { count } from "../platform/report.ts";
import { currentPlace } from "../tracing/place.ts";
import type { Span } from "../tracing/span.ts";
import type { Trace } from "../tracing/trace.ts";
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
  const trace = currentPlace()?.trace;
  if (trace === undefined) return undefined;
  return {
    name: trace.options.name,
    traceId: trace.id,
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
