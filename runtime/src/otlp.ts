// The door `llmops-observability/otlp`: traces as OpenTelemetry has them.
export { otelSpanId, otelTraceId } from "./otlp/ids.ts";
export { otlpSink, type OtlpSinkOptions } from "./sinks/otlp/otlp.ts";
export { type OtlpOptions, otlpRequest } from "./otlp/genai.ts";
export type {
  ExportTraceServiceRequest,
  MappedTrace,
  OtlpSpan,
  ResourceSpans,
  ScopeSpans,
  SpanEvent,
  SpanLink,
} from "./otlp/request.ts";
export type { Attribute, AttributeValue } from "./otlp/attributes.ts";
