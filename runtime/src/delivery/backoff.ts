// What kind of failure, how often in a row → how long to wait before the next attempt.
// Jitter of a half, so that many processes that failed together do not return together.

import { random } from "../platform/clock.ts";
import type { Pace } from "../sink.ts";

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

export function pauseMs(pace: Pace, failuresInARow: number): number {
  // A sink of the user's may say anything.
  const { firstMs, longestMs } = Object.hasOwn(STEPS, pace) ? STEPS[pace] : STEPS.network;
  return (0.5 + random() / 2) * Math.min(longestMs, firstMs * 2 ** (failuresInARow - 1));
}
