// Traces → an OTLP ExportTraceServiceRequest, as JSON has it; the skeleton that both mappings fill.
// Invariant: a pure function of the traces. Ids, times and attributes are the same in every resend.
// Format: opentelemetry-proto 1.x, docs/specification.md «JSON Protobuf Encoding» (2026-08): ids in
// hex, enums as integers, integers of 64 bits as decimal texts.
import type { WireSpan, WireTrace } from "../wire/schema.ts";
import { type Attribute, Attributes, NAME } from "./attributes.ts";
import { otelSpanId, otelTraceId } from "./ids.ts";

/** A trace as a message has it. */
export type MappedTrace = WireTrace & {
  /** Its number among the parts of a split trace, from 1. */
  readonly part?: number;
  /** How many parts there are; absent where it is whole. */
  readonly parts?: number;
  /** Its type, where it is an event of the older form. */
  readonly event?: string;
};

/** The body of a request to `/v1/traces`. */
export interface ExportTraceServiceRequest {
  /** One for each project, environment and version of the SDK. */
  readonly resourceSpans: readonly ResourceSpans[];
}

/** The spans of one resource, in OTLP. */
export interface ResourceSpans {
  /** The service that the spans are of. */
  readonly resource: {
    /** `service.name` and the like. */
    readonly attributes: readonly Attribute[];
  };
  /** Its spans, by what recorded them. */
  readonly scopeSpans: readonly ScopeSpans[];
}

/** The spans of one instrumentation scope, in OTLP. */
export interface ScopeSpans {
  /** What recorded them. */
  readonly scope: {
    /** The SDK's name. */
    readonly name: string;
    /** The SDK's version. */
    readonly version?: string;
  };
  /** Of each trace the root, then the others in its order. */
  readonly spans: readonly OtlpSpan[];
}

/** A span as OTLP has it. */
export interface OtlpSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 16 hex digits; absent on a root that continues nothing. */
  readonly parentSpanId?: string;
  /** Of the service whose trace it continues. */
  readonly traceState?: string;
  /** A function's, or an operation's and a model's. */
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** Nanoseconds since 1970, as a decimal text. */
  readonly startTimeUnixNano: string;
  /** Nanoseconds since 1970, as a decimal text. */
  readonly endTimeUnixNano: string;
  /** What the span is about. */
  readonly attributes: readonly Attribute[];
  /** What happened in it: an exception, a score. */
  readonly events?: readonly SpanEvent[];
  /** Spans of other traces that it belongs with. */
  readonly links?: readonly SpanLink[];
  /** How it ended. */
  readonly status: {
    /** 0 unset, 2 error. */
    readonly code: number;
    /** The error's message. */
    readonly message?: string;
  };
}

/** An event of a span, in OTLP. */
export interface SpanEvent {
  /** `exception` and the like. */
  readonly name: string;
  /** Nanoseconds since 1970, as a decimal text. */
  readonly timeUnixNano: string;
  /** What happened. */
  readonly attributes: readonly Attribute[];
}

/** A link of a span, in OTLP. */
export interface SpanLink {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** None. */
  readonly attributes: readonly Attribute[];
}

/** What a mapping says of one span, besides its attributes. */
export interface Mapped {
  readonly name: string;
  readonly kind: number;
  readonly events?: readonly Omit<SpanEvent, "timeUnixNano">[];
}

/** How one destination wants a trace. */
export interface Mapping {
  /** What stands on every span of the trace. */
  shared(trace: MappedTrace): Attributes;
  /** @param attributes the shared ones, to which it adds */
  root(trace: MappedTrace, attributes: Attributes): Mapped;
  /** @param attributes likewise */
  span(span: WireSpan, trace: MappedTrace, attributes: Attributes): Mapped;
}

export interface ResourceOptions {
  /** In place of the project id. */
  readonly serviceName?: string | undefined;
  /** More attributes of the resource; its `service.name` wins over `serviceName`. */
  readonly resource?: Readonly<Record<string, string>> | undefined;
}

