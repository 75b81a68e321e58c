// Who takes part in W3, W5, W9 and W11, and what each of them records of a trace.
// A contender = which build of the workload it runs, its session, and the environment of its
// process.

export interface Contender {
  readonly key: string;
  readonly title: string;
  readonly build: "bare" | "ast";
  readonly session: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly records: string;
}

const OURS = "arguments, results, named locals, prompt, response, model, tokens, cost; masked";

export const contenders: readonly Contender[] = [
  {
    key: "bare",
    title: "uninstrumented",
    build: "bare",
    session: "sessions/bare.ts",
    records: "nothing",
  },
  {
    key: "wal",
    title: "llmops, `wal`",
    build: "ast",
    session: "sessions/queue.ts",
    env: { LLMOPS_DURABILITY: "wal" },
    records: `${OURS}; on disk before the trace's end returns; SQS messages of gzip in batches of ten`,
  },
  {
    key: "memory",
    title: "llmops, `memory`",
    build: "ast",
    session: "sessions/queue.ts",
    env: { LLMOPS_DURABILITY: "memory" },
    records: "the same, never on disk",
  },
  {
    key: "otel",
    title: "OpenTelemetry by hand",
    build: "bare",
    session: "peers/opentelemetry.ts",
    records: "arguments and results as JSON attributes; batches of 512 spans, OTLP/HTTP JSON",
  },
  {
    key: "otel-gzip",
    title: "OpenTelemetry, gzip",
    build: "bare",
    session: "peers/opentelemetry.ts",
    env: { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" },
    records: "the same, compressed",
  },
  {
    key: "langfuse",
    title: "Langfuse `observe`",
    build: "bare",
    session: "peers/langfuse.ts",
    records: "arguments and results; OpenTelemetry's batches, OTLP/HTTP JSON",
  },
  {
    key: "sentry",
    title: "Sentry `startSpan`",
    build: "bare",
    session: "peers/sentry.ts",
    records: "arguments and results as JSON attributes; an envelope each trace",
  },
  {
    key: "datadog",
    title: "dd-trace LLM Observability",
    build: "bare",
    session: "peers/datadog.ts",
    records:
      "arguments and results of LLM Observability's spans, and the spans of APM; to an agent",
  },
  {
    key: "laminar",
    title: "Laminar `observe`",
    build: "bare",
    session: "peers/laminar.ts",
    records: "arguments and results; OpenTelemetry's batches, OTLP/HTTP protobuf",
  },
];
