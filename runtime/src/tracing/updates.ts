// The program's own facts of a span or a trace that runs → JSON texts and checked values, at once.
// Invariant: what has the wrong type is counted and left out; a later update wins, key by key.
import { types } from "../platform/node.ts";
import type { Encoder } from "../encode/encoder.ts";
import { quote } from "../encode/json-text.ts";
import { countField, items } from "../platform/own-properties.ts";
import type { Usage } from "../llm/reply.ts";
import { count } from "../platform/report.ts";
import { fieldOf, isRecord, type Refusal, textIn } from "./given.ts";

export const LEVELS = ["DEBUG", "DEFAULT", "WARNING", "ERROR"] as const;
/** How much a span or a trace matters to its reader. */
export type Level = (typeof LEVELS)[number];

/**
 * What `currentSpan()?.update(…)` takes. Metadata is merged key by key, tags are added, the rest is
 * replaced.
 */
export interface SpanUpdate {
  /** Merged over the span's, key by key. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Added to the span's. */
  readonly tags?: readonly string[] | undefined;
  /** In place of the level it has so far. */
  readonly level?: Level | undefined;
  /** A word on how it went, beside the level. */
  readonly statusMessage?: string | undefined;
  /** Tokens, in place of those found in the response. */
  readonly usage?: Usage | undefined;
  /** Model id, in place of the one found in call and response. */
  readonly model?: string | undefined;
}

/**
 * What `currentTrace()?.update(…)` takes. Metadata is merged key by key, tags are added, the rest
 * is replaced.
 */
export interface TraceUpdate {
  /** In place of the name that it began with. */
  readonly name?: string | undefined;
  /** Who the trace is for. */
  readonly userId?: string | undefined;
  /** The conversation, or whatever else spans several traces. */
  readonly sessionId?: string | undefined;
  /** Merged over the trace's, key by key. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Added to the trace's. */
  readonly tags?: readonly string[] | undefined;
  /** In place of the root span's input. */
  readonly input?: unknown;
  /** In place of the root span's output. */
  readonly output?: unknown;
}

/** What `currentTrace()?.score(…)` takes. */
export interface Score {
  /** What is judged: `helpful`, `exact-match`, … */
  readonly name: string;
  /** A number, a category, or yes or no. */
  readonly value: number | string | boolean;
  /** Why. */
  readonly comment?: string | undefined;
}

/** Metadata as JSON texts by key. */
export type FieldTexts = Map<string, string>;

/**
 * @param limit bytes of UTF-8 for each value
 * @returns how many more bytes they hold, about
 */
export function addFields(
  texts: FieldTexts,
  fields: unknown,
  encoder: Encoder,
  limit: number,
): number {
  if (!isRecord(fields)) {
    count("invalid_update");
    return 0;
  }
  let more = 0;
  Object.keys(fields).forEach((key) => {
    const value = Object.getOwnPropertyDescriptor(fields, key)?.value as unknown;
    const text = encoder.value(value, limit, key);
    more += text.length - lengthOf(texts.get(key));
    texts.set(key, text);
  });
  return more;
}

/** @returns how many more bytes they hold, about */
function addTags(tags: string[], given: unknown): number {
  let more = 0;
  textsIn(given).forEach((tag) => {
    tags.push(tag);
    more += tag.length;
  });
  return more;
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length;
}

/** JSON of a text, which stays one when it is cut. @param limit bytes of UTF-8 */
export function textJson(encoder: Encoder, text: string, limit: number): string {
  return quote(encoder.text(text, limit));
}

export function fieldsText(texts: FieldTexts, encoder: Encoder): string {
  let text = "";
  texts.forEach((value, key) => {
    text += `${text === "" ? "" : ","}${encoder.name(key)}${value}`;
  });
  return `{${text}}`;
}

/** The texts in a list, or one by itself; anything else is counted. */
export function textsIn(given: unknown, refusal: Refusal = "invalid_update"): readonly string[] {
  if (typeof given === "string") return [given];
  const listed = !types.isProxy(given) && Array.isArray(given);
  const all = listed ? items(given) : [];
  const texts = all.filter((item): item is string => typeof item === "string");
  if (!listed || texts.length < all.length) count(refusal);
  return texts;
}

function levelIn(value: unknown): Level | undefined {
  const level = LEVELS.find((known) => known === value);
  if (level === undefined) count("invalid_update");
  return level;
}

