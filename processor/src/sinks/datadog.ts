// The door `llmops-processor/datadog`: traces → Datadog's LLM Observability.
// Invariant: spans within 1 MB, requests within 5 MB; what Datadog would refuse for its age is not
// sent.
import { otelSpanId, otelTraceId } from "llmops-observability/otlp";
import type { WireSpan } from "llmops-observability/wire";
import { jsonText, ownMetadata, providerOf } from "../from-runtime.ts";
import type { Entry, Outcome, SendOptions, Sink } from "../sink.ts";
import { fitted } from "./fit.ts";
import { httpSink } from "./http-sink.ts";
import { contentOf, errorOf, jsonOrText, tokensOf } from "./spans.ts";
import { type MappedTrace, tellsNothing, tellsRoot, toldBy } from "./told.ts";

/** What a trace's mapping to Datadog takes. */
export interface DatadogOptions {
  /** Datadog's name for the application. @default the project id */
  readonly mlApp?: string | undefined;
}

/** A Datadog organisation's key, and where it is. */
export interface DatadogSinkOptions extends DatadogOptions {
  /** Of the organisation. */
  readonly apiKey: string;
  /** Of the organisation: `datadoghq.eu`, `us5.datadoghq.com`, … @default "datadoghq.com" */
  readonly site?: string | undefined;
  /** In place of the site's, whole. */
  readonly endpoint?: string | undefined;
}

/**
 * docs.datadoghq.com/llm_observability/instrumentation/api (read 2026-11-28): spans older than 24 h
 * are refused. Sizes: 1 MB an event, 5 MB a payload, DataDog/dd-trace-js 0a70213,
 * llmobs/constants/writers.js.
 */
const LIMITS = {
  spanBytes: 1_000_000,
  requestBytes: 5_000_000,
  ageMs: 24 * 3_600_000,
} as const;

type Metadata = Readonly<Record<string, string | number | boolean>>;

interface DatadogMessage {
  /** `user`, `assistant`, … */
  readonly role: string;
  /** Its text. */
  readonly content: string;
}

/** What went into a span, or came out. */
export type DatadogValue =
  | {
      /** A text, or a value as JSON. */
      readonly value: string;
    }
  | {
      /** A conversation. */
      readonly messages: readonly DatadogMessage[];
    };

