// A span or a trace's fields → the same, no deeper than what the page and other readers can take.
// Invariant: what is within the limit is handed back as it came.
import { isDeeper } from "../../formats/depth.ts";

/** Levels of brackets; the runtime writes a dozen. */
const DEEPEST = 128;

/** @param json of the value */
export function withinDepth<Value>(value: Value, json: string): Value {
  return isDeeper(json, DEEPEST) ? (cut(value, DEEPEST) as Value) : value;
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
