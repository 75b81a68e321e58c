// Outcomes that are not known yet, though nothing more needs to happen for them → known, for whoever sends or ends.
// Invariant: waits for no promise to settle and for no thenable to be asked.
import { setSoon } from "../platform/clock.ts";
import { readFollowedNow, someFollowedSettled } from "./follow.ts";
import { letGoIdle, letGoUnasked, someFresh, someIdle } from "./unasked.ts";

export function outcomesPending(): boolean {
  return someFollowedSettled() || someFresh() || someIdle();
}

/** Resolves when the outcomes of all promises settled so far have been read; thenables of earlier turns are let go. */
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
