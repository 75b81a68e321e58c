// What readers of OTLP hold a request against: OpenTelemetry's own protobuf schema, and Langfuse's rules.
import { createRequire } from "node:module";
import type { ExportTraceServiceRequest, OtlpSpan } from "../../src/otlp/request.ts";

interface Message {
  verify(object: unknown): string | null;
  fromObject(object: unknown): unknown;
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: unknown): unknown;
}

/** The generated schema, which the package keeps to itself. */
const schema = createRequire(import.meta.url)(
  createRequire(import.meta.resolve("@opentelemetry/otlp-transformer")).resolve(
    "./generated/root.js",
  ),
) as {
  opentelemetry: {
    proto: { collector: { trace: { v1: { ExportTraceServiceRequest: Message } } } };
  };
};
const REQUEST = schema.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

/** The request as it comes out of OpenTelemetry's protobuf: what the schema does not know is gone. */
export function throughProtobuf(request: ExportTraceServiceRequest): unknown {
  const message = REQUEST.fromObject(withBytes(request));
  const problem = REQUEST.verify(message);
  if (problem !== null) throw new Error(problem);
  const read = REQUEST.decode(REQUEST.encode(message).finish());
  return REQUEST.toObject(read, { longs: String, enums: Number, bytes: String });
}

/** As protobuf's own JSON has it: ids in base64, where OTLP writes hex, and no empty lists. */
export function withBytes(value: unknown, key?: string): unknown {
  if (typeof value === "string" && /^(?:traceId|spanId|parentSpanId)$/.test(key ?? ""))
    return Buffer.from(value, "hex").toString("base64");
  if (Array.isArray(value)) return value.map((item) => withBytes(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => !Array.isArray(one) || one.length > 0)
      .map(([name, one]) => [name, withBytes(one, name)]),
  );
}

export function spansIn(request: ExportTraceServiceRequest): readonly OtlpSpan[] {
  return request.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  );
}

/** A span's attributes as a plain object. */
export function attributesOf(
  span: Pick<OtlpSpan, "attributes"> | undefined,
): Record<string, unknown> {
  return Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, plain(value)]));
}

function plain(value: unknown): unknown {
  const [kind, inner] = Object.entries(value as object)[0] as [string, never];
  if (kind === "intValue") return BigInt(inner);
  if (kind === "arrayValue") return (inner as { values: unknown[] }).values.map(plain);
  return inner;
}

/** Why Langfuse answers 400 for the whole batch (langfuse/langfuse 6275144, 2026-08-22). */
export function refusedByLangfuse(request: ExportTraceServiceRequest): string | undefined {
  for (const { resource, scopeSpans } of request.resourceSpans) {
    if (!Array.isArray(resource.attributes)) return "resource attributes";
    if (!Array.isArray(scopeSpans)) return "scopeSpans";
    for (const { scope, spans } of scopeSpans) {
      if (/^langfuse-sdk|^ai$/.test(scope.name)) return "a scope with rules of its own";
      if (!Array.isArray(spans)) return "spans";
      for (const span of spans) {
        if (!/^[0-9a-f]{32}$/.test(span.traceId) || /^0+$/.test(span.traceId)) return "traceId";
        if (!/^[0-9a-f]{16}$/.test(span.spanId) || /^0+$/.test(span.spanId)) return "spanId";
        if (!Array.isArray(span.attributes)) return "attributes";
        if (span.events !== undefined && !Array.isArray(span.events)) return "events";
      }
    }
  }
  return undefined;
}
