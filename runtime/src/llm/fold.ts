// The parts of one answer, a whole response or chunk after chunk → one Reply.
// Invariant: bounded by `limit`, however long the stream; counts that make no sense are left out, so that totals stay right.
import { parsedJson } from "./read.ts";
import type { Host, Reply, ToolCall, Usage, Vendor } from "./reply.ts";

/** Token counts as a provider reports them: with its caches inside of `input` or apart from `freshInput`. */
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

export class Fold {
  model: string | undefined;
  vendor: Vendor | undefined;
  host: Host | undefined;
  finishReason: string | undefined;
  /** What the provider reports as an error in the middle of a stream. */
  failure: unknown;
  /** The provider's stream says that it was aborted. */
  aborted = false;
  readonly #limit: number;
  #text: string | undefined;
  readonly #calls = new Map<unknown, Call>();
  #counts: Counts = {};
  #billed: Counts = {};

  /** @param limit characters kept of the text, and of each tool call's arguments */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get text(): string | undefined {
    return this.#text;
  }

  addText(piece: string | undefined): void {
    if (piece !== undefined) this.#text = this.#joined(this.#text ?? "", piece);
  }

  /** The whole text, in place of its pieces. */
  setText(text: string | undefined): void {
    if (text === undefined) return;
    this.#text = undefined;
    this.addText(text);
  }

  /** A tool call, or a piece of one; pieces with the same key are one call. `input`: arguments as a value. */
  call(
    key: unknown,
    part: { id?: unknown; name?: unknown; arguments?: unknown; input?: unknown },
  ): void {
    let call = this.#calls.get(key);
    if (call === undefined) {
      if (this.#calls.size >= MAX_CALLS) return;
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

  bill(counts: Counts): void {
    this.#billed = merged(this.#billed, counts);
  }

  reply(): Reply {
    const toolCalls: ToolCall[] = [...this.#calls.values()].map((call) => ({
      id: call.id,
      name: call.name,
      arguments:
        call.arguments === "" ? call.input : (parsedJson(call.arguments) ?? call.arguments),
    }));
    return {
      text: this.#text === "" && toolCalls.length > 0 ? undefined : this.#text,
      model: this.model,
      usage: usageOf(this.#counts),
      finishReason: this.finishReason,
      toolCalls,
      vendor: this.vendor,
      host: this.host,
      billed: usageOf(this.#billed),
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
