// The time of one invocation → when its sends are aborted, and when it has to be answered.
// Invariant: `over` resolves at the latest when the time is up; its timers end with `close`.

/** After a send was aborted: how long its sink may take to say what it took before, in ms. */
const LAST_WORDS_MS = 100;

export interface RunOptions {
  /** From now until the answer. */
  readonly answerInMs: number;
  /** From now until whoever does the work is dead, or has given up. */
  readonly leaseMs: number;
}

export class Run {
  readonly leaseMs: number;
  /** Resolves when it is time to answer. */
  readonly over: Promise<void>;
  readonly #abort = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #endsAtMs: number;

  constructor({ answerInMs, leaseMs }: RunOptions) {
    this.leaseMs = Math.max(1, leaseMs);
    const answerIn = Math.max(0, answerInMs);
    const abortIn = answerIn - Math.min(LAST_WORDS_MS, answerIn / 10);
    this.#endsAtMs = performance.now() + abortIn;
    let answer: NodeJS.Timeout | undefined;
    this.over = new Promise((resolve) => (answer = setTimeout(resolve, answerIn)));
    const abort = setTimeout(() => this.#abort.abort(), abortIn);
    this.#timers = answer === undefined ? [abort] : [abort, answer];
  }

  /** Aborts when the sends have to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Until the sends have to end. */
  get leftMs(): number {
    return this.#endsAtMs - performance.now();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** Waits, or until the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Longest pause between two attempts, and the first, in ms; jitter of a half. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;

export function pauseBefore(attempt: number): number {
  const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, attempt - 2));
  return ms * (0.5 + Math.random() / 2);
}

export { LAST_WORDS_MS };
