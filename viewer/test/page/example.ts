// One of everything that the API answers → routes of a fake server that fill each screen.
import type { SpanRow, Stats, TraceRow } from "../../src/model.ts";
import type { Comparison, Coverage, Pipeline, SourceValue, SourceView } from "../../src/views.ts";
import { listOf, spanRow, traceOf, traceRow, type Route } from "./fake.ts";

const delta = { duration_ms: -20, total_tokens: 0, cost: null };
const same = (index: number, depth: number): Comparison["pairs"][number] => ({
  state: "same",
  depth,
  a: spanRow({ span_id: `a${index}`, name: `step ${index}`, depth }),
  b: spanRow({ span_id: `b${index}`, name: `step ${index}`, depth }),
  source: "same",
  changes: [],
  delta: { duration_ms: 0, total_tokens: 0, cost: 0 },
});
export const comparison: Comparison = {
  a: traceRow({ trace_id: "a" }),
  b: traceRow({ trace_id: "b", duration_ms: 1900 }),
  summary: {
    same: 6,
    changed: 1,
    added: 0,
    removed: 1,
    duration_ms: -200,
    total_tokens: -214,
    cost: -0.00005,
    source_changed: 1,
  },
  pairs: [
    ...Array.from({ length: 6 }, (_, index) => same(index, 0)),
    {
      ...same(6, 0),
      state: "changed",
      source: "changed",
      delta,
      changes: [
        {
          path: "/input_data/locals/context",
          a: "of a good day",
          b: "of a bad day",
          kind: "changed",
        },
        { path: "/input_data/locals/extra", a: null, b: 3, kind: "added" },
      ],
    },
    { ...same(7, 0), state: "removed", b: null },
  ],
};

const covered = (over: Partial<Coverage["functions"][number]>): Coverage["functions"][number] => ({
  site: "src/pay.ts#pay",
  function: "pay",
  file: "src/pay.ts",
  line: 3,
  kind: "span",
  tag: "/** @track */",
  from: "tag",
  state: "hit",
  stale: false,
  hits: 3,
  errors: 1,
  last_seen: 1_790_000_000,
  p50_ms: 10,
  p95_ms: 20,
  captures: [{ name: "total", seen: 3, unset: 0, truncated: 1, redacted: 0 }],
  skipped: null,
  ...over,
});
export const coverage: Coverage = {
  manifests: [],
  functions: [
    covered({}),
    covered({ site: "src/pay.ts#refund", function: "refund", state: "never", hits: 0, line: 9 }),
    covered({
      site: "src/gen.ts#walk",
      function: "walk",
      state: "skipped",
      hits: 0,
      skipped: { code: "LLM2001", message: "It uses arguments." },
    }),
  ],
  unknown: [{ function: "old", file: null, hits: 2 }],
  totals: { functions: 3, hit: 1, never: 1, skipped: 1, truncated: 1, redacted: 0, percent: 50 },
};

const point = (t: number, n: number) => ({
  t,
  count: 1,
  errors: 0,
  input_tokens: 100 * n,
  output_tokens: 10 * n,
  cost: 0.001 * n,
  p50_ms: 50 * n,
  p95_ms: 90 * n,
});

export const stats: Stats = {
  from: 1_790_000_000,
  to: 1_790_000_060,
  bucket_s: 30,
  series: [
    {
      key: "gpt-4o-mini",
      points: [point(1_790_000_000, 1), point(1_790_000_030, 2)],
      totals: { ...point(0, 3), count: 2 },
    },
  ],
  totals: { ...point(0, 3), count: 2 },
};

export const counts = { received: 4, stored: 4, failed: 0, last_error: null, last_at: null };
export const pipeline: Pipeline = {
  queue: {
    url: "http://127.0.0.1:4319/0/llmops",
    state: "up",
    visible: 3,
    in_flight: 1,
    delayed: 0,
    dead: 2,
  },
  ingest: { sqs: counts, spool: counts, otlp: counts, import: counts },
  sinks: [
    { name: "store", state: "ok", delivered: 4, failed: 0, last_error: null, last_at: null },
    {
      name: "s3",
      state: "failing",
      delivered: 0,
      failed: 4,
      last_error: "Access denied",
      last_at: 1_790_000_000,
    },
  ],
  store: { bytes: 1_000_000, max_bytes: 536_870_912, evicted: 0, state: "ok" },
  child: { command: "node app.js", pid: 42, state: "running", exit_code: null },
};

export const LINES: readonly string[] = [
  "/** @track */",
  "function pay(order: Order) {",
  "  const total = order.items.length * 1.1;",
  "  const note = `for ${order.name} // ${total}`;",
  "  charge(total);",
  "  return total;",
  "}",
];

