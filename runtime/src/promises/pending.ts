// Outcomes that have come about and were not read yet → read, before traces are sent or end.
// Invariant: waits for no promise to settle, and for no thenable to be awaited.
import { setSoon } from "../platform/clock.ts";
import { readFollowedNow, someFollowedSettled } from "./follow.ts";
import { letGoIdle, letGoUnasked, someFresh, someIdle } from "./unasked.ts";

export function outcomesPending(): boolean {
  return someFollowedSettled() || someFresh() || someIdle();
}

/** Reads the outcome of every promise that has settled, and lets thenables of earlier turns go. */
export async function outcomesRead(): Promise<void> {
  for (let turns = 0; turns < 3 && (someFollowedSettled() || someFresh()); turns++)
    await new Promise<void>((resolve) => setSoon(resolve));
  letGoIdle();
}

/** The same at once, for a process that ends. */
export function readOutcomesNow(): void {
  readFollowedNow();
  letGoUnasked();
}
