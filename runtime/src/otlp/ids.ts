// Our UUIDs → OpenTelemetry's ids; the one rule, for every way out that speaks OTLP.
// Invariant: the same text gives the same id in every process, and never one of zeros.
import { crypto } from "../platform/node.ts";

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const OURS = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** The 32 hexadecimal digits of a UUID, in lower case; of the SHA-256 of any other text. */
export function otelTraceId(uuid: string): string {
  return valid(digitsOf(uuid)) ?? hash(uuid).slice(0, TRACE_DIGITS);
}

/**
 * The last 16 digits of a UUID; of any other text the first 16 of its SHA-256. Span ids count on
 * from their trace's id, which leaves the trace's own to its root span.
 */
export function otelSpanId(uuid: string): string {
  return valid(digitsOf(uuid)?.slice(-SPAN_DIGITS)) ?? hash(uuid).slice(0, SPAN_DIGITS);
}

function digitsOf(uuid: string): string | undefined {
  if (OURS.test(uuid))
    return (
      uuid.slice(0, 8) +
      uuid.slice(9, 13) +
      uuid.slice(14, 18) +
      uuid.slice(19, 23) +
      uuid.slice(24)
    );
  return UUID.test(uuid) ? uuid.replaceAll("-", "").toLowerCase() : undefined;
}

/** OpenTelemetry takes an id of zeros for none. */
function valid(id: string | undefined): string | undefined {
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

function hash(text: string): string {
  return crypto().createHash("sha256").update(text).digest("hex");
}
