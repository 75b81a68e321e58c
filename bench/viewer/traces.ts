// A number → a trace of so many spans, always the same.
import { readTrace, type WireTrace } from "llmops-observability/wire";

const T0 = 1_795_000_000;

const WORDS =
  "the quick model answers a question about structured output and tools while tokens flow through the retriever into the prompt of an agent that plans searches reads writes summarizes documents invoices customers orders and returns results with citations".split(
    " ",
  );

function sentence(seed: number, words: number): string {
  let state = seed * 2_654_435_761 + 1;
  return Array.from({ length: words }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % 7 === 0 ? state.toString(36) : WORDS[state % WORDS.length];
  }).join(" ");
}

export function traceOf(id: number, spans: number): WireTrace {
  const started = T0 + id;
  return readTrace(
    JSON.stringify({
      trace_id: `trace-${id}`,
      trace_name: ["question", "index", "summary"][id % 3],
      project_id: "shop",
      environment: id % 2 ? "dev" : "test",
      user_id: `user-${id % 500}`,
      session_id: `session-${id % 2000}`,
      start_time: started,
      end_time: started + 2,
      duration_ms: 2000 + (id % 900),
      tags: ["a", `t${id % 20}`],
      metadata: { tier: `m${id % 5}` },
      spans: Array.from({ length: spans }, (_, at) => spanOf(id, at, started)),
    }),
  );
}

function spanOf(id: number, at: number, started: number): object {
  const isGeneration = at % 5 === 4;
  const tokens = 100 + (id % 300);
  return {
    span_id: `trace-${id}-${at}`,
    span_name: isGeneration ? "chat" : `step${at % 20}`,
    span_type: isGeneration ? "generation" : "span",
    parent_span_id: at === 0 ? null : `trace-${id}-${at < 10 ? 0 : Math.floor(at / 10)}`,
    start_time: started + at / 1e4,
    end_time: started + at / 1e4 + 0.05,
    duration_ms: 50,
    input_data: {
      args: [sentence(id * 31 + at, 12)],
      kwargs: {},
      locals: { total: id * 1.5, draft: sentence(id * 17 + at, 20) },
    },
    output_data: { output: sentence(id + at, 10) },
    error: id % 50 === 0 && at === 3 ? { type: "Error", message: "boom", stack: null } : null,
    status: id % 50 === 0 && at === 3 ? "error" : "success",
    code: {
      function: `step${at % 20}`,
      file: "src/a.ts",
      line: at,
      column: 1,
      site: `src/a.ts#step${at % 20}`,
      hash: `h${at % 20}`,
    },
    ...(isGeneration && {
      model_id: `gpt-${id % 4}`,
      usage: { input_tokens: tokens, output_tokens: 20, total_tokens: tokens + 20 },
      cost: { input_cost: 0, output_cost: 0, total_cost: tokens / 1e6 },
      prompt: sentence(id * 7 + at, 60),
      response: sentence(id * 5 + at, 40),
    }),
  };
}
