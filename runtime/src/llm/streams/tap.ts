// One way in which chunks come out of an observed stream: an iterator, a reader, a branch of `tee` → its observation.
// Invariant: a chunk that comes out in several ways, or through several layers of the SDK's, is folded once.
import { isNativeThen, isPlainPromise } from "../../promises/follow.ts";
import { type Method, methodOf, placeOn } from "../../platform/patch.ts";
import { whenOutcome } from "../../promises/outcome.ts";
import type { End, Observation, Token } from "./observation.ts";
import { field } from "../../platform/foreign-fields.ts";

export class Channel {
  readonly observation: Observation;
  /** Held by all stand-ins; see `tokenOf`. */
  readonly token: Token;
  /** By anyone: what ends then was not complete. */
  readonly #aborted: () => boolean;
  /** By the caller: what fails then was cancelled. SDKs abort their own request when it has failed. */
  readonly #abortedByCaller: () => boolean;
  /** Chunks that came out here. */
  #seen = 0;
  /** In a call of the program's: what that calls in turn is the same chunk on its way. */
  #inside = false;
  #counts = true;
  /** A branch that nobody may ever read again: of a result that can be read several times. */
  replays = false;

  constructor(
    observation: Observation,
    token: Token,
    aborted: () => boolean,
    abortedByCaller: () => boolean,
  ) {
    this.observation = observation;
    this.token = token;
    this.#aborted = aborted;
    this.#abortedByCaller = abortedByCaller;
  }

  /** Stands in for a method; `observe` is given its result, and what it returns is handed to the program. */
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
    const remove = placeOn(target, name, method, (args) => {
      if (this.#inside || this.observation.end !== undefined)
        return Reflect.apply(method, target, args);
      this.#inside = true;
      try {
        return call(args);
      } finally {
        this.#inside = false;
      }
    });
    if (remove !== undefined) this.observation.placed(target, remove);
    return remove !== undefined;
  }

  /** A result of `next` or `read`: a promise of one, mostly. Returns what the program is given. */
  step(result: unknown): unknown {
    this.use();
    if (isPlainPromise(result) && isNativeThen(methodOf(result, "then"))) {
      // The program never sees the original: unhandled, handled and identity are those of the one derived from it.
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
    if (this.#seen > this.observation.chunks) this.observation.chunk(value);
  }

  fail(reason: unknown): void {
    this.observation.finish(this.#abortedByCaller() ? "cancelled" : "failed", reason);
  }

  finish(end: End): void {
    const aborted = this.#aborted();
    this.observation.finish(end === "complete" && aborted ? "cancelled" : end, undefined, aborted);
  }

  /** The consumer leaves; others may be left. */
  cancel(): void {
    if (!this.#counts) return;
    this.#counts = false;
    if (--this.observation.open <= 0) this.finish("cancelled");
  }

  use(): void {
    if (this.#counts) return;
    this.#counts = true;
    this.observation.open++;
  }

  /** The two ways that come out of this one. */
  split(): readonly [Channel, Channel] {
    const branch = (counts: boolean): Channel => {
      const made = new Channel(this.observation, this.token, this.#aborted, this.#abortedByCaller);
      made.#seen = this.#seen;
      made.#counts = counts;
      made.replays = this.replays;
      return made;
    };
    this.use();
    // This one stands for the first; the second counts unless it is only kept in case.
    if (!this.replays) this.observation.open++;
    this.#counts = false;
    return [branch(true), branch(!this.replays)];
  }
}
