// One way in which chunks come out of a stream (an iterator, a branch of `tee`) → its observation.
// Invariant: a chunk that comes out in several ways, or through several layers of an SDK, is folded
// once.
import { isNativeThen, isPlainPromise } from "../../promises/native-promise.ts";
import { type Method, methodOf, patchMethod } from "../../platform/patch.ts";
import { whenOutcome } from "../../promises/outcome.ts";
import type { End, Observation, Token } from "./observation.ts";
import { field } from "../../platform/own-properties.ts";

/** What all taps of one stream share. */
export interface Source {
  readonly observation: Observation;
  /** Held by all stand-ins; see `tokenOf`. */
  readonly token: Token;
  /** What ends then was not complete. */
  aborted(): boolean;
  /** What fails then was cancelled. SDKs abort their own request when it has failed. */
  abortedByCaller(): boolean;
}

/** How a tap begins: at the first chunk, and read by somebody. */
interface Start {
  /** Chunks that came out before. */
  readonly seen?: number;
  readonly read?: boolean;
  /** A result that can be read several times: of its branches, one may never be read. */
  readonly replays?: boolean;
}

export class Tap {
  readonly #source: Source;
  readonly #replays: boolean;
  #seen: number;
  /** One of the observation's readers. */
  #read: boolean;
  /**
   * Set while a stand-in runs. SDK methods call each other; only the outermost call counts the
   * chunk.
   */
  #inside = false;

  constructor(source: Source, { seen = 0, read = true, replays = false }: Start = {}) {
    this.#source = source;
    this.#seen = seen;
    this.#read = read;
    this.#replays = replays;
  }

  /**
   * Stands in for a method; `observe` is given its result, and what it returns is handed to the
   * program.
   */
  place(
    target: object,
    name: string | symbol,
    method: Method,
    observe: (result: unknown) => unknown,
  ): boolean {
    return this.replace(target, name, method, (args) =>
      observe(Reflect.apply(method, target, args)),
    );
  }

  /** Stands in for a method; `call` is made in its place. */
  replace(
    target: object,
    name: string | symbol,
    method: Method,
    call: (args: readonly unknown[]) => unknown,
  ): boolean {
    const { observation } = this.#source;
    const remove = patchMethod(target, name, method, (args) => {
      if (this.#inside || observation.end !== undefined) return Reflect.apply(method, target, args);
      this.#inside = true;
      try {
        return call(args);
      } finally {
        this.#inside = false;
      }
    });
    if (remove !== undefined) observation.placed(target, remove);
    return remove !== undefined;
  }

  /** A result of `next` or `read`: a promise of one, mostly. Returns what the program is given. */
  step(result: unknown): unknown {
    this.use();
    if (isPlainPromise(result) && isNativeThen(methodOf(result, "then"))) {
      // The program gets the derived promise and never the original, so both keep one identity,
      // and a rejection that the program does not handle is reported once.
      return result.then(
        (value) => {
          this.#stepped(value);
          return value;
        },
        (reason: unknown) => {
          this.fail(reason);
          throw reason;
        },
      );
    }
    const settles = whenOutcome(result, {
      settled: (_ended, rejected, value) => (rejected ? this.fail(value) : this.#stepped(value)),
    });
    if (!settles) this.#stepped(result);
    return result;
  }

  #stepped(result: unknown): void {
    const done = field(result, "done");
    if (done === true) this.finish("complete");
    else if (done === false) this.chunk(field(result, "value"));
  }

  chunk(value: unknown): void {
    this.#seen++;
    if (this.#seen > this.#source.observation.chunks) this.#source.observation.chunk(value);
  }

  fail(reason: unknown): void {
    const end = this.#source.abortedByCaller() ? "cancelled" : "failed";
    this.#source.observation.finish(end, reason);
  }

  finish(end: End): void {
    const aborted = this.#source.aborted();
    const told = end === "complete" && aborted ? "cancelled" : end;
    this.#source.observation.finish(told, undefined, aborted);
  }

  /** The consumer leaves; others may be left. */
  cancel(): void {
    if (!this.#read) return;
    this.#read = false;
    if (this.#source.observation.removeReader() === 0) this.finish("cancelled");
  }

  use(): void {
    if (this.#read) return;
    this.#read = true;
    this.#source.observation.addReader();
  }

  /** The two branches of a `tee`. This tap's reader is the first one's from then on. */
  split(): readonly [Tap, Tap] {
    this.use();
    this.#read = false;
    const start = { seen: this.#seen, replays: this.#replays };
    const second = new Tap(this.#source, { ...start, read: false });
    if (!this.#replays) second.use();
    return [new Tap(this.#source, start), second];
  }
}