const value = (over: Partial<SourceValue> & Pick<SourceValue, "name" | "line">): SourceValue => ({
  phase: "local",
  value: null,
  preview: JSON.stringify(over.value ?? null),
  truncated: false,
  size: 4,
  redacted: false,
  unset: false,
  all_lines: [over.line],
  ...over,
});

export const view: SourceView = {
  state: "same",
  message: "",
  file: "src/pay.ts",
  root: "/app",
  language: "typescript",
  start_line: 2,
  end_line: 7,
  lines: LINES.map((text, index) => ({ line: index + 1, text })),
  values: [
    value({ name: "order", line: 2, phase: "argument", value: { name: "Ada", items: [1, 2] } }),
    value({ name: "total", line: 3, value: 2.2 }),
    value({ name: "return", line: 6, phase: "return", value: 2.2 }),
  ],
  failing: { line: 5, column: 3, type: "CardError", message: "declined" },
  instrumented: {
    lines: LINES.map((text, index) => ({
      line: index + 1,
      text: index === 1 ? text.replace("{", "{ const span = enter(7);") : text,
    })),
    note: null,
  },
  site: "src/pay.ts#pay",
  warnings: [],
};

export const spans: readonly SpanRow[] = [
  spanRow({
    span_id: "answer",
    duration_ms: 100,
    child_count: 2,
    total_tokens: 916,
    total_cost: 0.0002,
  }),
  spanRow({ span_id: "search", depth: 1, parent_span_id: "answer", start: 2, duration_ms: 10 }),
  spanRow({
    span_id: "complete",
    depth: 1,
    parent_span_id: "answer",
    start: 20,
    duration_ms: 80,
    child_count: 2,
  }),
  spanRow({
    span_id: "chat-1",
    depth: 2,
    parent_span_id: "complete",
    kind: "generation",
    start: 20,
    duration_ms: 30,
    status: "error",
  }),
  spanRow({
    span_id: "chat-2",
    depth: 2,
    parent_span_id: "complete",
    kind: "generation",
    start: 55,
    duration_ms: 45,
    total_tokens: 916,
  }),
];
export const row: TraceRow = traceRow({
  trace_id: "t1",
  duration_ms: 100,
  status: "error",
  spans: 5,
});
const values = (id: string): Readonly<Record<string, unknown>> =>
  id === "chat-2"
    ? {
        input_data: { kwargs: { model: "gpt", note: "x".repeat(70_000) }, locals: { total: 3 } },
        output_data: { output: { image: "QUJDREVGR0hJSktMTU5P".repeat(40) } },
      }
    : {};
export const traceRoutes: Record<string, Route> = {
  ...traceOf(row, spans, values),
  "/api/traces/t1/search": ({ url }) =>
    url.searchParams.get("q") === "3.3"
      ? { span_ids: ["chat-2"], total: 1 }
      : { span_ids: [], total: 0 },
  "/api/traces/t1/spans/chat-2/chat": () => ({
    messages: [
      { role: "system", parts: [{ type: "text", text: "Be brief." }] },
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "1", name: "look", arguments: { at: "moon" } }],
      },
      { role: "tool", parts: [{ type: "tool_result", id: "1", text: "It is there." }] },
    ],
    model: "gpt-4o-mini",
    finish_reason: "stop",
    usage: { input_tokens: 700, output_tokens: 216 },
    cost: { total_cost: 0.0002 },
    stream: null,
    source: "input",
  }),
};

/** Answers of every path. */
export const everything: Record<string, Route> = {
  ...listOf([row, traceRow({ trace_id: "b", name: "other", status: "running" })]),
  ...traceRoutes,
  "/api/traces/t1/spans/chat-1/source": () => view,
  "/api/compare": () => comparison,
  "/api/coverage": () => coverage,
  "/api/stats": () => stats,
  "/api/pipeline": () => pipeline,
  "/api/pipeline/dead": () => ({
    messages: [
      { id: "1", reason: "not a trace", received_at: 1_790_000_000, preview: "{oops", bytes: 5 },
    ],
  }),
};

export const SCREENS: readonly string[] = [
  "/",
  "/?q=none",
  ...["source", "input", "output", "raw", "info"].map((tab) => `/traces/t1?tab=${tab}`),
  "/traces/t1?span=chat-2&tab=chat",
  "/traces/none",
  "/compare?a=a&b=b",
  "/compare",
  "/coverage",
  "/charts",
  "/pipeline",
  "/no/such/page",
];