/** A span as Datadog's LLM Observability has it. */
export interface DatadogSpan {
  /** 16 hex digits. */
  readonly span_id: string;
  /** 32 hex digits. */
  readonly trace_id: string;
  /** 16 hex digits; the text `undefined` on a root that continues nothing. */
  readonly parent_id: string;
  /** The function's, or the trace's. */
  readonly name: string;
  /** Nanoseconds since 1970. */
  readonly start_ns: number;
  /** Nanoseconds. */
  readonly duration: number;
  /** How it ended. */
  readonly status: "ok" | "error";
  /** What went in and came out. */
  readonly meta: {
    /** `llm` for generations, `workflow` for the root, `task` for the rest. */
    readonly kind: "workflow" | "llm" | "task";
    /** Arguments, or the prompt. */
    readonly input?: DatadogValue;
    /** Result, or the response. */
    readonly output?: DatadogValue;
    /** Metadata, and what has no other place. */
    readonly metadata?: Metadata;
    /** Where it failed. */
    readonly error?: {
      /** The error's class. */
      readonly type: string;
      /** The error's message. */
      readonly message: string;
      /** Where it was thrown. */
      readonly stack?: string;
    };
  };
  /** Tokens, and the seconds to the first of them. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** The body of a request to Datadog's LLM Observability. */
export interface DatadogRequest {
  /** Datadog's envelope. */
  readonly data: {
    /** Always `span`. */
    readonly type: "span";
    /** Of all its spans. */
    readonly attributes: {
      /** `mlApp`, or the project. */
      readonly ml_app: string;
      /** The conversation. */
      readonly session_id?: string;
      /** `env:production` and the like. */
      readonly tags: readonly string[];
      /** The root, then the others in the order of the trace. */
      readonly spans: readonly DatadogSpan[];
    };
  };
}

/** A destination: Datadog. It does not tell resends: exactly once is by the processor's marks. */
export function datadogSink(options: DatadogSinkOptions): Sink {
  const { apiKey, site = "datadoghq.com", endpoint } = options;
  const sink = httpSink({
    name: "datadog",
    url: endpoint ?? `https://api.${site}/api/intake/llm-obs/v1/trace/spans`,
    headers: { "DD-API-KEY": apiKey },
    // Session and tags are a request's, not a span's.
    together: false,
    requestsOf: ([trace]) =>
      trace === undefined ? [] : inRequests(datadogRequest(trace, options)),
    halvesOf,
  });
  return {
    ...sink,
    async send(entries, sending) {
      return sendYoung(sink, entries, sending);
    },
  };
}

/** Sends what is young enough; of a trace that is older in part, the younger spans. */
async function sendYoung(
  sink: Sink,
  entries: readonly Entry[],
  sending: SendOptions,
): Promise<readonly Outcome[]> {
  const oldest = (Date.now() - LIMITS.ageMs) / 1000;
  const outcomes = new Map<Entry, Outcome>();
  const young = new Map<Entry, Entry>();
  const leftOut = new Map<Entry, number>();
  for (const entry of entries) {
    const spans = entry.trace.spans.filter((span) => span.start_time >= oldest);
    const left = entry.trace.spans.length - spans.length;
    const rootIsOld = tellsRoot(toldBy(entry)) && entry.trace.start_time < oldest;
    const rest = { ...entry, trace: { ...entry.trace, spans, ...(rootIsOld && { late: true }) } };
    const wasSomething = !tellsNothing(toldBy(entry));
    if (wasSomething && tellsNothing(toldBy(rest as Entry))) {
      outcomes.set(entry, { state: "skipped", reason: "older than 24 h, which Datadog refuses" });
    } else {
      young.set(entry, left === 0 && !rootIsOld ? entry : (rest as Entry));
      leftOut.set(entry, left + (rootIsOld ? 1 : 0));
    }
  }
  const sent = young.size === 0 ? [] : await sink.send([...young.values()], sending);
  for (const [at, entry] of [...young.keys()].entries()) {
    const outcome = sent[at];
    const rejectedSpans = leftOut.get(entry) ?? 0;
    if (outcome === undefined) continue;
    outcomes.set(
      entry,
      outcome.state === "sent" && rejectedSpans > 0 ? { ...outcome, rejectedSpans } : outcome,
    );
  }
  return entries.map((entry) => outcomes.get(entry) ?? { state: "retry", reason: "not sent" });
}

/** The request that sends one trace to Datadog; a pure function, without I/O. */
export function datadogRequest(trace: MappedTrace, options: DatadogOptions = {}): DatadogRequest {
  const spans = (trace.spans ?? []).map((span) => spanOf(span, trace));
  const all = tellsRoot(trace) ? [rootOf(trace), ...spans] : spans;
  return {
    data: {
      type: "span",
      attributes: {
        ml_app: options.mlApp ?? (trace.project_id || "unknown"),
        ...(trace.session_id && { session_id: trace.session_id }),
        tags: tagsOf(trace),
        spans: all.map((span) => fitted(span, LIMITS.spanBytes).value),
      },
    },
  };
}

function tagsOf(trace: MappedTrace): readonly string[] {
  return [
    ...(trace.environment ? [`env:${trace.environment}`] : []),
    ...(trace.project_id ? [`service:${trace.project_id}`] : []),
    ...(trace.user_id ? [`user_id:${trace.user_id}`] : []),
    "source:llmops-observability",
    // Other writers are careless.
    ...(trace.tags ?? []).map(String),
  ];
}

function rootOf(trace: MappedTrace): DatadogSpan {
  const input = jsonOrText(trace.trace_input);
  const output = jsonOrText(trace.trace_output);
  return {
    ...identity(trace, trace.trace_id, trace.trace_parent?.span_id ?? "undefined"),
    name: trace.trace_name || "(unnamed)",
    ...timesOf(trace),
    status: trace.status === "error" ? "error" : "ok",
    meta: {
      kind: "workflow",
      ...(input !== undefined && { input: { value: input } }),
      ...(output !== undefined && { output: { value: output } }),
      ...metadataOf(trace.metadata ?? {}),
    },
  };
}

function spanOf(span: WireSpan, trace: MappedTrace): DatadogSpan {
  const generation = span.span_type === "generation";
  const { input, output } = contentOf(span);
  const error = errorOf(span);
  const { model_id: model, code } = span;
  const about = generation
    ? { model_name: model || undefined, model_provider: model ? providerOf(model) : undefined }
    : { code: code ? `${code.file}:${code.line}` : undefined };
  const metrics = generation ? metricsOf(span) : {};
  const asked = generation && span.prompt != null;
  const answered = generation && span.response != null;
  return {
    ...identity(trace, span.span_id, otelSpanId(span.parent_span_id ?? trace.trace_id)),
    name: span.span_name || "(unnamed)",
    ...timesOf(span),
    status: span.status === "error" || span.unfinished === true ? "error" : "ok",
    meta: {
      kind: generation ? "llm" : "task",
      ...(asked
        ? { input: said("user", span.prompt) }
        : input !== undefined && { input: { value: input } }),
      ...(answered
        ? { output: said("assistant", span.response) }
        : output !== undefined && { output: { value: output } }),
      ...metadataOf({ ...ownMetadata(span), ...about }),
      ...(error !== undefined && { error }),
    },
    ...(Object.keys(metrics).length > 0 && { metrics }),
  };
}

function said(role: string, content: string | null): DatadogValue {
  return { messages: [{ role, content: content ?? "" }] };
}

function identity(
  trace: MappedTrace,
  spanId: string,
  parentId: string,
): Pick<DatadogSpan, "span_id" | "trace_id" | "parent_id"> {
  return {
    span_id: otelSpanId(spanId),
    trace_id: trace.trace_parent?.trace_id ?? otelTraceId(trace.trace_id),
    parent_id: parentId,
  };
}

/**
 * Whole microseconds: a double writes a thousand times that, today's 19 digits, to the last one.
 */
function timesOf({
  start_time: start,
  end_time: end,
}: Pick<WireSpan, "start_time" | "end_time">): Pick<DatadogSpan, "start_ns" | "duration"> {
  const [from, to] = [start, end].map((seconds) => Math.round((seconds ?? 0) * 1e6));
  return {
    start_ns: (from ?? 0) * 1000,
    duration: Math.max(0, (to ?? 0) - (from ?? 0)) * 1000,
  };
}

/** Datadog takes numbers, booleans and texts; anything else goes as JSON text. */
function metadataOf(metadata: Readonly<Record<string, unknown>>): { metadata?: Metadata } {
  const own: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null || value === undefined) continue;
    const plain =
      typeof value === "number" || typeof value === "boolean" || typeof value === "string";
    own[key] = plain ? value : jsonText(value);
  }
  return Object.keys(own).length === 0 ? {} : { metadata: own };
}

function metricsOf(span: WireSpan): Readonly<Record<string, number>> {
  const { input, output, total } = tokensOf(span);
  const first = span.stream?.time_to_first_chunk_ms;
  return {
    ...(input !== undefined && { input_tokens: input }),
    ...(output !== undefined && { output_tokens: output }),
    ...(total !== undefined && { total_tokens: total }),
    ...(first != null && { time_to_first_token: first / 1000 }),
  };
}

function inRequests(request: DatadogRequest): readonly DatadogRequest[] {
  if (request.data.attributes.spans.length === 0) return [];
  if (Buffer.byteLength(JSON.stringify(request)) <= LIMITS.requestBytes) return [request];
  const halves = halvesOf(request);
  return halves.length < 2 ? [request] : halves.flatMap(inRequests);
}

function halvesOf(request: DatadogRequest): readonly DatadogRequest[] {
  const { spans, ...attributes } = request.data.attributes;
  if (spans.length < 2) return [request];
  const middle = spans.length >> 1;
  return [spans.slice(0, middle), spans.slice(middle)].map((some) => ({
    data: { type: "span", attributes: { ...attributes, spans: some } },
  }));
}
