// Traces that were begun and not handed over yet → ended where the program does not, at their time to live or at the process's end.
// Invariant: all together hold no more than `limits.openTraces`, about; what is more is left out.
import { after, cancel, monotonicNow, type Timer } from "../platform/clock.ts";
import { report } from "../platform/report.ts";
import { recording, settings } from "./settings.ts";

/** What is asked of a trace here. */
interface Open {
  /** Monotonic ms. */
  readonly startedMono: number;
  abandon(): void;
}

/** The oldest first, but for those that wait once more for late spans. */
const open = new Set<Open>();
/** One for all: a timer for each would hold its trace for the whole time to live. */
let expiry: Timer | undefined;
/** What they hold, as they tell. */
let heldBytes = 0;

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

/** @param bytes negative: they are free again */
export function holdBytes(bytes: number): void {
  heldBytes += bytes;
}

export function hasRoom(): boolean {
  return heldBytes < recording.limits.openTraces;
}

/** As `hasRoom`, for something that is left out where there is none. */
export function findRoom(): boolean {
  const room = hasRoom();
  if (!room)
    report(
      "open_traces_full",
      `Spans are left out: those of the open traces take more than limits.openTraces (${recording.limits.openTraces} bytes). Is a trace never ended?`,
    );
  return room;
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
