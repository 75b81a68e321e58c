// A span's values → the texts in them, with the place of each, for search.
// Invariant: keys are no values; a value that refers to itself cannot be here, as all came as JSON.
import type { WireSpan } from "llmops-observability/wire";

export interface FoundText {
  /** A JSON pointer into the span. */
  readonly path: string;
  readonly text: string;
}

/** The members of a span that hold what the program recorded. */
export function* valuesOf(span: WireSpan): Generator<FoundText> {
  const { input_data: input, output_data: output, error } = span;
  yield* textsIn("/span_name", span.span_name);
  yield* textsIn("/model_id", span.model_id);
  yield* textsIn("/input_data/args", input?.args);
  yield* textsIn("/input_data/kwargs", input?.kwargs);
  yield* textsIn("/input_data/locals", input?.locals);
  yield* textsIn("/input_data/self", input?.self);
  yield* textsIn("/output_data/output", output?.output);
  yield* textsIn("/prompt", span.prompt);
  yield* textsIn("/response", span.response);
  yield* textsIn("/reasoning", span.reasoning);
  yield* textsIn("/tool_calls", span.tool_calls);
  yield* textsIn("/error/type", error?.type);
  yield* textsIn("/error/message", error?.message);
  yield* textsIn("/status_message", span.status_message);
}

/** Leaves of a value. */
export function* textsIn(path: string, value: unknown): Generator<FoundText> {
  if (typeof value === "string") {
    if (value !== "") yield { path, text: value };
  } else if (typeof value === "number" || typeof value === "boolean") {
    yield { path, text: String(value) };
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      yield* textsIn(`${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, inner);
  }
}

/** Between two values, so that no search finds what is half in each. */
export const SEPARATOR = "\u0001";
/** Behind the last: each pair of characters begins a group of three there. */
export const END = "\u0001\u0001";

/** Of one value, and of all in a trace, in bytes (UTF-16 units of text). */
const VALUE_LENGTH = 8 * 1024;
export const TRACE_LENGTH: number = 256 * 1024;

/** What the full text has of a span, at most `room` long. */
export function searchTextOf(span: WireSpan, room: number): string {
  const parts: string[] = [];
  let left = room;
  let member = "";
  let length = 0;
  for (const { path, text } of valuesOf(span)) {
    const value = valueAt(path);
    if (value !== member) [member, length] = [value, 0];
    const taken = text.slice(0, Math.max(0, Math.min(VALUE_LENGTH - length, left)));
    if (taken === "") continue;
    parts.push(taken);
    length += taken.length;
    left -= taken.length + 1;
  }
  return parts.join(SEPARATOR);
}

/** An argument, a local: of what lies within one, the first four steps of the path are the same. */
function valueAt(path: string): string {
  return path.split("/", 4).join("/");
}
