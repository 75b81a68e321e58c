// The door `llmops-processor/new-relic`: traces → New Relic's OTLP endpoint.
// Invariant: every request and attribute stays within New Relic's limits; a span says where
// something of it was cut.
import {
  otlpRequest,
  type Attribute,
  type AttributeValue,
  type OtlpSpan,
} from "llmops-observability/otlp";
import type {
  ExportTraceServiceRequest,
  ResourceSpans,
  SpanEvent,
} from "llmops-observability/otlp";
import type { Sink } from "../sink.ts";
import { cut, fitted } from "./fit.ts";
import { httpSink } from "./http-sink.ts";
import type { MappedTrace } from "./told.ts";

/** What a trace's mapping to New Relic takes. */
export interface NewRelicOptions {
  /**
   * Whether arguments, results, locals, prompts, responses and tool calls go along. @default true
   */
  readonly content?: boolean | undefined;
}

/** A New Relic account's key, and where it is. */
export interface NewRelicSinkOptions extends NewRelicOptions {
  /** Of the account, for ingest. */
  readonly licenseKey: string;
  /** Of the account. @default by the key: those of the EU begin with `eu01x` */
  readonly region?: "us" | "eu" | undefined;
  /** In place of the region's: `/v1/traces` is added to it. */
  readonly endpoint?: string | undefined;
}

/**
 * docs.newrelic.com, «OpenTelemetry attribute limits» and «OTLP endpoint: payload limits» (read
 * 2026-11-28): names of 255 characters, values of 4,095, arrays of 64, 254 attributes beside New
 * Relic's own, 1 MB a request.
 */
const LIMITS = {
  nameLength: 255,
  valueLength: 4095,
  arrayLength: 64,
  attributes: 254,
  requestBytes: 1_000_000,
} as const;

const TRUNCATED = "llmops.truncated";
const METADATA = "llmops.metadata.";
const HOSTS = { us: "https://otlp.nr-data.net", eu: "https://otlp.eu01.nr-data.net" } as const;

/** A destination: New Relic. It does not tell resends: exactly once is by the processor's marks. */
export function newRelicSink(options: NewRelicSinkOptions): Sink {
  const { licenseKey, endpoint, region = licenseKey.startsWith("eu01x") ? "eu" : "us" } = options;
  return httpSink({
    name: "new-relic",
    url: `${(endpoint ?? HOSTS[region]).replace(/\/+$/, "")}/v1/traces`,
    headers: { "api-key": licenseKey },
    together: true,
    requestsOf: (traces) => newRelicRequests(traces, options),
    halvesOf,
  });
}

/** The requests that send some traces to New Relic; a pure function, without I/O. */
export function newRelicRequests(
  traces: readonly MappedTrace[],
  options: NewRelicOptions = {},
): readonly ExportTraceServiceRequest[] {
  const { content = true } = options;
  const requests: ExportTraceServiceRequest[] = [];
  let open: ResourceSpans[] = [];
  let bytes = EMPTY_BYTES;
  const close = (): void => {
    if (open.length > 0) requests.push({ resourceSpans: open });
    open = [];
    bytes = EMPTY_BYTES;
  };
  for (const group of otlpRequest(traces, { content }).resourceSpans) {
    const frame = framed(group, []);
    const frameBytes = bytesOf(frame) + 1;
    let spans: OtlpSpan[] = [];
    for (const one of group.scopeSpans.flatMap((scope) => scope.spans)) {
      const room = LIMITS.requestBytes - EMPTY_BYTES - frameBytes - 1;
      const span = within(one, room);
      const more = bytesOf(span) + 1;
      if (bytes + (spans.length === 0 ? frameBytes : 0) + more > LIMITS.requestBytes) {
        close();
        spans = [];
      }
      if (spans.length === 0) {
        open.push(framed(group, spans));
        bytes += frameBytes;
      }
      spans.push(span);
      bytes += more;
    }
  }
  close();
  return requests;
}

const EMPTY_BYTES = bytesOf({ resourceSpans: [] });

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** @param spans may still grow */
function framed({ resource, scopeSpans }: ResourceSpans, spans: OtlpSpan[]): ResourceSpans {
  const scope = scopeSpans[0]?.scope ?? { name: "" };
  return {
    resource: { attributes: new Limited().attributes(resource.attributes) },
    scopeSpans: [{ scope, spans }],
  };
}

function within(span: OtlpSpan, maxBytes: number): OtlpSpan {
  const limited = new Limited();
  const { message } = span.status;
  const small: OtlpSpan = {
    ...span,
    name: limited.name(span.name),
    attributes: limited.attributes(span.attributes),
    status:
      message === undefined ? span.status : { ...span.status, message: limited.value(message) },
    ...(span.events !== undefined && {
      events: span.events.map((event): SpanEvent => limited.event(event)),
    }),
  };
  const fit = fitted(small, maxBytes);
  return limited.didCut || fit.cut ? marked(fit.value) : small;
}

function marked(span: OtlpSpan): OtlpSpan {
  const others = thinned(span.attributes, LIMITS.attributes - 1);
  return { ...span, attributes: [...others, { key: TRUNCATED, value: { boolValue: true } }] };
}

/** Of too many, the program's own metadata goes first. */
function thinned(list: readonly Attribute[], count: number): readonly Attribute[] {
  const surplus = list.length - count;
  if (surplus <= 0) return list;
  const own = list.filter(({ key }) => key.startsWith(METADATA));
  const dropped = new Set(own.slice(Math.max(0, own.length - surplus)));
  return list.filter((one) => !dropped.has(one)).slice(0, count);
}

/** Cuts what is too long for New Relic, and knows whether it had to. */
class Limited {
  didCut = false;

  name(text: string): string {
    return this.#cut(text, LIMITS.nameLength);
  }

  value(text: string): string {
    return this.#cut(text, LIMITS.valueLength);
  }

  event(event: SpanEvent): SpanEvent {
    return { ...event, name: this.name(event.name), attributes: this.attributes(event.attributes) };
  }

  attributes(attributes: readonly Attribute[]): readonly Attribute[] {
    const named = new Map<string, AttributeValue>();
    for (const { key, value } of attributes) named.set(this.name(key), this.#limited(value));
    const list = Array.from(named, ([key, value]): Attribute => ({ key, value }));
    if (list.length > LIMITS.attributes) this.didCut = true;
    return thinned(list, LIMITS.attributes);
  }

  #limited(value: AttributeValue): AttributeValue {
    if ("stringValue" in value) return { stringValue: this.value(value.stringValue) };
    if (!("arrayValue" in value)) return value;
    const { values } = value.arrayValue;
    if (values.length > LIMITS.arrayLength) this.didCut = true;
    const some = values.slice(0, LIMITS.arrayLength);
    return { arrayValue: { values: some.map((one) => this.#limited(one)) } };
  }

  #cut(text: string, length: number): string {
    if (text.length <= length) return text;
    this.didCut = true;
    return cut(text, length);
  }
}

function halvesOf({
  resourceSpans,
}: ExportTraceServiceRequest): readonly ExportTraceServiceRequest[] {
  const all = resourceSpans.flatMap((group) =>
    group.scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ group, span }))),
  );
  if (all.length < 2) return [{ resourceSpans }];
  const middle = all.length >> 1;
  return [all.slice(0, middle), all.slice(middle)].map((some) => {
    const spansOf = new Map<ResourceSpans, OtlpSpan[]>();
    for (const { group, span } of some) spansOf.set(group, [...(spansOf.get(group) ?? []), span]);
    return { resourceSpans: Array.from(spansOf, ([group, spans]) => framed(group, spans)) };
  });
}
