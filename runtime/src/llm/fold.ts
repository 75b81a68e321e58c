// The parts of an answer, or of several answers in turn → one Reply.
// Invariant: bounded by `limit`, however long the stream; counts that make no sense are left out,
// so that totals stay right.
import { parsedJson } from "../platform/own-properties.ts";
import type { Host, Reply, ToolCall, Usage, Vendor } from "./reply.ts";

/**
 * Token counts as a provider reports them: with its caches inside of `input` or apart from
 * `freshInput`.
 */
export interface Counts {
  readonly input?: number | undefined;
  /** Input that is neither read from a cache nor written to one. */
  readonly freshInput?: number | undefined;
  readonly cached?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly longCacheWrite?: number | undefined;
  readonly output?: number | undefined;
  /** Output that `output` does not count: thoughts. */
  readonly outputApart?: number | undefined;
  readonly reasoning?: number | undefined;
}

interface Call {
  id: string | undefined;
  name: string | undefined;
  /** JSON text so far; `input` where the arguments came as a value. */
  arguments: string;
  input: unknown;
}

/** A model that calls more tools than this in one answer is told in part. */
const MAX_CALLS = 128;
/** Answers that are priced one by one; of more, the rest is priced as one. */
const MAX_ANSWERS = 128;

export class Fold {
  model: string | undefined;
  vendor: Vendor | undefined;
  host: Host | undefined;
  #finishReason: string | undefined;
  /** What the provider reports as an error in the middle of a stream. */
  failure: unknown;
  /** The provider's stream says that it was aborted. */
  aborted = false;
  readonly #limit: number;
  readonly #toJson: (value: unknown) => string;
  #text: string | undefined;
  readonly #calls = new Map<unknown, Call>();
  #counts: Counts = {};
  #billed: Counts = {};
  /** What tells the current answer from the next one, and whether the model has finished it. */
  #answer: unknown;
  #finished = false;
  /** Of the answers before the current one. */
  readonly #earlierCalls: Call[] = [];
  readonly #earlierUsage: Usage[] = [];
  readonly #earlierBilled: Usage[] = [];

  /**
   * @param limit characters kept of the text, and of each tool call's arguments
   * @param toJson of an answer that is a value, not a text
   */
  constructor(limit: number, toJson: (value: unknown) => string) {
    this.#limit = limit;
    this.#toJson = toJson;
  }

  /** Of all answers: as a reader of the stream saw it. */
  get text(): string | undefined {
    return this.#text;
  }

