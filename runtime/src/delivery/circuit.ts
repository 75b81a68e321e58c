// How a destination answered → when to ask it again, and whether to count it as away.
// Invariant: closed → open when it has failed three times in a row → closed when a message arrives.
import { monotonicNow, random } from "../platform/clock.ts";
import type { Pace } from "../sink.ts";

/** Why a message was not taken, and how soon another attempt may help. */
export interface Failure {
  readonly reason: string;
  readonly pace: Pace;
  /** Asked for by the destination, in ms. */
  readonly retryAfterMs: number;
}

interface Steps {
  readonly firstMs: number;
  readonly longestMs: number;
}

const STEPS: Record<Pace, Steps> = {
  network: { firstMs: 100, longestMs: 15_000 },
  throttled: { firstMs: 1000, longestMs: 60_000 },
  // Nothing but a change of the configuration helps, and that must still drain the spool.
  refused: { firstMs: 5000, longestMs: 300_000 },
};
/** A destination may ask for more time than we take by ourselves, but not for hours. */
const LONGEST_ASKED_MS = 300_000;
/** From here on the destination counts as away: lanes leave on disk what lies there. */
const FAILURES_TO_OPEN = 3;

/**
 * The pause before the next attempt, in ms, half of it random: processes that failed together do
 * not come back together.
 */
export function pauseMs({ pace, retryAfterMs }: Failure, failuresInARow: number): number {
  // A sink of the user's may say anything.
  const { firstMs, longestMs } = Object.hasOwn(STEPS, pace) ? STEPS[pace] : STEPS.network;
  const ownMs = (0.5 + random() / 2) * Math.min(longestMs, firstMs * 2 ** (failuresInARow - 1));
  return Math.max(ownMs, Math.min(retryAfterMs, LONGEST_ASKED_MS));
}

export class Circuit {
  #state: "closed" | "open" = "closed";
  #failing = false;
  #failures = 0;
  #failuresInARow = 0;
  #failedAtMs = 0;
  #notBeforeMs = 0;

  /** The destination has failed for a while. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** The last request stored nothing: the destination is probably not there. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Requests, by now, of which something is to be sent again. */
  get failures(): number {
    return this.#failures;
  }

  /** No request before then, in monotonic ms. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  /**
   * For a process whose time may have stood still since the last failure, as in a frozen Lambda.
   */
  askNow(): void {
    this.#notBeforeMs = 0;
  }

  /** Something arrived, whatever else did not. */
  arrived(): void {
    this.#state = "closed";
    this.#failing = false;
    this.#failuresInARow = 0;
    this.#notBeforeMs = 0;
  }

  /** Nothing arrived, and nothing is to be sent again: it is there, and refused what it got. */
  answered(): void {
    this.#failing = false;
  }

  /** Some messages of a request are to be sent again, and others arrived. */
  failedPartly(): void {
    this.#failures++;
  }

  /** Nothing of a request arrived. @param startedMs when it was made */
  failed(failure: Failure, startedMs: number): void {
    this.#failures++;
    this.#failing = true;
    const now = monotonicNow();
    // Requests that were under way together fail together, and count once.
    if (startedMs >= this.#failedAtMs) {
      this.#failedAtMs = now;
      this.#failuresInARow++;
    }
    this.#notBeforeMs = now + pauseMs(failure, this.#failuresInARow);
    if (this.#failuresInARow >= FAILURES_TO_OPEN) this.#state = "open";
  }
}
