// A trace of the wire for tests, in the text form that the runtime writes (tabs around spans).
import { CLOSE_SPANS, NEXT_SPAN, OPEN_SPANS } from "../../src/wire/span-marks.ts";
import type { WireSpan, WireTrace } from "../../src/wire/message.ts";

export function span(number: number, more: Partial<WireSpan> = {}): WireSpan {
  const started = 1_769_446_311 + number / 1000;
  return {
    span_id: `87a41b12-cc61-4fdf-9bf2-${number.toString(16).padStart(12, "0")}`,
    span_name: `step ${number % 7}`,
    span_type: "span",
    parent_span_id: null,
    start_time: started,
    end_time: started + 0.25,
    duration_ms: 250,
    input_data: { args: [number, "text"], kwargs: {}, locals: { at: number } },
    output_data: { output: { number } },
    error: null,
    model_id: null,
    metadata: { environment: "uat", project_id: "p" },
    tags: [],
    usage: null,
    cost: null,
    prompt: null,
    response: null,
    status: "success",
    status_message: null,
    level: "DEFAULT",
    ...more,
  };
}

export function trace(spans: readonly WireSpan[], more: Partial<WireTrace> = {}): WireTrace {
  return {
    trace_id: "87a41b12-cc61-4fdf-9bf2-a50a369b4d30",
    trace_name: "rag",
    project_id: "p",
    environment: "uat",
    user_id: null,
    session_id: null,
    start_time: 1_769_446_311,
    end_time: 1_769_446_312,
    duration_ms: 1000,
    trace_input: { q: 1 },
    trace_output: null,
    token_usage: { total_input_tokens: 0, total_output_tokens: 0, total_tokens: 0 },
    cost: { total_cost: null },
    spans,
    metadata: { version: "1" },
    tags: ["a"],
    total_spans: spans.length,
    total_generations: spans.filter(({ span_type }) => span_type === "generation").length,
    sdk_name: "llmops-observability",
    sdk_version: "0.1.0",
    ...more,
  };
}

export function textOf(whole: WireTrace): string {
  const frame = JSON.stringify({ ...whole, spans: [] });
  if (whole.spans.length === 0) return frame;
  const spans = whole.spans.map((one) => JSON.stringify(one)).join(NEXT_SPAN);
  return frame.replace('"spans":[]', () => `"spans":${OPEN_SPANS}${spans}${CLOSE_SPANS}`);
}
