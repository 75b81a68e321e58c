// A trace as the store has it, and another message of it → what both say together.
// Invariant: the order in which messages come makes no difference but where they contradict; then
// the later one is right, as in `join` of llmops-observability/wire.
import type { WireTrace } from "llmops-observability/wire";
import { number } from "../facts.ts";

/** A trace without its spans; an empty list keeps their place among the keys. */
export type Fields = Omit<WireTrace, "spans"> & { readonly spans: [] };

export function mergeFields(known: Fields, more: Fields): Fields {
  const said = Object.entries(more).filter(([, value]) => says(value));
  const start = leastTold(known.start_time, more.start_time);
  const end = Math.max(number(known.end_time) ?? 0, number(more.end_time) ?? 0);
  return {
    ...known,
    ...(Object.fromEntries(said) as Partial<Fields>),
    start_time: start,
    end_time: end,
    duration_ms: durationOf(start, end, [more, known]),
    metadata: { ...known.metadata, ...more.metadata },
    tags: union(known.tags, more.tags),
    total_spans: greater(known.total_spans, more.total_spans),
    total_generations: greater(known.total_generations, more.total_generations),
  };
}

/** What writers leave out stands there as one of these. */
function says(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

function leastTold(a: unknown, b: unknown): number {
  const [one, other] = [number(a) ?? 0, number(b) ?? 0];
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}

const greater = (a: unknown, b: unknown): number => Math.max(number(a) ?? 0, number(b) ?? 0);

/** As the message says that has these times; of times from several we count. */
function durationOf(start: number, end: number, messages: readonly Fields[]): number {
  const whole = messages.find((one) => one.start_time === start && one.end_time === end);
  return whole?.duration_ms ?? Math.max(0, Math.round((end - start) * 1000));
}

function union(known: unknown, more: unknown): string[] {
  const lists = [known, more].filter((one) => Array.isArray(one));
  return [...new Set(lists.flat().filter((one) => typeof one === "string"))];
}

/** As `decode` gives it: of one message as that was, else joined. */
export function wireTraceOf(
  fields: Fields,
  spans: WireTrace["spans"],
  messages: number,
): WireTrace {
  const trace = { ...fields, spans };
  if (messages < 2) return trace;
  const sorted = spans.toSorted(
    (a, b) => a.start_time - b.start_time || (a.span_id < b.span_id ? -1 : 1),
  );
  // Each part of a trace tells its totals; they hold as long as some of its spans are missing.
  if (fields.total_spans > spans.length) return { ...trace, spans: sorted };
  return { ...trace, ...totalsOf(sorted), spans: sorted };
}

type WireTotals = Pick<WireTrace, "token_usage" | "cost" | "total_spans" | "total_generations">;

function totalsOf(spans: WireTrace["spans"]): WireTotals {
  let [input, output, total, generations] = [0, 0, 0, 0];
  let cost: number | null = null;
  for (const { span_type: type, usage, cost: own, repeats } of spans) {
    if (type === "generation") generations++;
    if (repeats === true) continue;
    const { input_tokens: given, output_tokens: taken, total_tokens: all } = usage ?? {};
    input += given ?? 0;
    output += taken ?? 0;
    total += given == null && taken == null ? (all ?? 0) : (given ?? 0) + (taken ?? 0);
    if (own != null) cost = (cost ?? 0) + own.total_cost;
  }
  return {
    token_usage: { total_input_tokens: input, total_output_tokens: output, total_tokens: total },
    cost: { total_cost: cost },
    total_spans: spans.length,
    total_generations: generations,
  };
}
