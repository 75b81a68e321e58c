// What the program may set → its type, and the one of all options as they stand.
// Invariant: an option's comment says what its row of OPTION_TABLE says; `UPDATE=1 npm test --
// options` writes it.
import type { OwnPrices } from "./prices.ts";
import type { Sink } from "../sink.ts";

/** The part of an `SQSClient` that is used; yours, where you pass one. */
interface SqsClient {
  /** Sends a command of `@aws-sdk/client-sqs`. */
  send(command: never, options?: never): Promise<unknown>;
  /** Closes connections. Yours is never closed. */
  destroy?(): void;
}

/** What `configure()` takes. Everything is optional; `undefined` counts as not given. */
export interface ConfigureOptions {
  /**
   * The project that traces belong to; stands on every span.
   *
   * Environment: `PROJECT_ID`.
   * @default unknown_project
   */
  projectId?: string | undefined;
  /**
   * Deployment environment; stands on every span.
   *
   * Environment: `ENV`.
   * @default development
   */
  environment?: string | undefined;
  /**
   * Model of LLM calls that name none.
   *
   * Environment: `MODEL_ID`.
   * @default none
   */
  modelId?: string | undefined;
  /**
   * Off: nothing is recorded and nothing is sent.
   *
   * Environment: `LLMOPS_ENABLED`.
   * @default true
   */
  enabled?: boolean | undefined;
  /**
   * Share of traces that are recorded, decided when a trace starts.
   *
   * A number from 0 to 1. Environment: `LLMOPS_SAMPLE_RATE`.
   * @default 1
   */
  sampleRate?: number | undefined;
  /**
   * Traces in which something failed are sent whatever the sample rate.
   *
   * Environment: `LLMOPS_KEEP_ERRORS`.
   * @default false
   */
  keepErrors?: boolean | undefined;
  /**
   * "trace": a compressed message a trace. "events": the older form, a message an event.
   *
   * Environment: `LLMOPS_WIRE`.
   * @default trace
   */
  wire?: "trace" | "events" | undefined;
  /** One destination; short for `sinks: [sink]`. */
  sink?: Sink | undefined;
  /**
   * Destinations of your own, in place of all others. A message is done when all have it.
   * @default none
   */
  sinks?: readonly Sink[] | undefined;
  /** The queue that traces go to. */
  sqs?:
    | {
        /**
         * Queue that traces are sent to. Without it they stay in the spool directory.
         *
         * An http:// or https:// URL. Environment: `AWS_SQS_URL`.
         * @default none
         */
        url?: string | undefined;
        /**
         * Region of the queue; where unset, the one that an Amazon queue URL names.
         *
         * Environment: `AWS_REGION`.
         * @default us-east-1
         */
        region?: string | undefined;
        /**
         * Profile in the AWS configuration. Unset: the SDK's own credential chain.
         *
         * Environment: `AWS_PROFILE`.
         * @default none
         */
        profile?: string | undefined;
        /**
         * SQS server, where it is not the queue URL's host.
         *
         * An http:// or https:// URL. Environment: `AWS_ENDPOINT_URL_SQS`.
         * @default none
         */
        endpoint?: string | undefined;
        /**
         * Requests in flight at a time.
         *
         * A whole number from 1 to 64, in requests.
         * @default 4
         */
        workers?: number | undefined;
        /**
         * Messages per request; SQS takes at most 10.
         *
         * A whole number from 1 to 10, in messages.
         * @default 10
         */
        batchSize?: number | undefined;
        /**
         * Bytes per request. The default holds for queues and clients of before 2025-08 too; SQS
         * now takes 1 MiB.
         *
         * A whole number from 1024 to 1048576, in bytes.
         * @default 262144
         */
        batchBytes?: number | undefined;
        /**
         * Longest wait of a finished trace for its batch to fill. Lower: fresher, more requests.
         *
         * A whole number from 0 to 60000, in ms.
         * @default 200
         */
        batchTimeoutMs?: number | undefined;
        /**
         * A batch that is this old goes out with the next trace instead of waiting on.
         *
         * A whole number from 0 to 60000, in ms.
         * @default 150
         */
        flushThresholdMs?: number | undefined;
        /**
         * Longest wait at the end of the process, and of flush() and shutdown() by default.
         *
         * A whole number from 0 to 600000, in ms.
         * @default 1000
         */
        shutdownTimeoutMs?: number | undefined;
        /**
         * Your own client, in place of one made from region, profile and endpoint.
         * @default none
         */
        client?: SqsClient | undefined;
      }
    | undefined;
  /** Keys given, traces go to Langfuse. */
  langfuse?:
    | {
        /**
         * Langfuse public key.
         *
         * Environment: `LANGFUSE_PUBLIC_KEY`.
         * @default none
         */
        publicKey?: string | undefined;
        /**
         * Langfuse secret key.
         *
         * Environment: `LANGFUSE_SECRET_KEY`.
         * @default none
         */
        secretKey?: string | undefined;
        /**
         * Langfuse server.
         *
         * An http:// or https:// URL. Environment: `LANGFUSE_BASE_URL`.
         * @default https://cloud.langfuse.com
         */
        baseUrl?: string | undefined;
        /**
         * Off: any certificate of the Langfuse server is accepted.
         *
         * Environment: `LANGFUSE_VERIFY_SSL`.
         * @default true
         */
        verifySsl?: boolean | undefined;
        /**
         * Says on stderr what is sent to Langfuse.
         *
         * Environment: `LANGFUSE_DEBUG`.
         * @default false
         */
        debug?: boolean | undefined;
      }
    | undefined;
  /** An endpoint given, traces go there as OpenTelemetry has them. */
  otlp?:
    | {
        /**
         * OTLP over HTTP, whole; OTEL_EXPORTER_OTLP_ENDPOINT is taken too, with /v1/traces behind
         * it. Set: traces go there.
         *
         * An http:// or https:// URL. Environment: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
         * @default none
         */
        endpoint?: string | undefined;
        /**
         * Headers of each OTLP request, over those of OTEL_EXPORTER_OTLP_HEADERS.
         *
         * Environment: `OTEL_EXPORTER_OTLP_TRACES_HEADERS`.
         * @default none
         */
        headers?: Readonly<Record<string, string>> | undefined;
        /**
         * Of OTLP requests above 1 KiB; OTEL_EXPORTER_OTLP_COMPRESSION too.
         *
         * Environment: `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`.
         * @default gzip
         */
        compression?: "gzip" | "none" | undefined;
        /**
         * Longest wait for the answer to an OTLP request; OTEL_EXPORTER_OTLP_TIMEOUT too.
         *
         * A whole number from 1 to 600000, in ms. Environment: `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`.
         * @default 10000
         */
        timeoutMs?: number | undefined;
        /**
         * Arguments, results, locals, prompts, responses and tool calls go along by OTLP. Off: none
         * of them leaves that way.
         *
         * Environment: `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`.
         * @default false
         */
        content?: boolean | undefined;
        /**
         * In place of the project id as the resource's service.name.
         *
         * Environment: `OTEL_SERVICE_NAME`.
         * @default none
         */
        serviceName?: string | undefined;
        /**
         * More attributes of the OTLP resource.
         *
         * Environment: `OTEL_RESOURCE_ATTRIBUTES`.
         * @default none
         */
        resource?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
  /** How large a trace may be, and all that waits. */
  limits?:
    | {
        /**
         * Input, and output, of one span; the largest values give way to previews.
         *
         * A whole number, 64 or more, in bytes.
         * @default 20000
         */
        spanIo?: number | undefined;
        /**
         * Input, and output, of a trace.
         *
         * A whole number, 64 or more, in bytes.
         * @default 50000
         */
        traceIo?: number | undefined;
        /**
         * Prompt, and response text, of an LLM call.
         *
         * A whole number, 64 or more, in bytes.
         * @default 10000
         */
        promptResponse?: number | undefined;
        /**
         * Any one value inside metadata, scores and the like.
         *
         * A whole number, 64 or more, in bytes.
         * @default 204800
         */
        field?: number | undefined;
        /**
         * A message as it is sent, after compression and base64; SQS takes at most 1 MiB.
         *
         * A whole number from 1024 to 1048576, in bytes.
         * @default 200000
         */
        message?: number | undefined;
        /**
         * Spans kept of one trace; the rest is counted.
         *
         * A whole number, 1 or more, in spans.
         * @default 50000
         */
        spansPerTrace?: number | undefined;
        /**
         * Spans of all open traces in memory, about. Beyond it new ones are counted only.
         *
         * A whole number, 0 or more, in bytes.
         * @default 67108864
         */
        openTraces?: number | undefined;
        /**
         * Finished traces held in memory. Beyond it they are read back from disk; where there is
         * none, new ones are dropped.
         *
         * A whole number, 0 or more, in bytes.
         * @default 16777216
         */
        memory?: number | undefined;
        /**
         * The spool directory, over all processes. Beyond it new traces are dropped.
         *
         * A whole number, 0 or more, in bytes.
         * @default 268435456
         */
        disk?: number | undefined;
      }
    | undefined;
  /** What is masked before it leaves the process. */
  redact?:
    | {
        /**
         * Names whose values are masked, besides the built-in ones.
         * @default none
         */
        keys?: readonly string[] | undefined;
        /**
         * Patterns of secret text that is masked, besides the built-in ones.
         * @default none
         */
        patterns?: readonly RegExp[] | undefined;
        /**
         * What stands in place of a secret.
         * @default [REDACTED]
         */
        mask?: string | undefined;
      }
    | undefined;
  /**
   * "wal": on disk when a trace ends, survives kill -9. "fsync": a power cut too. "spill": on disk
   * after a failed send. "memory": never.
   *
   * Environment: `LLMOPS_DURABILITY`.
   * @default wal
   */
  durability?: Durability | undefined;
  /**
   * Where unsent traces lie. Unset: llmops-`<uid>/<queue>` in the temporary directory.
   *
   * Environment: `LLMOPS_SPOOL_DIR`.
   * @default none
   */
  spoolDir?: string | undefined;
  /**
   * Prices of your own in USD per million tokens, by model id: { inputPerMillion, outputPerMillion,
   * cachedInputPerMillion, cacheWritePerMillion }.
   * @default none
   */
  prices?: OwnPrices | undefined;
  /**
   * A tracked function called outside any trace starts one of its own.
   * @default true
   */
  autoTrace?: boolean | undefined;
  /**
   * How long an ended trace waits for its open spans.
   *
   * A whole number from 0 to 3600000, in ms.
   * @default 5000
   */
  graceMs?: number | undefined;
  /**
   * How long a query or other thenable that a function returned may stay unawaited. Then it is
   * itself the result.
   *
   * A whole number from 0 to 3600000, in ms.
   * @default 1000
   */
  unawaitedMs?: number | undefined;
  /**
   * A trace that nobody ends is sent as an error after this time.
   *
   * A whole number from 1000 to 2147483647, in ms.
   * @default 3600000
   */
  openTraceTtlMs?: number | undefined;
  /**
   * On: SIGTERM, SIGINT and SIGHUP send what is finished before the process ends. It is safe on
   * disk either way.
   * @default false
   */
  handleSignals?: boolean | undefined;
  /**
   * traceparent on outgoing requests (fetch, undici, node:http): on all, or on those whose URL
   * begins with a text or matches a pattern of a list.
   *
   * Environment: `LLMOPS_PROPAGATE`.
   * @default false
   */
  propagate?: boolean | readonly (string | RegExp)[] | undefined;
  /**
   * Says on stderr what the runtime does.
   *
   * Environment: `LLMOPS_DEBUG`.
   * @default false
   */
  debug?: boolean | undefined;
}

/** When a trace is on disk. */
export type Durability = "wal" | "fsync" | "spill" | "memory";

/** The options that are groups of options. */
export type Section = "sqs" | "langfuse" | "otlp" | "limits" | "redact";

/** Those without a default. */
type Unset =
  | "modelId"
  | "spoolDir"
  | "url"
  | "profile"
  | "endpoint"
  | "client"
  | "publicKey"
  | "secretKey"
  | "serviceName";

type Settled<T> = {
  [K in keyof T]-?: K extends Section
    ? Settled<NonNullable<T[K]>>
    : K extends Unset
      ? T[K] | undefined
      : Exclude<T[K], undefined>;
};

/** Every option as it stands. */
export type Options = Settled<Omit<ConfigureOptions, "sink">>;

/** `projectId`, `sqs.url`, … */
export type OptionPath = {
  [K in keyof Options]: K extends Section ? `${K}.${keyof Options[K] & string}` : K;
}[keyof Options];

export type ValueAt<P extends string> = P extends `${infer S}.${infer K}`
  ? S extends Section
    ? Options[S][K & keyof Options[S]]
    : never
  : P extends keyof Options
    ? Options[P]
    : never;
