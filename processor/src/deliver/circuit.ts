// How the sends of one sink went → whether it is asked, tried once, or left alone.
// Invariant: legal moves are closed → open (five failures in a row) → trial → closed or open again.

const FAILURES_TO_OPEN = 5;
/**
 * How long a sink is left alone: the first time, and at most after doubling with each trial that
 * failed.
 */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;

export class Circuit {
  #state: "closed" | "open" | "trial" = "closed";
  #failures = 0;
  #pauseMs = 0;
  #openUntilMs = 0;

  /** Whether a send may be made now; "trial" decides for all, until its outcome is told. */
  ask(): "closed" | "open" | "trial" {
    if (this.#state === "closed") return "closed";
    if (this.#state === "trial" || performance.now() < this.#openUntilMs) return "open";
    this.#state = "trial";
    return "trial";
  }

  /** It answered. */
  succeeded(): void {
    this.#state = "closed";
    this.#failures = 0;
    this.#pauseMs = 0;
  }

  /** Nothing was taken. @returns whether the sink is left alone from now on, and was not before */
  failed(): boolean {
    this.#failures++;
    if (this.#state === "closed" && this.#failures < FAILURES_TO_OPEN) return false;
    const news = this.#state === "closed";
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs));
    this.#openUntilMs = performance.now() + this.#pauseMs;
    this.#state = "open";
    return news;
  }
}
