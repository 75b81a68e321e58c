// How long values have taken to encode of late → whether there is time to encode more of them.
// Invariant: over time encoding takes half of the process's time at most, and a second more.
import { monotonicNow } from "../platform/clock.ts";
import { report } from "../platform/report.ts";

/** Ms of encoding beyond its share: as much as 1,000 to 3,000 values of 20 kB take (Node 24). */
const MOST_OWED_MS = 1000;
/** Of all time. */
const SHARE = 0.5;
/** Shorter texts take less than 10 µs: how long is not looked at, as two looks take 70 ns. */
const LONG = 1000;
/** So many texts after a long one are timed. */
const TIMED = 16;

/** What encoding took beyond its share. */
let owedMs = 0;
let reckonedMs = 0;
let timed = 0;

/** Whether values that are no small copies may be encoded. */
export function timeForValues(): boolean {
  if (owedMs < MOST_OWED_MS) return true;
  reckon(monotonicNow());
  if (owedMs < MOST_OWED_MS) return true;
  report(
    "values_left_out",
    "Large values are left out for a while: recording them takes more than half of the time. Track fewer functions, or leave out what is large by args=false and result=false.",
  );
  return false;
}

/** Before values are encoded. @returns what `timeEnds` is to get */
export function timeBegins(): number {
  return timed > 0 ? monotonicNow() : 0;
}

/** @param length of the text that was made meanwhile */
export function timeEnds(began: number, length: number): void {
  if (length >= LONG) timed = TIMED;
  else if (timed > 0) timed--;
  if (began === 0) return;
  const now = monotonicNow();
  owedMs += now - began;
  reckon(now);
}

function reckon(now: number): void {
  owedMs = Math.max(0, owedMs - (now - reckonedMs) * SHARE);
  reckonedMs = now;
}