const SDK = "llmops-observability";
const STATUS_ERROR = 2;

export function requestOf(
  traces: readonly MappedTrace[],
  mapping: Mapping,
  options: ResourceOptions,
): ExportTraceServiceRequest {
  const groups = new Map<string, { readonly first: WireTrace; readonly spans: OtlpSpan[] }>();
  for (const trace of traces) {
    const key = groupOf(trace);
    const known = groups.get(key) ?? { first: trace, spans: [] };
    groups.set(key, known);
    known.spans.push(...spansOf(trace, mapping));
  }
  return {
    resourceSpans: [...groups.values()].map(({ first, spans }) => ({
      resource: { attributes: resourceOf(first, options).list },
      scopeSpans: [{ scope: scopeOf(first), spans }],
    })),
  };
}

/** What a trace's spans are in a request, as JSON text. */
export interface TraceText {
  /** The beginning of a group of spans: their resource, and their scope. */
  readonly group: string;
  /** Without the brackets of their list. */
  readonly spans: string;
}

/** Traces, one by one → the texts that a request is made of. */
export class RequestWriter {
  readonly #mapping: Mapping;
  readonly #options: ResourceOptions;
  /** Most traces have the resource of the one before. */
  #key: string | undefined;
  #group = "";

  constructor(mapping: Mapping, options: ResourceOptions) {
    this.#mapping = mapping;
    this.#options = options;
  }

