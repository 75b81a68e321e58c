// A trace's JSON text ↔ the older, uncompressed form: a message for its start, each span, each LLM
// call, and its end.
// Format: the event types and `tokens_used` of the Python SDK before it compressed traces.
import { cutTrace } from "./split.ts";
import type { PartialTrace } from "./join.ts";
import type { WireSpan } from "./schema.ts";

const AT_THE_START = [
  "trace_name",
  "project_id",
  "environment",
  "user_id",
  "session_id",
  "start_time",
  "metadata",
  "tags",
] as const;

export function eventsOf(traceId: string, traceJson: string): string[] {
  const { head, spans, tail } = cutTrace(traceJson);
  const { spans: _none, ...trace } = JSON.parse(head + tail) as Record<string, unknown>;
  const event = (type: string, fields: object): string =>
    JSON.stringify({ event_type: type, trace_id: traceId, ...fields });
  const start = Object.fromEntries(AT_THE_START.map((key) => [key, trace[key]]));
  return [
    event("trace_start", start),
    ...spans.map((text) => {
      const span = JSON.parse(text) as { span_type?: unknown; usage?: { total_tokens?: unknown } };
      if (span.span_type !== "generation") return event("span_created", span);
      return event("llm_call", { ...span, tokens_used: span.usage?.total_tokens ?? null });
    }),
    event("trace_end", trace),
  ];
}

/** What one event says of its trace. */
export function traceOfEvent(event: Record<string, unknown>): PartialTrace {
  const { event_type: type, trace_id: id, ...fields } = event;
  const traceId = typeof id === "string" ? id : "";
  if (type === "trace_start" || type === "trace_end")
    return { ...fields, trace_id: traceId, spans: [] };
  const { tokens_used: tokens, ...span } = fields;
  const usage = typeof tokens === "number" && totalAlone(tokens);
  const spanType = type === "llm_call" ? "generation" : "span";
  return {
    trace_id: traceId,
    spans: [
      {
        ...(usage && { usage }),
        span_type: spanType,
        ...span,
        span_id: typeof span["span_id"] === "string" ? span["span_id"] : "",
      },
    ],
  };
}

/** The event does not say how many of the tokens went in, and we do not guess. */
function totalAlone(tokens: number): NonNullable<WireSpan["usage"]> {
  const usage: Partial<NonNullable<WireSpan["usage"]>> = { total_tokens: tokens };
  return usage as NonNullable<WireSpan["usage"]>;
}

/** The trace of one event that is read by itself; of a span, it begins and ends with the span. */
export function toldAlone(trace: PartialTrace): PartialTrace {
  const [span] = trace.spans;
  if (span === undefined) return trace;
  const { project_id: project, environment } = span.metadata ?? {};
  return {
    ...(typeof project === "string" && { project_id: project }),
    ...(typeof environment === "string" && { environment }),
    start_time: span.start_time ?? 0,
    end_time: span.end_time ?? span.start_time ?? 0,
    duration_ms: span.duration_ms ?? 0,
    ...trace,
  };
}
