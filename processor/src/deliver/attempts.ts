// Our deliveries → one sink, as often as its outcomes allow → an outcome for each.
// Invariant: we send again only what failed, unless it was refused or asks for more time than is
// left.
import type { Entry, Outcome, Sink } from "../sink.ts";
import { ask } from "./ask.ts";
import type { Circuit } from "./circuit.ts";
import type { Delivery } from "./message.ts";
import { pause, pauseBefore, type Run } from "./run.ts";

export interface AttemptOptions {
  readonly attempts: number;
  readonly sinkTimeoutMs: number;
}

/** What attempts tell the one who makes them. */
export interface AttemptHooks {
  /** As soon as it is known: the process may be killed before the next attempt. */
  settled(delivery: Delivery, outcome: Outcome): Promise<void>;
  /** A sink took what nobody waited for any more. */
  takenLate(delivery: Delivery): void;
  /** The sink is left alone from now on. */
  opened(): void;
}

/** The outcome of those that are not sent because their sink is left alone. */
export const LEFT_ALONE: Outcome = Object.freeze({
  state: "retry",
  reason: "the sink is left alone for a while",
  pace: "refused",
});

const OUT_OF_TIME: Outcome = Object.freeze({ state: "retry", reason: "the time is up" });

export async function attempt(
  sink: Sink,
  circuit: Circuit,
  deliveries: readonly Delivery[],
  run: Run,
  options: AttemptOptions,
  hooks: AttemptHooks,
): Promise<void> {
  let waiting = deliveries;
  for (let number = 1; waiting.length > 0; number++) {
    if (run.signal.aborted) return settleAll(waiting, OUT_OF_TIME, hooks);
    const state = circuit.ask();
    if (state === "open") return settleAll(waiting, LEFT_ALONE, hooks);
    const { outcomes, late } = await ask(
      sink,
      waiting.map(({ entry }): Entry => entry),
      options.sinkTimeoutMs,
      run.signal,
    );
    const asked = waiting;
    void late?.then((said) => {
      for (const [at, outcome] of said.entries())
        if (outcome.state === "sent") hooks.takenLate(asked[at] as Delivery);
    });
    if (outcomes.some((outcome) => outcome.state !== "retry")) circuit.succeeded();
    else if (circuit.failed()) hooks.opened();

    const mayRepeat = number < options.attempts && state === "closed";
    const again: Delivery[] = [];
    const settling: Promise<void>[] = [];
    let pauseMs = pauseBefore(number + 1);
    for (const [at, outcome] of outcomes.entries()) {
      const delivery = asked[at] as Delivery;
      const ms = mayRepeat ? waitFor(outcome) : undefined;
      if (ms === undefined || Math.max(ms, pauseMs) >= run.leftMs) {
        settling.push(hooks.settled(delivery, outcome));
      } else {
        pauseMs = Math.max(pauseMs, ms);
        again.push(delivery);
      }
    }
    await Promise.all([...settling, again.length > 0 && pause(pauseMs, run.signal)]);
    waiting = again;
  }
}

/**
 * How long a delivery has to wait for another attempt of the same invocation; undefined where none
 * helps.
 */
function waitFor(outcome: Outcome): number | undefined {
  if (outcome.state !== "retry") return undefined;
  const { pace = "network", retryAfterMs } = outcome;
  if (pace === "network") return retryAfterMs ?? 0;
  return pace === "throttled" ? retryAfterMs : undefined;
}

async function settleAll(
  deliveries: readonly Delivery[],
  outcome: Outcome,
  hooks: AttemptHooks,
): Promise<void> {
  await Promise.all(deliveries.map((delivery) => hooks.settled(delivery, outcome)));
}
