// Traces as the wire has them, of what a test is about.
import { readTrace, type WireSpan, type WireTrace } from "llmops-observability/wire";
import type { Incoming } from "../../src/store.ts";

export const T0 = 1_795_000_000;

export type SpanParts = Partial<WireSpan> & { readonly span_id: string };

/** As `decode` gives it, of what the test is about. */
export function trace(id: string, spans: readonly SpanParts[], fields: object = {}): WireTrace {
  const all = spans.map((span, at) => ({
    span_name: span.span_id,
    span_type: "span",
    start_time: T0 + at / 1000,
    end_time: T0 + at / 1000 + 0.01,
    duration_ms: 10,
    status: "success",
    ...span,
  }));
  return readTrace(
    JSON.stringify({
      trace_id: id,
      trace_name: `trace ${id}`,
      start_time: T0,
      end_time: T0 + 1,
      duration_ms: 1000,
      project_id: "shop",
      environment: "test",
      ...fields,
      spans: all,
    }),
  );
}

export function generation(id: string, parent: string | null, tokens: number): SpanParts {
  return {
    span_id: id,
    parent_span_id: parent,
    span_type: "generation",
    model_id: "gpt-4o",
    usage: { input_tokens: tokens - 1, output_tokens: 1, total_tokens: tokens },
    cost: { input_cost: 0, output_cost: 0.5, total_cost: 0.5 },
    prompt: `prompt of ${id}`,
    response: `response of ${id}`,
  };
}

export const coming = (...traces: readonly WireTrace[]): Incoming[] =>
  traces.map((one) => ({ trace: one, source: "sqs" }));
