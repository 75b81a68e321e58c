// A trace's fields and the facts of its spans → its row in the list.
// Invariant: it depends on these alone: the same spans in another order give the same row.
import type { WireSpan } from "llmops-observability/wire";
import { FLAG } from "../database/schema.ts";
import { number, type SpanFacts, text } from "../facts.ts";
import type { TraceColumns } from "../read/rows.ts";
import { type Branch, sumOf, type TreeSpan } from "../tree.ts";
import type { Fields } from "./merge.ts";

/** Columns of `traces` that come of what is in it. */
export interface Summary extends Omit<
  TraceColumns,
  "id" | "trace_id" | "preview" | "source" | "truncated" | "updated" | "messages" | "parts_of"
> {
  /** Bits of FLAG. */
  readonly flags: number;
}

/** Messages of a trace that came, and that there are. */
export interface Parts {
  readonly have: number;
  readonly of: number;
}

/** What a trace's row says of a span. */
export type SummaryFacts = TreeSpan &
  Pick<SpanFacts, "name" | "kind" | "status" | "model" | "flags" | "error_type" | "error_message">;

export function summaryOf(
  fields: Fields,
  branches: readonly Branch<SummaryFacts>[],
  parts: Parts,
): Summary {
  const spans = branches.map(({ span }) => span);
  const totals = sumOf(branches.filter(({ depth }) => depth === 0).map((one) => one.totals));
  const flags = spans.reduce((bits, span) => bits | span.flags, 0);
  const failed = spans.filter(({ status }) => status === "error");
  const unfinished = (flags & FLAG.unfinished) !== 0 || parts.have < parts.of;
  const error = firstError(branches);
  return {
    name: text(fields.trace_name) ?? branches[0]?.span.name ?? "",
    project_id: text(fields.project_id),
    environment: text(fields.environment),
    user_id: text(fields.user_id),
    session_id: text(fields.session_id),
    status: statusOf(fields, failed.length, unfinished),
    started: number(fields.start_time) ?? branches[0]?.span.start ?? 0,
    duration_ms: Math.round(number(fields.duration_ms) ?? 0),
    spans: spans.length,
    errors: failed.length,
    generations: spans.filter(({ kind }) => kind === "generation").length,
    models: JSON.stringify([...new Set(branches.flatMap(({ span }) => span.model ?? []))]),
    tags: JSON.stringify(textsOf(fields.tags)),
    input_tokens: totals.input,
    output_tokens: totals.output,
    total_tokens: totals.tokens,
    cost: totals.cost,
    error_type: error?.error_type ?? (fields.status === "error" ? "Error" : null),
    error_message: error?.error_message ?? text(fields.status_message),
    unfinished: unfinished ? 1 : 0,
    flags,
  };
}

function statusOf(fields: Fields, errors: number, unfinished: boolean): Summary["status"] {
  if (errors > 0 || fields.status === "error") return "error";
  return unfinished ? "running" : "success";
}

/** The first that failed, and did not only hand the error of one below it up. */
function firstError(branches: readonly Branch<SummaryFacts>[]): SummaryFacts | undefined {
  let first: SummaryFacts | undefined;
  for (const { span, children } of branches) {
    if (span.status !== "error") continue;
    if (first !== undefined && first.start <= span.start) continue;
    const handedUp = children.some(
      ({ span: child }) =>
        child.status === "error" &&
        child.error_type === span.error_type &&
        child.error_message === span.error_message,
    );
    if (!handedUp) first = span;
  }
  return first;
}

const PREVIEW_LENGTH = 200;

/** Spans one by one → the first of them, and the first prompt. */
export class Beginning {
  #root: WireSpan | undefined;
  #prompted: WireSpan | undefined;

  get hasRoot(): boolean {
    return this.#root !== undefined;
  }

  add(span: WireSpan): void {
    if (typeof span.parent_span_id !== "string" && isEarlier(span, this.#root)) this.#root = span;
    if (typeof span.prompt === "string" && isEarlier(span, this.#prompted)) this.#prompted = span;
  }

  /** Of its input: what was said of the trace, else its first span's arguments; else a prompt. */
  previewFor(fields: Fields): string | null {
    const input = this.#root?.input_data;
    const args = Array.isArray(input?.args) && input.args.length > 0 ? input.args : undefined;
    const given = args?.length === 1 ? args[0] : (args ?? filled(input?.kwargs));
    const shown = [fields.trace_input, given, this.#prompted?.prompt].find(
      (one) => one != null && one !== "",
    );
    if (shown === undefined) return null;
    const told = alone(shown);
    const line = typeof told === "string" ? told : JSON.stringify(told);
    return line.slice(0, PREVIEW_LENGTH);
  }
}

function isEarlier(span: WireSpan, than: WireSpan | undefined): boolean {
  return than === undefined || span.start_time < than.start_time;
}

/** Of an object with one field that is a text: the text. */
function alone(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const [only, ...rest] = Object.values(value);
  return typeof only === "string" && rest.length === 0 ? only : value;
}

function filled(value: unknown): unknown {
  const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return empty ? undefined : value;
}

export function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}
