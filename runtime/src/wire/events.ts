// The older, uncompressed form: a trace's JSON text → one message for its start, each span, each LLM call and its end; and back.
// Format: the event types and `tokens_used` of the Python SDK before its traces were compressed.
import { cutTrace } from "./split.ts";
import type { PartialTrace } from "./join.ts";

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
  const usage = typeof tokens === "number" && {
    input_tokens: 0,
    output_tokens: 0,
    total_tokens: tokens,
  };
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
