// The questions asked and the traces that arrived in → which questions have no trace, and one line about them all, out.
import type { WireTrace } from "llmops-processor";

/** The questions without a trace of their own: asked twice, a question needs two. A message delivered twice is one trace. */
export function withoutTrace(questions: readonly string[], traces: readonly WireTrace[]): string[] {
  const missing = [...questions];
  for (const trace of distinct(traces)) {
    const at = missing.indexOf(questionOf(trace) ?? "");
    if (at >= 0) missing.splice(at, 1);
  }
  return missing;
}

export function summaryOf(questions: readonly string[], traces: readonly WireTrace[]): string {
  let spans = 0;
  let tokens = 0;
  let cost = 0;
  const arrived = distinct(traces);
  for (const trace of arrived) {
    spans += trace.total_spans;
    tokens += trace.token_usage.total_tokens;
    cost += trace.cost.total_cost ?? 0;
  }
  return [
    counted(questions.length, "question"),
    counted(arrived.length, "trace"),
    counted(spans, "span"),
    counted(tokens, "token"),
    `$${cost.toFixed(6)}`,
  ].join(" · ");
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

function distinct(traces: readonly WireTrace[]): WireTrace[] {
  return [...new Map(traces.map((trace) => [trace.trace_id, trace])).values()];
}

function questionOf({ trace_input: input }: WireTrace): string | undefined {
  const question =
    typeof input === "object" && input !== null && "question" in input && input.question;
  return typeof question === "string" ? question : undefined;
}
