// A trace as the store has it, and another message of it → what both say together.
// Invariant: the order in which messages come makes no difference but where they contradict; then
// the later one is right, as in `join` of llmops-observability/wire.
import type { WireTrace } from "llmops-observability/wire";
import type { Fields } from "../../formats/trace-text.ts";
import { number, type SpanFacts } from "../facts.ts";

export type { Fields } from "../../formats/trace-text.ts";

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

type Told = Pick<WireTrace, "token_usage" | "cost" | "total_spans" | "total_generations">;

/** What a trace says of its spans, where they came in several messages. */
export class WireTotals {
  #spans = 0;
  #generations = 0;
  #input = 0;
  #output = 0;
  #tokens = 0;
  #cost: number | null = null;

  add({ kind, input_tokens: input, output_tokens: output, tokens, cost }: SpanFacts): void {
    this.#spans++;
    if (kind === "generation") this.#generations++;
    this.#input += input;
    this.#output += output;
    this.#tokens += tokens;
    if (cost !== null) this.#cost = (this.#cost ?? 0) + cost;
  }

  get told(): Told {
    return {
      token_usage: {
        total_input_tokens: this.#input,
        total_output_tokens: this.#output,
        total_tokens: this.#tokens,
      },
      cost: { total_cost: this.#cost },
      total_spans: this.#spans,
      total_generations: this.#generations,
    };
  }
}
