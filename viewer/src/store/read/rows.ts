// Rows of `traces` and `spans` → as the API has them.
import type { SpanRow, TraceRow } from "../../model.ts";
import { FLAG } from "../database/schema.ts";
import type { SpanFacts } from "../facts.ts";
import type { Branch } from "../tree.ts";

/** A row of `traces`, by its columns: lists are JSON, flags 0 or 1. */
export interface TraceColumns extends Omit<
  TraceRow,
  "models" | "tags" | "error" | "truncated" | "unfinished"
> {
  readonly id: number;
  readonly models: string;
  readonly tags: string;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly truncated: number;
  readonly unfinished: number;
  readonly messages: number;
  readonly parts_of: number;
}

export function traceRowOf(row: TraceColumns): TraceRow {
  const failed = row.error_type !== null || row.error_message !== null;
  return {
    trace_id: row.trace_id,
    name: row.name,
    project_id: row.project_id,
    environment: row.environment,
    user_id: row.user_id,
    session_id: row.session_id,
    status: row.status,
    started: row.started,
    duration_ms: row.duration_ms,
    spans: row.spans,
    errors: row.errors,
    generations: row.generations,
    models: JSON.parse(row.models) as string[],
    tags: JSON.parse(row.tags) as string[],
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    total_tokens: row.total_tokens,
    cost: row.cost,
    error: failed ? { type: row.error_type ?? "Error", message: row.error_message ?? "" } : null,
    preview: row.preview,
    source: row.source,
    truncated: row.truncated === 1,
    unfinished: row.unfinished === 1,
    updated: row.updated,
  };
}

/** Of the facts of a span, those that a row of the waterfall shows. */
export const ROW_COLUMNS = [
  ..."span_id parent_span_id name kind status level start duration_ms model".split(" "),
  ..."input_tokens output_tokens tokens cost fn file line flags".split(" "),
] as (keyof RowFacts)[];

export type RowFacts = Omit<
  SpanFacts,
  "site" | "hash" | "error_type" | "error_message" | "captures"
>;

export function spanRowOf(branch: Branch<RowFacts>, started: number): SpanRow {
  const { span, depth, orphan, children, totals } = branch;
  return {
    span_id: span.span_id,
    parent_span_id: span.parent_span_id,
    name: span.name,
    kind: span.kind,
    depth,
    // The clock of the wire tells microseconds.
    start: Math.round((span.start - started) * 1e6) / 1e3,
    duration_ms: span.duration_ms,
    status: span.status,
    level: span.level,
    model: span.model,
    input_tokens: span.input_tokens,
    output_tokens: span.output_tokens,
    cost: span.cost,
    total_tokens: totals.tokens,
    total_cost: totals.cost,
    child_count: children.length,
    fn: span.fn,
    file: span.file,
    line: span.line,
    truncated: (span.flags & FLAG.truncated) !== 0,
    unfinished: (span.flags & FLAG.unfinished) !== 0,
    orphan,
  };
}