/** Token counts: whole numbers that are not negative, input and output at least. */
function usageIn(value: unknown): Usage | undefined {
  const tokens = (name: keyof Usage): number | undefined => countField(value, name);
  const inputTokens = tokens("inputTokens");
  const outputTokens = tokens("outputTokens");
  if (inputTokens === undefined || outputTokens === undefined) {
    count("invalid_update");
    return undefined;
  }
  const cached = tokens("cachedInputTokens");
  const cacheWrite = tokens("cacheWriteInputTokens");
  const reasoning = tokens("reasoningTokens");
  // Parts larger than the whole would make the rest negative.
  const cacheFits = (cached ?? 0) + (cacheWrite ?? 0) <= inputTokens;
  const reasoningFits = (reasoning ?? 0) <= outputTokens;
  if (!cacheFits || !reasoningFits) count("invalid_update");
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: cacheFits ? cached : undefined,
    cacheWriteInputTokens: cacheFits ? cacheWrite : undefined,
    reasoningTokens: reasoningFits ? reasoning : undefined,
  };
}

/** All updates of one span. */
export class SpanUpdates {
  readonly fields: FieldTexts = new Map();
  readonly tags: string[] = [];
  level: Level | undefined = undefined;
  /** JSON text. */
  statusMessage: string | undefined = undefined;
  usage: Usage | undefined = undefined;
  model: string | undefined = undefined;

  /** @returns how many more bytes it holds, about */
  add(update: SpanUpdate, encoder: Encoder, limit: number): number {
    const read = <K extends keyof SpanUpdate>(key: K): SpanUpdate[K] =>
      fieldOf(update, key, "invalid_update");
    const metadata = read("metadata");
    const tags = read("tags");
    const level = read("level");
    const usage = read("usage");
    let more = 0;
    if (metadata !== undefined) more += addFields(this.fields, metadata, encoder, limit);
    if (tags !== undefined) more += addTags(this.tags, tags);
    if (level !== undefined) this.level = levelIn(level) ?? this.level;
    const message = textIn(read("statusMessage"), "invalid_update");
    if (message !== undefined) {
      more -= lengthOf(this.statusMessage);
      this.statusMessage = textJson(encoder, message, limit);
      more += this.statusMessage.length;
    }
    if (usage !== undefined) this.usage = usageIn(usage) ?? this.usage;
    this.model = textIn(read("model"), "invalid_update") ?? this.model;
    return more;
  }
}

/** All updates of one trace, with what it was begun and ended with. */
export class TraceUpdates {
  readonly fields: FieldTexts = new Map();
  readonly tags: string[] = [];
  /** JSON texts. */
  readonly scores: string[] = [];
  /** JSON texts of what replaces the trace's own. */
  name: string | undefined = undefined;
  userId: string | undefined = undefined;
  sessionId: string | undefined = undefined;
  input: string | undefined = undefined;
  output: string | undefined = undefined;

  /**
   * @param io bytes for input, and for output
   * @returns how many more bytes it holds, about
   */
  add(update: TraceUpdate, encoder: Encoder, limit: number, io: number): number {
    const read = <K extends keyof TraceUpdate>(key: K): TraceUpdate[K] =>
      fieldOf(update, key, "invalid_update");
    const metadata = read("metadata");
    const tags = read("tags");
    const input = read("input");
    const output = read("output");
    let more = 0;
    if (metadata !== undefined) more += addFields(this.fields, metadata, encoder, limit);
    if (tags !== undefined) more += addTags(this.tags, tags);
    const replace = (
      key: "name" | "userId" | "sessionId" | "input" | "output",
      by: string,
    ): void => {
      more += by.length - lengthOf(this[key]);
      this[key] = by;
    };
    ["name" as const, "userId" as const, "sessionId" as const].forEach((key) => {
      const text = textIn(read(key), "invalid_update");
      if (text !== undefined) replace(key, textJson(encoder, text, limit));
    });
    if (input !== undefined) replace("input", encoder.value(input, io));
    if (output !== undefined) replace("output", encoder.value(output, io));
    return more;
  }

  /** @returns how many more bytes it holds, about */
  score(score: Score, encoder: Encoder, limit: number): number {
    const name = fieldOf(score, "name", "invalid_score");
    const value = fieldOf(score, "value", "invalid_score");
    const comment = fieldOf(score, "comment", "invalid_score");
    const valueText = scoreText(value, encoder, limit);
    if (typeof name !== "string" || valueText === undefined) {
      count("invalid_score");
      return 0;
    }
    const note = textIn(comment, "invalid_score");
    const text = `{"name":${textJson(encoder, name, limit)},"value":${valueText},"comment":${note === undefined ? "null" : textJson(encoder, note, limit)}}`;
    this.scores.push(text);
    return text.length;
  }
}

/** Undefined for what is no score. */
function scoreText(value: unknown, encoder: Encoder, limit: number): string | undefined {
  if (typeof value === "string") return textJson(encoder, value, limit);
  return typeof value === "boolean" || Number.isFinite(value) ? String(value) : undefined;
}