  /**
   * Only texts are kept of a trace: V8 has to copy the objects of a whole batch when it collects.
   */
  textOf(trace: MappedTrace): TraceText {
    const key = groupOf(trace);
    if (key !== this.#key) {
      const resource = { attributes: resourceOf(trace, this.#options).list };
      this.#group = `{"resource":${JSON.stringify(resource)},"scopeSpans":[{"scope":${JSON.stringify(scopeOf(trace))},"spans":[`;
      this.#key = key;
    }
    const spans = JSON.stringify(spansOf(trace, this.#mapping)).slice(1, -1);
    return { group: this.#group, spans };
  }
}

/** As JSON.stringify writes the request of the same traces. */
export function requestText(traces: readonly TraceText[]): string {
  const groups = new Map<string, string>();
  for (const { group, spans } of traces) {
    const before = groups.get(group);
    groups.set(group, before === undefined ? spans : `${before},${spans}`);
  }
  const texts = [...groups].map(([group, spans]) => `${group}${spans}]}]}`);
  return `{"resourceSpans":[${texts.join(",")}]}`;
}

function groupOf({ project_id, environment, sdk_version }: WireTrace): string {
  return JSON.stringify([project_id, environment, sdk_version]);
}

function resourceOf(trace: WireTrace, { serviceName, resource = {} }: ResourceOptions): Attributes {
  const attributes = new Attributes();
  for (const [key, value] of Object.entries(resource)) attributes.text(key, value);
  return attributes
    .text(NAME.serviceName, resource[NAME.serviceName] ?? serviceName ?? trace.project_id)
    .text(NAME.environment, trace.environment)
    .text(NAME.sdkName, trace.sdk_name || SDK)
    .text(NAME.sdkLanguage, "nodejs")
    .text(NAME.sdkVersion, trace.sdk_version || null);
}

function scopeOf({ sdk_version: version }: WireTrace): ScopeSpans["scope"] {
  return version ? { name: SDK, version } : { name: SDK };
}

function spansOf(trace: MappedTrace, mapping: Mapping): readonly OtlpSpan[] {
  const place = { trace, mapping, shared: mapping.shared(trace), ids: idsOf(trace) };
  const root = rootOf(place);
  const spans = (trace.spans ?? []).map((span) => spanOf(span, place));
  return root === undefined ? spans : [root, ...spans];
}

/** What all spans of a trace are made from. */
interface TraceContext {
  readonly trace: MappedTrace;
  readonly mapping: Mapping;
  readonly shared: Attributes;
  readonly ids: Pick<OtlpSpan, "traceId" | "traceState">;
}

function idsOf({ trace_id: own, trace_parent: parent }: MappedTrace): TraceContext["ids"] {
  const traceId = parent?.trace_id ?? otelTraceId(own);
  const state = parent?.tracestate;
  return state ? { traceId, traceState: state } : { traceId };
}

/** Whether this message tells of the root: the first part does, and of events the last. */
export function tellsRoot({ late, part = 1, event }: MappedTrace): boolean {
  return late !== true && part <= 1 && (event === undefined || event === "trace_end");
}

function rootOf({ trace, mapping, shared, ids }: TraceContext): OtlpSpan | undefined {
  if (!tellsRoot(trace)) return undefined;
  const parent = trace.trace_parent?.span_id;
  const links = (trace.links ?? []).map(linkOf);
  const attributes = new Attributes(shared);
  return {
    ...identity(ids, trace.trace_id, parent),
    ...written(mapping.root(trace, attributes), attributes, trace),
    ...(links.length > 0 && { links }),
    status: trace.status === "error" ? failed(trace.status_message) : UNSET,
  };
}

function spanOf(span: WireSpan, { trace, mapping, shared, ids }: TraceContext): OtlpSpan {
  const error = span.status === "error" || span.unfinished === true;
  const attributes = new Attributes(shared);
  return {
    ...identity(ids, span.span_id, otelSpanId(span.parent_span_id ?? trace.trace_id)),
    ...written(mapping.span(span, trace, attributes), attributes, span),
    status: error ? failed(span.status_message ?? span.error?.message) : UNSET,
  };
}

const UNSET: OtlpSpan["status"] = Object.freeze({ code: 0 });

function failed(message: string | null | undefined): OtlpSpan["status"] {
  return message ? { code: STATUS_ERROR, message: message.toWellFormed() } : { code: STATUS_ERROR };
}

function identity(
  { traceId, traceState }: TraceContext["ids"],
  spanId: string,
  parentSpanId: string | undefined,
): Pick<OtlpSpan, "traceId" | "spanId" | "parentSpanId" | "traceState"> {
  return {
    traceId,
    spanId: otelSpanId(spanId),
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...(traceState !== undefined && { traceState }),
  };
}

function written(
  { name, kind, events = [] }: Mapped,
  attributes: Attributes,
  times: Pick<WireSpan, "start_time" | "end_time">,
): Pick<
  OtlpSpan,
  "name" | "kind" | "startTimeUnixNano" | "endTimeUnixNano" | "attributes" | "events"
> {
  const started = microseconds(times.start_time);
  const ended = microseconds(Math.max(times.start_time ?? 0, times.end_time ?? 0));
  return {
    name: name.toWellFormed() || "(unnamed)",
    kind,
    startTimeUnixNano: nanoseconds(started),
    endTimeUnixNano: nanoseconds(ended),
    attributes: attributes.list,
    ...(events.length > 0 && {
      events: events.map((event) => ({ ...event, timeUnixNano: nanoseconds(ended) })),
    }),
  };
}

function microseconds(seconds: number | null | undefined): number {
  return Math.round((seconds ?? 0) * 1e6);
}

/** Of small whole numbers the text is made in a tenth of the time that a BigInt's takes. */
function nanoseconds(micros: number): string {
  return micros > 0 && micros <= Number.MAX_SAFE_INTEGER
    ? `${micros}000`
    : String(BigInt(micros) * 1000n);
}

function linkOf(link: { readonly trace_id: string; readonly span_id: string | null }): SpanLink {
  return {
    traceId: otelTraceId(link.trace_id),
    spanId: otelSpanId(link.span_id ?? link.trace_id),
    attributes: [],
  };
}
