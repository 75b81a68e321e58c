// A trace's JSON text → the message body that is queued, and back. The only file that knows
// the wire format; writers and readers use it alike. Keys are never renamed, only added.

import { gunzipSync, gzip, gzipSync } from "node:zlib";

/** Anything JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What a span keeps of a thrown value. */
export interface WireFailure {
  type: string;
  message: string;
  stack: string | null;
  cause?: Json;
}

export interface WireUsage {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  cached_input_tokens?: number;
  cache_write_input_tokens?: number;
  reasoning_tokens?: number;
}

export interface WireCost {
  input_cost: number;
  output_cost: number;
  total_cost: number;
  /** The step that named the model: the option, an argument, the response, … */
  model_source?: string;
}

export interface WireSpan {
  span_id: string;
  span_name: string;
  span_type: "span" | "generation";
  parent_span_id: string | null;
  /** Unix seconds. */
  start_time: number;
  end_time: number;
  duration_ms: number;
  input_data: { args: Json; kwargs: Json; locals: Json; self?: Json };
  output_data: { output: Json };
  error: WireFailure | null;
  model_id: string | null;
  metadata: JsonObject;
  tags: readonly string[];
  usage: WireUsage | null;
  cost: WireCost | null;
  prompt: string | null;
  response: string | null;
  status: "success" | "error";
  status_message: string | null;
  level: "DEBUG" | "DEFAULT" | "WARNING" | "ERROR" | null;
  /** Still open when its trace was sent. */
  unfinished?: boolean;
  code?: { function: string; file: string; line: number; column: number };
  param_names?: readonly (string | null)[];
  stream?: { chunks: number; time_to_first_chunk_ms: number | null };
}

export interface WireTrace {
  trace_id: string;
  trace_name: string;
  project_id: string;
  environment: string;
  user_id: string | null;
  session_id: string | null;
  /** Unix seconds. */
  start_time: number;
  end_time: number;
  duration_ms: number;
  trace_input: Json;
  trace_output: Json;
  token_usage: { total_input_tokens: number; total_output_tokens: number; total_tokens: number };
  cost: { total_cost: number | null };
  spans: readonly WireSpan[];
  metadata: JsonObject;
  tags: readonly string[];
  total_spans: number;
  total_generations: number;
  sdk_name: string;
  sdk_version: string;
  links?: readonly Json[];
  scores?: readonly Json[];
  /** Spans left out, by reason. */
  dropped?: JsonObject;
  truncated?: Json;
}

/** The message body, parsed. */
export interface Envelope {
  compressed: true;
  /** base64 of gzip of the trace's JSON. */
  data: string;
  trace_id: string;
  type: "trace";
  /** Of a trace that did not fit one message, counted from 1. */
  part?: number;
  parts?: number;
}

/** A message that is no trace. The sentence says why. */
export class WireError extends Error {
  override readonly name: string = "WireError";
}

/** Below this the trip to the thread pool costs more than compressing here (measured, Node 24). */
const SYNC_GZIP_BYTES = 2048;
/** A message is at most 1 MiB, a trace 50,000 spans: more than this is no trace but an attack. */
const MAX_TRACE_BYTES = 1024 * 1024 * 1024;
/** The older form of the seed's README and the current one. */
const TRACE_TYPES: ReadonlySet<unknown> = new Set(["trace", "SDKTraceData"]);

/** The message body of one trace; compresses on the thread pool where that pays. */
export function encodeEnvelope(traceId: string, traceJson: string): Promise<string> {
  if (traceJson.length <= SYNC_GZIP_BYTES) {
    return Promise.resolve(encodeEnvelopeSync(traceId, traceJson));
  }
  return new Promise((resolve, reject) => {
    gzip(traceJson, (error, packed) => {
      if (error) reject(error);
      else resolve(envelope(traceId, packed));
    });
  });
}

/** As `encodeEnvelope`, for exit paths where nothing asynchronous runs any more. */
export function encodeEnvelopeSync(traceId: string, traceJson: string): string {
  return envelope(traceId, gzipSync(traceJson));
}

function envelope(traceId: string, packed: Buffer): string {
  const body: Envelope = {
    compressed: true,
    data: packed.toString("base64"),
    trace_id: traceId,
    type: "trace",
  };
  return JSON.stringify(body);
}

/**
 * The trace in a message body: compressed (type "trace" or "SDKTraceData") or plain.
 * @throws {WireError} for anything else.
 */
export function decode(body: string): WireTrace {
  const message = parse(body, "the message body");
  if (!isRecord(message)) throw new WireError("The message body is JSON, but not an object.");
  if (message.type !== undefined && !TRACE_TYPES.has(message.type)) {
    throw new WireError(`The message's type is ${kindOf(message.type)}, not "trace".`);
  }
  return checked(message.compressed === true ? unpack(message.data) : plain(message));
}

function unpack(packed: unknown): unknown {
  if (typeof packed !== "string") {
    throw new WireError(`A compressed message's "data" is a string, here it is ${kindOf(packed)}.`);
  }
  let text: string;
  try {
    const bytes = Buffer.from(packed, "base64");
    text = gunzipSync(bytes, { maxOutputLength: MAX_TRACE_BYTES }).toString("utf8");
  } catch (error) {
    throw new WireError(`The message's "data" is not gzip in base64: ${sentenceOf(error)}`);
  }
  return parse(text, "the decompressed trace");
}

/** The trace is the message itself, or its `data`, as an object or as JSON text. */
function plain(message: Record<string, unknown>): unknown {
  if (message.spans !== undefined || message.data === undefined) return message;
  return typeof message.data === "string"
    ? parse(message.data, `the message's "data"`)
    : message.data;
}

function checked(trace: unknown): WireTrace {
  if (!isRecord(trace)) throw new WireError(`A trace is an object, here it is ${kindOf(trace)}.`);
  if (typeof trace.trace_id !== "string") throw new WireError(`The trace has no "trace_id".`);
  if (!Array.isArray(trace.spans)) throw new WireError(`The trace has no list of "spans".`);
  return trace as unknown as WireTrace;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new WireError(`Could not read ${what} as JSON: ${sentenceOf(error)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
