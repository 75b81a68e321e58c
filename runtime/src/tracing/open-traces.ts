// Traces that were begun and not handed over yet → ended where the program does not, at their time to live or at the process's end.
// Invariant: one timer for all: a timer for each would hold its trace for the whole time to live.
import { after, cancel, monotonicNow, type Timer } from "../platform/clock.ts";
import { settings } from "./settings.ts";

/** What is asked of a trace here. */
interface Open {
  /** Monotonic ms. */
  readonly startedMono: number;
  abandon(): void;
}

/** The oldest first, but for those that wait once more for late spans. */
const open = new Set<Open>();
let expiry: Timer | undefined;

export function addOpen(trace: Open): void {
  open.add(trace);
  expiry ??= after(settings().openTraceTtlMs, expire);
}

export function removeOpen(trace: Open): void {
  open.delete(trace);
}

/** Ends the traces that are too old by the time to live as it stands. */
export function expireOpen(): void {
  cancel(expiry);
  expire();
}

export function abandonOpen(): void {
  for (const trace of open) trace.abandon();
}

function expire(): void {
  expiry = undefined;
  const { openTraceTtlMs } = settings();
  for (const trace of open) {
    const left = trace.startedMono + openTraceTtlMs - monotonicNow();
    if (left > 0) {
      expiry = after(left, expire);
      return;
    }
    trace.abandon();
  }
}
