// What the processor's tests share: spans and traces as they come off the wire.
import { randomUUID } from "node:crypto";
import type { WireSpan, WireTrace } from "llmops-observability/wire";

export function span(fields: Partial<WireSpan> = {}): WireSpan {
  return {
    span_id: randomUUID(),
    span_name: "step",
    span_type: "span",
    parent_span_id: null,
    start_time: 1_790_000_000,
    end_time: 1_790_000_001,
    duration_ms: 1000,
    input_data: { args: [], kwargs: {}, locals: {} },
    output_data: { output: null },
    error: null,
    model_id: null,
    metadata: {},
    tags: [],
    usage: null,
    cost: null,
    prompt: null,
    response: null,
    status: "success",
    status_message: null,
    level: "DEFAULT",
    ...fields,
  };
}

export function trace(fields: Partial<WireTrace> = {}): WireTrace {
  const spans = fields.spans ?? [];
  return {
    trace_id: randomUUID(),
    trace_name: "question",
    project_id: "project",
    environment: "test",
    user_id: null,
    session_id: null,
    start_time: 1_790_000_000,
    end_time: 1_790_000_001,
    duration_ms: 1234,
    trace_input: null,
    trace_output: null,
    token_usage: { total_input_tokens: 0, total_output_tokens: 0, total_tokens: 0 },
    cost: { total_cost: null },
    spans,
    metadata: {},
    tags: [],
    total_spans: spans.length,
    total_generations: spans.filter(({ span_type }) => span_type === "generation").length,
    sdk_name: "llmops-observability",
    sdk_version: "0.0.0",
    ...fields,
  };
}
