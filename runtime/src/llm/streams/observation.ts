// A stream, chunk after chunk → its Reply, how it ended, when its first chunk came.
// Invariant: nothing leads from it to the stream: V8 collects a stream that the program has
// dropped, and its span says abandoned.
import { monotonicNow } from "../../platform/clock.ts";
import { encoding } from "../../encode/current.ts";
import { count } from "../../platform/report.ts";
import { isAbort, toldError } from "../provider-error.ts";
import { Fold } from "../fold.ts";
import { foldPart, type Format } from "../providers/index.ts";
import type { Reply } from "../reply.ts";

/**
 * `complete`: read to its end. `failed`: by the provider or the transport. `cancelled`: by its
 * consumer. `abandoned`: dropped half-way, `unread`: before anything was read.
 */
export type End = "complete" | "failed" | "cancelled" | "abandoned" | "unread";

/** Whose span stays open until the stream has ended. */
export interface StreamListener {
  /** The first chunk. */
  brought(chunk: unknown): void;
  /** A chunk that is a stream itself is watched, and its chunks are folded in its place. */
  watchInside(chunk: unknown, outer: Observation): boolean;
  /** @param ended monotonic ms; `thrown`: what it failed with */
  streamed(ended: number, end: End, thrown: unknown): void;
}

export class Observation {
  chunks = 0;
  /** Monotonic ms; 0 before the first chunk. */
  firstChunk = 0;
  end: End | undefined;
  /** Ways out of the stream that somebody may still read: more than one after `tee`. */
  #readers = 1;
  readonly #fold: Fold;
  readonly #listener: StreamListener;
  readonly #outer: Observation | undefined;
  #format: Format | undefined;
  #known = false;
  /** Chunks of no known format, as JSON, up to the budget of an output. */
  #unknown = "";
  #unknownFull = false;
  readonly #leftovers: (() => void)[] = [];

  /** @param outer whose chunk this stream is */
  constructor(listener: StreamListener, outer?: Observation) {
    this.#listener = listener;
    this.#outer = outer;
    this.#fold = outer === undefined ? createFold() : outer.#fold;
  }

  chunk(value: unknown): void {
    if (this.end !== undefined) return;
    try {
      if (this.chunks++ === 0) this.#listener.brought(value);
      if (this.#listener.watchInside(value, this)) this.#known = true;
      else {
        this.#arrived(monotonicNow());
        if (!this.fold(value)) this.#keepUnknown(value);
      }
    } catch {
      count("internal_error");
    }
  }

  #arrived(now: number): void {
    if (this.firstChunk === 0) this.firstChunk = now;
    if (this.#outer !== undefined) this.#outer.#arrived(now);
  }

  /** False: it is of no known format. */
  fold(part: unknown): boolean {
    const format = foldPart(part, this.#fold, this.#format);
    if (format === undefined) return false;
    this.#format = format;
    this.#known = true;
    return true;
  }

  /** What the provider told as an error among its chunks. */
  get failure(): unknown {
    return toldError(this.#fold.failure);
  }

  /** The consumer was told the end, or left; `byCaller`: who had aborted it. */
  finish(end: End, thrown?: unknown, byCaller = false): void {
    if (this.end !== undefined) return;
    const { failure, aborted } = this.#fold;
    const cancelled = end === "failed" ? isAbort(thrown) : aborted;
    // Also for a consumer that leaves because of it.
    const told = failure !== undefined && !byCaller && !isAbort(failure);
    const failed = told && (end === "complete" || end === "cancelled");
    this.end = cancelled ? "cancelled" : failed ? "failed" : end;
    for (const remove of this.#leftovers) remove();
    this.#leftovers.length = 0;
    this.#listener.streamed(monotonicNow(), this.end, failed ? toldError(failure) : thrown);
  }

  addReader(): void {
    this.#readers++;
  }

  /** Returns how many are left. */
  removeReader(): number {
    return --this.#readers;
  }

  /** Ends the observation without telling the listener. */
  forget(): void {
    this.end = "unread";
  }

  /** To be taken away when the stream has ended. */
  placed(target: object, remove: () => void): void {
    if (this.#leftovers.length >= MAX_LEFTOVERS) return;
    removers.set(target, [...(removers.get(target) ?? []), remove]);
    const weak = new WeakRef(target);
    this.#leftovers.push(() => {
      const held = weak.deref();
      if (held === undefined) return;
      // The last one first: of two functions that return the same stream, each stands in for the
      // other's.
      for (const take of (removers.get(held) ?? []).toReversed()) take();
      removers.delete(held);
    });
  }

  /** What is known so far. */
  reply(): Reply {
    return this.#fold.reply();
  }

  /** The answer's text or, where no chunk was known, the JSON of the chunks themselves. */
  outputJson(encode: (value: unknown) => string): string {
    if (this.#unknown !== "" && !this.#known) return `[${this.#unknown}]`;
    const { text, toolCalls } = this.reply();
    return encode(text ?? (toolCalls.length > 0 ? toolCalls : null));
  }

  get known(): boolean {
    return this.#known || this.chunks === 0;
  }

  /** The first chunk, where it is of no known format. */
  unknown: unknown;

  #keepUnknown(value: unknown): void {
    if (this.chunks === 1) this.unknown = value;
    if (this.#unknownFull) return;
    const { encoder, limits } = encoding;
    const room = limits.spanIo - this.#unknown.length;
    this.#unknownFull = room < MIN_ROOM;
    if (this.#unknownFull) return;
    const json = encoder.value(value, room - 1);
    this.#unknown += this.#unknown === "" ? json : `,${json}`;
  }
}

/** Bytes: the smallest budget that the encoder takes, and a comma. */
const MIN_ROOM = 65;
/** A stream that is split more often keeps its stand-ins, which do nothing any more. */
const MAX_LEFTOVERS = 64;

/** By their target alone: what an observation holds may not lead to the stream. */
const removers = new WeakMap<object, (() => void)[]>();

/**
 * For one answer. It keeps more than any output or response is cut to: cutting and masking come
 * later.
 */
export function createFold(): Fold {
  const { spanIo, promptResponse } = encoding.limits;
  return new Fold(Math.max(spanIo, promptResponse) + 4096, responseJson);
}

function responseJson(value: unknown): string {
  return encoding.encoder.value(value, encoding.limits.promptResponse);
}

/** Everything that can still read the stream holds it: once V8 collects it, nobody can. */
export type Token = object;

const collected = new FinalizationRegistry<Observation>((observation) => {
  observation.finish(observation.chunks > 0 ? "abandoned" : "unread");
});

export function tokenOf(observation: Observation): Token {
  const token: Token = {};
  collected.register(token, observation);
  return token;
}
