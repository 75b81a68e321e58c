// Where the program is: inside of which span, of which trace → the one AsyncLocalStorage of the process.
// Invariant: what is stored is immutable in its links; whether it is still live is asked when it is read.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Span } from "./span.ts";
import type { Trace } from "./trace.ts";

/** A span, or a trace outside of all its spans. */
export interface Place {
  readonly trace: Trace;
  readonly span: Span | undefined;
}

const storage = new AsyncLocalStorage<Place | undefined>();

/** What is stored, live or not: to be put back later. */
export function storedPlace(): Place | undefined {
  return storage.getStore();
}

/** Makes a place current for the rest of this synchronous run and what it starts. */
export function enterPlace(place: Place | undefined): void {
  storage.enterWith(place);
}

export function runAt<T>(place: Place | undefined, task: () => T): T {
  return storage.run(place, task);
}

/** The innermost place that still takes spans: a trace that has ended leaves the one it was started in. */
export function livePlace(): Place | undefined {
  let place = storage.getStore();
  while (place !== undefined && !place.trace.takes(place.span)) place = place.trace.startedAt;
  return place;
}
