// A span or a trace's fields → the same, no deeper than what the page and other readers can take.
// Invariant: what is within the limit is handed back as it came.
import { DEEPEST, isDeeper } from "../../formats/depth.ts";

/** In a span: the trace and its list are around it. */
export const DEEPEST_IN_SPAN: number = DEEPEST - 2;

/** @param json of the value */
export function withinDepth<Value>(value: Value, json: string, levels: number): Value {
  return isDeeper(json, levels) ? (cut(value, levels) as Value) : value;
}

function cut(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  // The mark is a level too.
  if (levels <= 1) return { _truncated: true };
  if (Array.isArray(value)) return value.map((inner) => cut(inner, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, cut(inner, levels - 1)]),
  );
}
