// A wire span → its light columns: what lists, waterfalls, coverage and charts are made of.
// Invariant: whatever kinds of values the span has, each column gets one of its own kind.
import { FLAG } from "./database/schema.ts";
import type { WireSpan } from "llmops-observability/wire";

/** A row of `spans`, by its columns. */
export interface SpanFacts {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  readonly kind: "span" | "generation";
  readonly status: "success" | "error" | "running";
  readonly level: string | null;
  /** Unix seconds. */
  readonly start: number;
  readonly duration_ms: number;
  readonly model: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Of both, or the total where a writer knows that alone. */
  readonly tokens: number;
  readonly cost: number | null;
  readonly fn: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly site: string | null;
  readonly hash: string | null;
  readonly error_type: string | null;
  readonly error_message: string | null;
  /** Bits of FLAG. */
  readonly flags: number;
  /** JSON of `[name, flags][]`: its locals. */
  readonly captures: string | null;
}

/** Of an error's message that lists show. */
const MESSAGE_LENGTH = 1000;
const MASK = "[REDACTED]";
const CUT = '"_truncated":true';

/** @param json of the span */
export function factsOf(span: WireSpan, json: string): SpanFacts {
  const { usage, cost, error, code } = span;
  const repeats = span.repeats === true;
  const unfinished = span.unfinished === true;
  const failed = !unfinished && span.status === "error";
  const input = repeats ? 0 : count(usage?.input_tokens);
  const output = repeats ? 0 : count(usage?.output_tokens);
  const total = repeats ? 0 : count(usage?.total_tokens);
  const captures = capturesOf(span.input_data?.locals, json);
  const start = number(span.start_time) ?? 0;
  return {
    span_id: span.span_id,
    parent_span_id: text(span.parent_span_id),
    name: text(span.span_name) ?? "",
    kind: span.span_type === "generation" ? "generation" : "span",
    status: unfinished ? "running" : failed ? "error" : "success",
    level: text(span.level),
    start,
    duration_ms: whole(span.duration_ms) ?? lengthOf(start, number(span.end_time)),
    model: text(span.model_id),
    input_tokens: input,
    output_tokens: output,
    tokens: input + output || total,
    cost: repeats ? null : number(cost?.total_cost),
    fn: text(code?.function),
    file: text(code?.file),
    line: whole(code?.line),
    site: text(code?.site),
    hash: text(code?.hash),
    error_type: text(error?.type) ?? (failed ? "Error" : null),
    error_message:
      (text(error?.message) ?? (failed ? text(span.status_message) : null))?.slice(
        0,
        MESSAGE_LENGTH,
      ) ?? null,
    flags:
      flagsOf(json) |
      (text(span.prompt) === null ? 0 : FLAG.prompt) |
      (captures === null ? 0 : FLAG.local) |
      (unfinished ? FLAG.unfinished : 0),
    captures,
  };
}

/** Of a value's JSON. A text that quotes such a key has its quotes escaped. */
function flagsOf(json: string): number {
  return (json.includes(CUT) ? FLAG.truncated : 0) | (json.includes(MASK) ? FLAG.redacted : 0);
}

function capturesOf(locals: unknown, json: string): string | null {
  if (typeof locals !== "object" || locals === null) return null;
  const names = Object.keys(locals);
  if (names.length === 0) return null;
  const marked = flagsOf(json) !== 0;
  const values = locals as Readonly<Record<string, unknown>>;
  return JSON.stringify(
    names.map((name) => [name, marked ? flagsOf(JSON.stringify(values[name]) ?? "") : 0]),
  );
}

export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** SQLite's whole numbers and JavaScript's are the same up to here. */
function whole(value: unknown): number | null {
  const found = number(value);
  return found === null || Math.abs(found) > Number.MAX_SAFE_INTEGER ? null : Math.round(found);
}

function count(value: unknown): number {
  return Math.max(0, whole(value) ?? 0);
}

function lengthOf(start: number, end: number | null): number {
  return end === null || end < start ? 0 : (whole((end - start) * 1000) ?? 0);
}
