// The parts of an answer, or of several answers in turn → one Reply.
// Invariant: bounded by `limit`, however long the stream.
import { isObject } from "../platform/own-properties.ts";
import type { Host, Reply, Usage, Vendor } from "./reply.ts";
import { type CallPart, ToolCalls } from "./tool-calls.ts";
import { added, type Counts, merged, sumOfUsage, usageOf } from "./usage.ts";

/** Answers that are priced one by one; of more, the rest is priced as one. */
const MAX_ANSWERS = 128;

const MAX_IDS = 10_000;

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
  readonly #texts = new Map<number, string>();
  #reasoning: string | undefined;
  readonly #calls: ToolCalls;
  #counts: Counts = {};
  #billed: Counts = {};
  /** Requests of the provider's own for the current answer, which its counts leave out. */
  #beside: readonly Usage[] = [];
  /** What tells the current answer from the next one. */
  #answer: unknown;
  /** It came in one piece. */
  #whole = false;
  readonly #answers = new WeakSet();
  readonly #ids = new Set<string>();
  /** The model has finished the current answer. */
  #finished = false;
  /** Of the answers before the current one. */
  readonly #earlierUsage: Usage[] = [];
  readonly #earlierBilled: Usage[] = [];

  /**
   * @param limit characters kept of the text, of the reasoning, and of each tool call's arguments
   * @param toJson of an answer that is a value, not a text
   */
  constructor(limit: number, toJson: (value: unknown) => string) {
    this.#limit = limit;
    this.#toJson = toJson;
    this.#calls = new ToolCalls(limit);
  }

  /** Of all answers, as a reader of the stream saw it; of several choices, one after the other. */
  get text(): string | undefined {
    const texts = [...this.#texts].toSorted(([one], [other]) => one - other);
    const [first] = texts;
    if (first === undefined || texts.length === 1) return first?.[1];
    return texts.map(([, text]) => text).join("\n\n");
  }

  /**
   * A part of the answer `id`. Where the one before is finished, another one begins: a loop that
   * calls tools asks several times, and may hand all answers on as one stream. Some servers give
   * each chunk an id of its own, others all answers the same.
   * @param opens an answer begins with this part, whatever its id
   */
  begin(id: unknown, opens = false): void {
    if (!opens && (id === undefined || id === this.#answer)) return;
    this.#answer = id;
    this.#whole = false;
    if (this.#finished) this.#next();
  }

  /** An answer in one piece. False: it is here already, also in pieces. */
  beginWhole(id: unknown, answer: unknown): boolean {
    if (!isObject(answer) || this.#answers.has(answer)) return false;
    this.#answers.add(answer);
    if (this.#whole) this.#next();
    else if (id !== undefined && id === this.#answer) return false;
    else this.begin(id, true);
    this.#answer = id;
    this.#whole = true;
    return true;
  }

  /** Whether an answer's id was not here before, where ids are the answers' own for certain. */
  isNewId(id: string): boolean {
    if (this.#ids.has(id) || this.#ids.size >= MAX_IDS) return false;
    this.#ids.add(id);
    return true;
  }

  /** Whether the current answer is finished, and calls a tool: another answer will follow. */
  get awaitsTools(): boolean {
    return this.#finished && this.#calls.some;
  }

  #next(): void {
    this.#finished = false;
    this.#calls.next();
    for (const usage of this.#usages(usageOf(this.#counts))) keepUsage(this.#earlierUsage, usage);
    for (const usage of this.#usages(this.#billedUsage)) keepUsage(this.#earlierBilled, usage);
    this.#counts = {};
    this.#billed = {};
    this.#beside = [];
  }

  finish(reason: string | undefined): void {
    // Some servers send an empty one with each chunk.
    if (reason === undefined || reason === "") return;
    this.#finishReason = reason;
    this.#finished = true;
  }

  /** @param choice counted from 0, where the model was asked for several */
  addText(piece: string | undefined, choice = 0): void {
    if (piece === undefined) return;
    let room = this.#limit;
    for (const text of this.#texts.values()) room -= text.length;
    this.#texts.set(choice, (this.#texts.get(choice) ?? "") + piece.slice(0, Math.max(0, room)));
  }

  /** An answer that is a value: its text is JSON. */
  addValue(value: unknown): void {
    this.addText(this.#toJson(value));
  }

  /** The whole text, in place of its pieces. */
  setText(text: string | undefined): void {
    if (text === undefined) return;
    this.#texts.clear();
    this.addText(text);
  }

  /** Text of the model's thoughts. */
  addReasoning(piece: string | undefined): void {
    if (piece === undefined || piece === "") return;
    const text = this.#reasoning ?? "";
    this.#reasoning = text + piece.slice(0, Math.max(0, this.#limit - text.length));
  }

  /** See `ToolCalls.add`. */
  call(key: unknown, part: CallPart): void {
    this.#calls.add(key, part);
  }

  setArguments(key: unknown, text: string | undefined): void {
    this.#calls.setArguments(key, text);
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

  /** Later ones replace earlier ones, as with `count`. */
  countBeside(counts: readonly Counts[]): void {
    this.#beside = counts.map(usageOf).filter((usage) => usage !== undefined);
  }

  get #billedUsage(): Usage | undefined {
    return usageOf(this.#billed) ?? usageOf(this.#counts);
  }

  /** All that is paid for in the current answer. */
  #usages(own: Usage | undefined): readonly Usage[] {
    return own === undefined ? this.#beside : [own, ...this.#beside];
  }

  reply(): Reply {
    const { text } = this;
    const toolCalls = this.#calls.list();
    const usages = this.#usages(usageOf(this.#counts));
    return {
      text: text === "" && toolCalls.length > 0 ? undefined : text,
      reasoning: this.#reasoning,
      model: this.model,
      usage: sumOfUsage([...this.#earlierUsage, ...usages]),
      finishReason: this.#finishReason,
      toolCalls,
      vendor: this.vendor,
      host: this.host,
      billed: [...this.#earlierBilled, ...this.#usages(this.#billedUsage)],
    };
  }
}

/** The answers of several requests → the last one, with the tokens and tool calls of all. */
export function together(replies: readonly Reply[]): Reply | undefined {
  const [last, ...earlier] = replies.toReversed();
  if (last === undefined || earlier.length === 0) return last;
  return {
    ...last,
    usage: sumOfUsage(replies.flatMap(({ usage }) => usage ?? [])),
    billed: replies.flatMap(({ billed }) => billed),
    toolCalls: replies.flatMap(({ toolCalls }) => toolCalls),
  };
}

function keepUsage(list: Usage[], usage: Usage): void {
  if (list.length < MAX_ANSWERS) list.push(usage);
  else list[list.length - 1] = added(list.at(-1) ?? usage, usage);
}
