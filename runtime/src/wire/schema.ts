// The format of messages and traces, as JSON Schema (draft 2020-12) → what readers validate by, and
// the types. Properties with a `$comment` stand only where there is something to say.
// Invariant: the Python SDK's examples (README, 2026-11) are valid; we always write all others.
import type { FromSchema } from "./schema-type.ts";

/** The JSON Schema of a trace, as it lies decompressed in a message. */
export const traceSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Trace of llmops-observability",
  type: "object",
  required: ["trace_id", "trace_name", "start_time", "end_time", "duration_ms", "spans"],
  properties: {
    trace_id: { type: "string" },
    trace_name: { type: "string" },
    project_id: { type: "string" },
    environment: { type: "string" },
    user_id: { type: ["string", "null"] },
    session_id: { type: ["string", "null"] },
    start_time: { type: "number", description: "Unix seconds" },
    end_time: { type: "number", description: "Unix seconds" },
    duration_ms: { type: "integer" },
    trace_input: {},
    trace_output: {},
    token_usage: {
      type: "object",
      required: ["total_input_tokens", "total_output_tokens", "total_tokens"],
      properties: {
        total_input_tokens: { type: "integer" },
        total_output_tokens: { type: "integer" },
        total_tokens: { type: "integer" },
      },
    },
    cost: {
      type: "object",
      required: ["total_cost"],
      properties: { total_cost: { type: ["number", "null"], description: "US dollars" } },
    },
    spans: {
      type: "array",
      items: {
        type: "object",
        required: ["span_id", "span_name", "span_type", "start_time", "end_time", "status"],
        properties: {
          span_id: { type: "string" },
          span_name: { type: "string" },
          span_type: { enum: ["span", "generation"] },
          parent_span_id: { type: ["string", "null"] },
          start_time: { type: "number", description: "Unix seconds" },
          end_time: { type: "number", description: "Unix seconds" },
          duration_ms: { type: "integer" },
          input_data: {
            type: "object",
            required: ["args", "kwargs", "locals"],
            properties: {
              args: {},
              kwargs: {},
              locals: {},
              self: { $comment: "where it was asked for" },
            },
          },
          output_data: {
            type: "object",
            required: ["output"],
            properties: { output: {} },
          },
          error: {
            anyOf: [
              { type: "null" },
              {
                type: "object",
                required: ["type", "message", "stack"],
                properties: {
                  type: { type: "string" },
                  message: { type: "string" },
                  stack: { type: ["string", "null"] },
                  cause: { $comment: "where the error has one" },
                  fields: { $comment: "its other own fields" },
                },
              },
            ],
          },
          model_id: { type: ["string", "null"] },
          metadata: { type: "object" },
          tags: { type: "array", items: { type: "string" } },
          usage: {
            anyOf: [
              { type: "null" },
              {
                type: "object",
                required: ["input_tokens", "output_tokens", "total_tokens"],
                properties: {
                  input_tokens: { type: "integer" },
                  output_tokens: { type: "integer" },
                  total_tokens: { type: "integer" },
                  cached_input_tokens: { type: "integer", $comment: "where reported" },
                  cache_write_input_tokens: { type: "integer", $comment: "where reported" },
                  reasoning_tokens: { type: "integer", $comment: "where reported" },
                },
              },
            ],
          },
          cost: {
            anyOf: [
              { type: "null" },
              {
                type: "object",
                required: ["input_cost", "output_cost", "total_cost"],
                properties: {
                  input_cost: { type: "number" },
                  output_cost: { type: "number" },
                  total_cost: { type: "number" },
                  model_source: { type: "string", $comment: "which step named the model" },
                  prices_as_of: { type: "string", $comment: "date of the prices" },
                },
              },
            ],
          },
          prompt: { type: ["string", "null"] },
          response: { type: ["string", "null"] },
          status: { enum: ["success", "error"] },
          status_message: { type: ["string", "null"] },
          level: { enum: ["DEBUG", "DEFAULT", "WARNING", "ERROR", null] },
          unfinished: { const: true, $comment: "still open when its trace was sent" },
          code: {
            $comment: "of compiled functions",
            type: "object",
            required: ["function", "file", "line", "column"],
            properties: {
              function: { type: "string" },
              file: { type: "string" },
              line: { type: "integer" },
              column: { type: "integer" },
              site: { type: "string", $comment: "its id in .llmops/manifest.json" },
              hash: { type: "string", $comment: "of the function's own text" },
            },
          },
          param_names: { $comment: "names of args", type: "array", items: { type: "string" } },
          stream: {
            $comment: "of generators and streamed answers",
            type: "object",
            required: ["chunks", "time_to_first_chunk_ms"],
            properties: {
              chunks: { type: "integer" },
              time_to_first_chunk_ms: { type: ["integer", "null"] },
            },
          },
          reasoning: { $comment: "what a model thought, where it tells", type: "string" },
          tool_calls: { $comment: "a list: what a model asked to be called" },
          finish_reason: { $comment: "of a model's answer", type: "string" },
          repeats: {
            $comment: "hands on the answer of a span within it, with which its tokens count",
            const: true,
          },
        },
      },
    },
    metadata: { type: "object" },
    tags: { type: "array", items: { type: "string" } },
    total_spans: { type: "integer", description: "of the whole trace, in each of its parts" },
    total_generations: { type: "integer" },
    sdk_name: { type: "string" },
    sdk_version: { type: "string" },
    status: {
      $comment: "of a trace that was never ended, or of a request that failed",
      enum: ["success", "error"],
    },
    status_message: { $comment: "with status", type: ["string", "null"] },
    trace_parent: {
      $comment: "where it continues a trace of another service (W3C Trace Context)",
      type: "object",
      required: ["trace_id", "span_id", "flags", "tracestate"],
      properties: {
        trace_id: { type: "string", description: "32 hexadecimal digits" },
        span_id: { type: "string", description: "16 hexadecimal digits" },
        flags: { type: "string", description: "2 hexadecimal digits" },
        tracestate: { type: ["string", "null"] },
      },
    },
    late: { const: true, $comment: "of spans that closed after their trace was sent" },
    links: {
      $comment: "where it was begun inside of another trace",
      type: "array",
      items: {
        type: "object",
        required: ["trace_id", "span_id"],
        properties: { trace_id: { type: "string" }, span_id: { type: ["string", "null"] } },
      },
    },
    scores: {
      $comment: "where it was scored",
      type: "array",
      items: {
        type: "object",
        required: ["name", "value", "comment"],
        properties: {
          name: { type: "string" },
          value: {},
          comment: { type: ["string", "null"] },
        },
      },
    },
    dropped: { $comment: "spans left out, by reason", type: "object" },
  },
} as const;

/** The JSON Schema of a message body, parsed. */
export const envelopeSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Message of llmops-observability",
  type: "object",
  required: ["compressed", "data", "trace_id", "type"],
  properties: {
    compressed: { const: true },
    data: { type: "string", description: "base64 of gzip of the trace's JSON" },
    trace_id: { type: "string" },
    type: { enum: ["trace", "SDKTraceData"] },
    part: { type: "integer", minimum: 1, $comment: "of a trace in several messages" },
    parts: { type: "integer", minimum: 2, $comment: "of a trace in several messages" },
  },
} as const;

/** A trace as it stands in a message: what readers of the queue get. */
export type WireTrace = FromSchema<typeof traceSchema>;
/** A span as it stands in a message. */
export type WireSpan = WireTrace["spans"][number];
/** The body of a message, as JSON: a trace, compressed, or one part of it. */
export type Envelope = FromSchema<typeof envelopeSchema>;
