// An option → its row: environment variable, default, unit, validator, description.
// Invariant: each path of `Options` has a row, by its type; docs/configuration.md has them all.
import {
  type Kind,
  flag,
  httpUrl,
  listOf,
  objectWith,
  oneOf,
  optional,
  prices,
  ratio,
  requests,
  text,
  texts,
  whole,
} from "./kinds.ts";
import type { OptionPath, ValueAt } from "./options.ts";

export interface OptionRow<T> {
  readonly env?: string;
  readonly default: T;
  /** "" where it has none. */
  readonly unit: string;
  readonly kind: Kind<T>;
  readonly description: string;
}

const sink: Kind<unknown> = objectWith("", "send");

/**
 * Every option. The default is what applies where none of explicit, environment and .env is set.
 */
export const OPTION_TABLE: { readonly [P in OptionPath]: OptionRow<ValueAt<P>> } = {
  projectId: {
    env: "PROJECT_ID",
    default: "unknown_project",
    unit: "",
    kind: text,
    description: "The project that traces belong to; stands on every span.",
  },
  environment: {
    env: "ENV",
    default: "development",
    unit: "",
    kind: text,
    description: "Deployment environment; stands on every span.",
  },
  modelId: {
    env: "MODEL_ID",
    default: undefined,
    unit: "",
    kind: optional(text),
    description: "Model of LLM calls that name none.",
  },
  enabled: {
    env: "LLMOPS_ENABLED",
    default: true,
    unit: "",
    kind: flag,
    description: "Off: nothing is recorded and nothing is sent.",
  },
  sampleRate: {
    env: "LLMOPS_SAMPLE_RATE",
    default: 1,
    unit: "",
    kind: ratio,
    description: "Share of traces that are recorded, decided when a trace starts.",
  },
  keepErrors: {
    env: "LLMOPS_KEEP_ERRORS",
    default: false,
    unit: "",
    kind: flag,
    description: "Traces in which something failed are sent whatever the sample rate.",
  },
  wire: {
    env: "LLMOPS_WIRE",
    default: "trace",
    unit: "",
    kind: oneOf("trace", "events"),
    description:
      '"trace": a compressed message a trace. "events": the older form, a message an event.',
  },
  sinks: {
    default: [],
    unit: "",
    kind: listOf("a list of sinks, objects with a method send", sink.accepts),
    description:
      "Destinations of your own, in place of all others. A message is done when all have it.",
  },
  "sqs.url": {
    env: "AWS_SQS_URL",
    default: undefined,
    unit: "",
    kind: optional(httpUrl),
    description: "Queue that traces are sent to. Without it they stay in the spool directory.",
  },
  "sqs.region": {
    env: "AWS_REGION",
    default: "us-east-1",
    unit: "",
    kind: text,
    description: "Region of the queue; where unset, the one that an Amazon queue URL names.",
  },
  "sqs.profile": {
    env: "AWS_PROFILE",
    default: undefined,
    unit: "",
    kind: optional(text),
    description: "Profile in the AWS configuration. Unset: the SDK's own credential chain.",
  },
  "sqs.endpoint": {
    env: "AWS_ENDPOINT_URL_SQS",
    default: undefined,
    unit: "",
    kind: optional(httpUrl),
    description: "SQS server, where it is not the queue URL's host.",
  },
  "sqs.workers": {
    default: 4,
    unit: "requests",
    kind: whole(1, 64),
    description: "Requests in flight at a time.",
  },
  "sqs.batchSize": {
    default: 10,
    unit: "messages",
    kind: whole(1, 10),
    description: "Messages per request; SQS takes at most 10.",
  },
  "sqs.batchBytes": {
    default: 256 * 1024,
    unit: "bytes",
    kind: whole(1024, 1024 * 1024),
    description:
      "Bytes per request. The default holds for queues and clients of before 2025-08 too; SQS now takes 1 MiB.",
  },
  "sqs.batchTimeoutMs": {
    default: 200,
    unit: "ms",
    kind: whole(0, 60_000),
    description:
      "Longest wait of a finished trace for its batch to fill. Lower: fresher, more requests.",
  },
  "sqs.flushThresholdMs": {
    default: 150,
    unit: "ms",
    kind: whole(0, 60_000),
    description: "A batch that is this old goes out with the next trace instead of waiting on.",
  },
  "sqs.shutdownTimeoutMs": {
    default: 1000,
    unit: "ms",
    kind: whole(0, 600_000),
    description:
      "Longest wait at the end of the process, and of flush() and shutdown() by default.",
  },
  "sqs.client": {
    default: undefined,
    unit: "",
    kind: objectWith("an SQSClient of @aws-sdk/client-sqs", "send"),
    description: "Your own client, in place of one made from region, profile and endpoint.",
  },
  "langfuse.publicKey": {
    env: "LANGFUSE_PUBLIC_KEY",
    default: undefined,
    unit: "",
    kind: optional(text),
    description: "Langfuse public key.",
  },
  "langfuse.secretKey": {
    env: "LANGFUSE_SECRET_KEY",
    default: undefined,
    unit: "",
    kind: optional(text),
    description: "Langfuse secret key.",
  },
  "langfuse.baseUrl": {
    env: "LANGFUSE_BASE_URL",
    default: "https://cloud.langfuse.com",
    unit: "",
    kind: httpUrl,
    description: "Langfuse server.",
  },
  "langfuse.verifySsl": {
    env: "LANGFUSE_VERIFY_SSL",
    default: true,
    unit: "",
    kind: flag,
    description: "Off: any certificate of the Langfuse server is accepted.",
  },
  "langfuse.debug": {
    env: "LANGFUSE_DEBUG",
    default: false,
    unit: "",
    kind: flag,
    description: "Says on stderr what is sent to Langfuse.",
  },
  "otlp.endpoint": {
    env: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    default: undefined,
    unit: "",
    kind: optional(httpUrl),
    description:
      "OTLP over HTTP, whole; OTEL_EXPORTER_OTLP_ENDPOINT is taken too, with /v1/traces behind it. Set: traces go there.",
  },
  "otlp.headers": {
    env: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    default: {},
    unit: "",
    kind: texts,
    description: "Headers of each OTLP request, over those of OTEL_EXPORTER_OTLP_HEADERS.",
  },
  "otlp.compression": {
    env: "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    default: "gzip",
    unit: "",
    kind: oneOf("gzip", "none"),
    description: "Of OTLP requests above 1 KiB; OTEL_EXPORTER_OTLP_COMPRESSION too.",
  },
  "otlp.timeoutMs": {
    env: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    default: 10_000,
    unit: "ms",
    kind: whole(1, 600_000),
    description: "Longest wait for the answer to an OTLP request; OTEL_EXPORTER_OTLP_TIMEOUT too.",
  },
  "otlp.content": {
    env: "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    default: false,
    unit: "",
    kind: flag,
    description:
      "Arguments, results, locals, prompts, responses and tool calls go along by OTLP. Off: none of them leaves that way.",
  },
  "otlp.serviceName": {
    env: "OTEL_SERVICE_NAME",
    default: undefined,
    unit: "",
    kind: optional(text),
    description: "In place of the project id as the resource's service.name.",
  },
  "otlp.resource": {
    env: "OTEL_RESOURCE_ATTRIBUTES",
    default: {},
    unit: "",
    kind: texts,
    description: "More attributes of the OTLP resource.",
  },
  "limits.spanIo": {
    default: 20_000,
    unit: "bytes",
    kind: whole(64),
    description: "Input, and output, of one span; the largest values give way to previews.",
  },
  "limits.traceIo": {
    default: 50_000,
    unit: "bytes",
    kind: whole(64),
    description: "Input, and output, of a trace.",
  },
  "limits.promptResponse": {
    default: 10_000,
    unit: "bytes",
    kind: whole(64),
    description: "Prompt, and response text, of an LLM call.",
  },
  "limits.field": {
    default: 200 * 1024,
    unit: "bytes",
    kind: whole(64),
    description: "Any one value inside metadata, scores and the like.",
  },
  "limits.message": {
    default: 200_000,
    unit: "bytes",
    kind: whole(1024, 1024 * 1024),
    description: "A message as it is sent, after compression and base64; SQS takes at most 1 MiB.",
  },
  "limits.spansPerTrace": {
    default: 50_000,
    unit: "spans",
    kind: whole(1),
    description: "Spans kept of one trace; the rest is counted.",
  },
  "limits.openTraces": {
    default: 64 * 1024 * 1024,
    unit: "bytes",
    kind: whole(0),
    description: "Spans of all open traces in memory, about. Beyond it new ones are counted only.",
  },
  "limits.memory": {
    default: 16 * 1024 * 1024,
    unit: "bytes",
    kind: whole(0),
    description:
      "Finished traces held in memory. Beyond it they are read back from disk; where there is none, new ones are dropped.",
  },
  "limits.disk": {
    default: 256 * 1024 * 1024,
    unit: "bytes",
    kind: whole(0),
    description: "The spool directory, over all processes. Beyond it new traces are dropped.",
  },
  "redact.keys": {
    default: [],
    unit: "",
    kind: listOf("a list of strings", text.accepts),
    description: "Names whose values are masked, besides the built-in ones.",
  },
  "redact.patterns": {
    default: [],
    unit: "",
    kind: listOf("a list of regular expressions", (member) => member instanceof RegExp),
    description: "Patterns of secret text that is masked, besides the built-in ones.",
  },
  "redact.mask": {
    default: "[REDACTED]",
    unit: "",
    kind: text,
    description: "What stands in place of a secret.",
  },
  durability: {
    env: "LLMOPS_DURABILITY",
    default: "wal",
    unit: "",
    kind: oneOf("wal", "fsync", "spill", "memory"),
    description:
      '"wal": on disk when a trace ends, survives kill -9. "fsync": a power cut too. "spill": on disk after a failed send. "memory": never.',
  },
  spoolDir: {
    env: "LLMOPS_SPOOL_DIR",
    default: undefined,
    unit: "",
    kind: optional(text),
    description: "Where unsent traces lie. Unset: llmops-<uid>/<queue> in the temporary directory.",
  },
  prices: {
    default: {},
    unit: "",
    kind: prices,
    description:
      "Prices of your own in USD per million tokens, by model id: { inputPerMillion, outputPerMillion, cachedInputPerMillion, cacheWritePerMillion }.",
  },
  autoTrace: {
    default: true,
    unit: "",
    kind: flag,
    description: "A tracked function called outside any trace starts one of its own.",
  },
  graceMs: {
    default: 5000,
    unit: "ms",
    kind: whole(0, 3_600_000),
    description: "How long an ended trace waits for its open spans.",
  },
  unawaitedMs: {
    default: 1000,
    unit: "ms",
    kind: whole(0, 3_600_000),
    description:
      "How long a query or other thenable that a function returned may stay unawaited. Then it is itself the result.",
  },
  openTraceTtlMs: {
    default: 3_600_000,
    unit: "ms",
    kind: whole(1000, 2_147_483_647),
    description: "A trace that nobody ends is sent as an error after this time.",
  },
  handleSignals: {
    default: false,
    unit: "",
    kind: flag,
    description:
      "On: SIGTERM, SIGINT and SIGHUP send what is finished before the process ends. It is safe on disk either way.",
  },
  propagate: {
    env: "LLMOPS_PROPAGATE",
    default: false,
    unit: "",
    kind: requests,
    description:
      "traceparent on outgoing requests (fetch, undici, node:http): on all, or on those whose URL begins with a text or matches a pattern of a list.",
  },
  debug: {
    env: "LLMOPS_DEBUG",
    default: false,
    unit: "",
    kind: flag,
    description: "Says on stderr what the runtime does.",
  },
};
