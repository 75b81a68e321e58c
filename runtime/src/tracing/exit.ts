// The process ends: an idle event loop, `process.exit`, a signal → open traces are ended, and
// handed over before delivery flushes.
// Invariant: listens once, however often delivery is set up anew.
import { process } from "../platform/node.ts";
import { outcomesPending, outcomesRead, readOutcomesNow } from "../promises/pending.ts";
import { onSignals } from "../platform/signals.ts";
import { abandonOpen } from "./open-traces.ts";

let watching = false;

/**
 * Called before delivery listens itself, so that its flush at the exit includes traces still open.
 * @param handOver hands over the finished traces that still wait for something
 */
export function watchExit(handOver: () => void): void {
  if (watching) return;
  watching = true;
  process.on("beforeExit", () => {
    // Reading outcomes takes another turn of the loop, after which this event comes again.
    if (outcomesPending()) void outcomesRead().then(abandonOpen);
    else abandonOpen();
  });
  process.on("exit", () => {
    readOutcomesNow();
    abandonOpen();
    handOver();
  });
}

let ignoreSignals: (() => void) | undefined;

export function watchSignals(wanted: boolean, flush: () => Promise<unknown>): void {
  ignoreSignals?.();
  ignoreSignals = wanted
    ? onSignals((last) => {
        if (last) abandonOpen();
        return flush();
      })
    : undefined;
}
