// Entries → one sink, once → an outcome for each.
// Invariant: resolves at the latest a moment after the time-out or the signal, whatever the sink
// does.
import { nameOf } from "../failure.ts";
import type { Entry, Outcome, Sink } from "../sink.ts";
import { LAST_WORDS_MS, pause } from "./run.ts";

export interface Asked {
  readonly outcomes: readonly Outcome[];
  /** What the sink said after nobody waited any more, where it did. */
  readonly late: Promise<readonly Outcome[]> | undefined;
}

/** Outcomes of ours, beside those of sinks. */
const NONSENSE: Outcome = { state: "retry", reason: "the sink's answer is none", pace: "refused" };

export async function ask(
  sink: Sink,
  entries: readonly Entry[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Asked> {
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const timer = setTimeout(abort, timeoutMs);
  const answer = answerOf(sink, entries, giveUp.signal);
  try {
    const outcomes = await Promise.race([answer, silence(giveUp.signal)]);
    if (outcomes !== undefined) return { outcomes, late: undefined };
    const reason = signal.aborted ? "the time is up" : `no answer within ${timeoutMs} ms`;
    return { outcomes: entries.map(() => ({ state: "retry", reason })), late: answer };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

async function answerOf(
  sink: Sink,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  try {
    const outcomes: unknown = await sink.send(entries, { signal });
    // Of a list of another length nobody knows which is whose.
    const readable = Array.isArray(outcomes) && outcomes.length === entries.length;
    return entries.map((_, at) => (readable ? checked(outcomes[at]) : NONSENSE));
  } catch (error) {
    return entries.map(() => ({ state: "retry", reason: nameOf(error) }));
  }
}

const STATES: ReadonlySet<unknown> = new Set(["sent", "skipped", "retry", "rejected"]);

function checked(outcome: unknown): Outcome {
  const state = (outcome as { state?: unknown } | null | undefined)?.state;
  return STATES.has(state) ? (outcome as Outcome) : NONSENSE;
}

/** Resolves when it was aborted, and the sink has had a moment to say what it took. */
async function silence(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await pause(LAST_WORDS_MS, new AbortController().signal);
}
