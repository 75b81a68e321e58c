// Traces that are not handed over yet → ended where the program does not: at their time to live, or
// at the process's end.
// Invariant: all together hold no more than `limits.openTraces`, about; what is more is left out.
import { after, cancel, monotonicNow, type Timer } from "../platform/clock.ts";
import { report } from "../platform/report.ts";
import { recording, settings } from "./settings.ts";

/** What is needed of a trace here. */
interface Open {
  /** Monotonic ms. */
  readonly startedMono: number;
  abandon(): void;
}

/** The oldest first; those that wait once more for late spans come again at the end. */
const open = new Set<Open>();
/** One for all: a timer for each would hold its trace for the whole time to live. */
let expiry: Timer | undefined;
/** The sum of what they hold, by their own count. */
let heldBytes = 0;

export function addOpen(trace: Open): void {
  open.add(trace);
  expiry ??= after(settings().openTraceTtlMs, expire);
}

export function removeOpen(trace: Open): void {
  open.delete(trace);
}

/** Called when the time to live has changed: ends the traces that are older. */
export function expireOpen(): void {
  cancel(expiry);
  expire();
}

export function abandonOpen(): void {
  for (const trace of open) trace.abandon();
}

/** @param bytes negative where they are free again */
export function holdBytes(bytes: number): void {
  heldBytes += bytes;
}

export function hasRoom(): boolean {
  return heldBytes < recording.limits.openTraces;
}

/** As `hasRoom`; says that something is left out where there is none. */
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
