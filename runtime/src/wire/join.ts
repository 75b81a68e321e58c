// Parts of a trace, in any order, some of them twice → the trace.
// Invariant: of two spans with one id, the closed one wins over the unfinished one.
import type { WireSpan, WireTrace } from "./schema.ts";

/** What one message says of a trace. */
export type PartialTrace = Omit<Partial<WireTrace>, "spans"> & {
  readonly trace_id: string;
  readonly spans: readonly (Partial<WireSpan> & { readonly span_id: string })[];
};

const NO_SPAN: WireSpan = {
  span_id: "",
  span_name: "",
  span_type: "span",
  parent_span_id: null,
  start_time: 0,
  end_time: 0,
  duration_ms: 0,
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
};

const NO_TRACE: WireTrace = {
  trace_id: "",
  trace_name: "",
  project_id: "",
  environment: "",
  user_id: null,
  session_id: null,
  start_time: 0,
  end_time: 0,
  duration_ms: 0,
  trace_input: null,
  trace_output: null,
  token_usage: { total_input_tokens: 0, total_output_tokens: 0, total_tokens: 0 },
  cost: { total_cost: null },
  spans: [],
  metadata: {},
  tags: [],
  total_spans: 0,
  total_generations: 0,
  sdk_name: "",
  sdk_version: "",
};

const SPAN_KEYS = Object.keys(NO_SPAN);
const TRACE_KEYS = Object.keys(NO_TRACE);

/** With every key that always stands there. Our own traces have them, and are not copied. */
export function completed(trace: PartialTrace): WireTrace {
  if (isWhole(trace)) return trace;
  const spans = trace.spans.map((span): WireSpan => ({ ...NO_SPAN, ...span }));
  return { ...NO_TRACE, ...totalsOf(spans), ...trace, spans };
}

function isWhole(trace: PartialTrace): trace is WireTrace {
  return hasAll(trace, TRACE_KEYS) && trace.spans.every((span) => hasAll(span, SPAN_KEYS));
}

function hasAll(object: object, keys: readonly string[]): boolean {
  for (const key of keys) if (!Object.hasOwn(object, key)) return false;
  return true;
}

export function joinParts(parts: readonly PartialTrace[]): WireTrace {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return completed(first);
  const spans = new Map<string, WireSpan>();
  const joined: Partial<WireTrace> = {};
  for (const { spans: some, ...fields } of parts) {
    const told = Object.entries(fields).filter(([, value]) => value !== null);
    Object.assign(joined, Object.fromEntries(told));
    for (const span of some) {
      const known = spans.get(span.span_id);
      if (known === undefined || known.unfinished === true)
        spans.set(span.span_id, { ...NO_SPAN, ...span });
    }
  }
  const all = [...spans.values()].toSorted(
    (a, b) => a.start_time - b.start_time || (a.span_id < b.span_id ? -1 : 1),
  );
  // Each part of a trace tells its totals; they hold as long as some of its spans are missing.
  const missing = (joined.total_spans ?? 0) > all.length;
  return { ...NO_TRACE, ...joined, ...(missing ? {} : totalsOf(all)), spans: all };
}

type Totals = Pick<WireTrace, "token_usage" | "cost" | "total_spans" | "total_generations">;

function totalsOf(spans: readonly WireSpan[]): Totals {
  let [input, output, total, generations] = [0, 0, 0, 0];
  let cost: number | null = null;
  for (const span of spans) {
    if (span.span_type === "generation") generations++;
    // Its answer is one that another span handed on, and counts there.
    if (span.repeats === true) continue;
    const { input_tokens: given, output_tokens: taken, total_tokens: all } = span.usage ?? {};
    input += given ?? 0;
    output += taken ?? 0;
    // Other writers may know the total alone.
    total += given == null && taken == null ? (all ?? 0) : (given ?? 0) + (taken ?? 0);
    if (span.cost !== null) cost = (cost ?? 0) + span.cost.total_cost;
  }
  return {
    token_usage: {
      total_input_tokens: input,
      total_output_tokens: output,
      total_tokens: total,
    },
    cost: { total_cost: cost },
    total_spans: spans.length,
    total_generations: generations,
  };
}