  /**
   * A part of the answer `id`. Where the one before is finished, another one begins: a loop that
   * calls tools asks several times, and may hand all answers on as one stream. Some servers give
   * each chunk an id of its own.
   */
  begin(id: unknown): void {
    if (id === undefined || id === this.#answer) return;
    this.#answer = id;
    if (!this.#finished) return;
    this.#finished = false;
    this.#earlierCalls.push(...this.#calls.values());
    this.#calls.clear();
    keepUsage(this.#earlierUsage, usageOf(this.#counts));
    keepUsage(this.#earlierBilled, usageOf(this.#billed) ?? usageOf(this.#counts));
    this.#counts = {};
    this.#billed = {};
  }

  finish(reason: string | undefined): void {
    if (reason === undefined) return;
    this.#finishReason = reason;
    this.#finished = true;
  }

  addText(piece: string | undefined): void {
    if (piece !== undefined) this.#text = this.#joined(this.#text ?? "", piece);
  }

  /** An answer that is a value: its text is JSON. */
  addValue(value: unknown): void {
    this.addText(this.#toJson(value));
  }

  /** The whole text, in place of its pieces. */
  setText(text: string | undefined): void {
    if (text === undefined) return;
    this.#text = undefined;
    this.addText(text);
  }

  /**
   * A tool call, or a piece of one; pieces with the same key are one call. `input`: arguments as a
   * value.
   */
  call(
    key: unknown,
    part: { id?: unknown; name?: unknown; arguments?: unknown; input?: unknown },
  ): void {
    let call = this.#calls.get(key);
    if (call === undefined) {
      if (this.#earlierCalls.length + this.#calls.size >= MAX_CALLS) return;
      call = { id: undefined, name: undefined, arguments: "", input: undefined };
      this.#calls.set(key, call);
    }
    if (typeof part.id === "string") call.id = part.id;
    if (typeof part.name === "string") call.name = part.name;
    if (typeof part.arguments === "string")
      call.arguments = this.#joined(call.arguments, part.arguments);
    else if (part.input !== undefined) call.input = part.input;
  }

  /** The call's whole arguments, in place of its pieces. */
  setArguments(key: unknown, text: string | undefined): void {
    const call = this.#calls.get(key);
    if (call !== undefined && text !== undefined) call.arguments = this.#joined("", text);
  }

  /** Later counts replace earlier ones: streams report running totals. */
  count(counts: Counts): void {
    this.#counts = merged(this.#counts, counts);
  }

  /** Of streams whose counts are pieces to be added up. */
  add(counts: Counts): void {
    this.#counts = added(this.#counts, counts);
  }

  /** Whether the answers so far were counted. */
  get counted(): boolean {
    return this.#earlierUsage.length > 0 || usageOf(this.#counts) !== undefined;
  }

  bill(counts: Counts): void {
    this.#billed = merged(this.#billed, counts);
  }

  reply(): Reply {
    const calls = [...this.#earlierCalls, ...this.#calls.values()];
    const toolCalls: ToolCall[] = calls.map((call) => ({
      id: call.id,
      name: call.name,
      arguments:
        call.arguments === "" ? call.input : (parsedJson(call.arguments) ?? call.arguments),
    }));
    const usage = usageOf(this.#counts);
    const billed = usageOf(this.#billed) ?? usage;
    return {
      text: this.#text === "" && toolCalls.length > 0 ? undefined : this.#text,
      model: this.model,
      usage: [...this.#earlierUsage, ...listed(usage)].reduce<Usage | undefined>(
        sumOfUsage,
        undefined,
      ),
      finishReason: this.#finishReason,
      toolCalls,
      vendor: this.vendor,
      host: this.host,
      billed: [...this.#earlierBilled, ...listed(billed)],
    };
  }

  #joined(text: string, piece: string): string {
    const room = this.#limit - text.length;
    if (room <= 0) return text;
    return text + (piece.length > room ? piece.slice(0, room) : piece);
  }
}

function merged(earlier: Counts, later: Counts): Counts {
  const all: Record<string, number | undefined> = { ...earlier };
  for (const [name, count] of Object.entries(later) as [string, number | undefined][])
    if (count !== undefined) all[name] = count;
  return all;
}

function added<T extends Counts | Usage>(one: T, other: T): T {
  const all: Record<string, number | undefined> = { ...one };
  for (const [name, count] of Object.entries(other) as [string, number | undefined][])
    if (count !== undefined) all[name] = (all[name] ?? 0) + count;
  return all as unknown as T;
}

function listed(usage: Usage | undefined): readonly Usage[] {
  return usage === undefined ? [] : [usage];
}

function sumOfUsage(one: Usage | undefined, other: Usage): Usage {
  return one === undefined ? other : added(one, other);
}

function keepUsage(list: Usage[], usage: Usage | undefined): void {
  if (usage === undefined) return;
  if (list.length < MAX_ANSWERS) list.push(usage);
  else list[list.length - 1] = sumOfUsage(list.at(-1), usage);
}

function usageOf(counts: Counts): Usage | undefined {
  const { input, freshInput, cached = 0, cacheWrite = 0, output, outputApart = 0 } = counts;
  const inputTokens =
    input ?? (freshInput === undefined ? undefined : freshInput + cached + cacheWrite);
  if (inputTokens === undefined || output === undefined) return undefined;
  const outputTokens = output + outputApart;
  // Parts larger than the whole would make the rest negative.
  const cacheFits = cached + cacheWrite <= inputTokens;
  const { reasoning, longCacheWrite } = counts;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: cacheFits ? counts.cached : undefined,
    cacheWriteInputTokens: cacheFits ? counts.cacheWrite : undefined,
    longCacheWriteInputTokens:
      cacheFits && longCacheWrite !== undefined && longCacheWrite <= cacheWrite
        ? longCacheWrite
        : undefined,
    reasoningTokens: reasoning !== undefined && reasoning <= outputTokens ? reasoning : undefined,
  };
}
