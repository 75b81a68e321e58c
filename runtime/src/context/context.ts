// The span or trace that the program is in → the process's one AsyncLocalStorage. Leaf functions,
// which start no asynchronous work, have a variable: the storage takes 0.3 µs (Node 24).
// Invariant: a trace that has ended is nobody's place any more; the one around it is.
import type { AsyncLocalStorage } from "node:async_hooks";
import { leaveBy } from "../platform/clock.ts";
import { asyncHooks } from "../platform/node.ts";
import { type Frame, findFrames } from "./async-context-frame.ts";

/** A span, or a trace outside of all its spans. */
export interface Place {
  /** Takes spans. */
  readonly live: boolean;
  /** What is current again once this is not live any more. */
  readonly outer: Place | undefined;
}

const { AsyncLocalStorage: Storage, AsyncResource: Resource } = asyncHooks;
/** False on platforms that lack them: nothing can be recorded. */
export const hasContext: boolean = Storage !== undefined && Resource !== undefined;

const storage: Pick<
  AsyncLocalStorage<Place | undefined>,
  "getStore" | "enterWith" | "run"
> = Storage === undefined
  ? { getStore: () => undefined, enterWith() {}, run: <T>(_: unknown, task: () => T): T => task() }
  : new Storage<Place | undefined>();
/** Where the runtime does its own work. */
const OWN: Place = Object.freeze({ live: false, outer: undefined });
const outside = Resource && storage.run(OWN, () => new Resource("llmops-observability"));
const frames = outside && findFrames(storage, outside, OWN);
const outsideFrame = frames && outside.runInAsyncScope(currentFrame);
leaveBy(runOutside);
/**
 * What was looked up last; a frame never changes. An asynchronous call asks three times: this
 * spares a tenth of it (bench W2).
 */
let knownFrame: Frame | undefined;
let knownPlace: Place | undefined;
/** The leaf function that runs right now, if one does. */
let leaf: Place | undefined;

export function runningLeaf(): Place | undefined {
  return leaf;
}

/** Makes a leaf function's span current, or what was current before it. */
export function enterLeaf(span: Place | undefined): void {
  leaf = span;
}

/** What is stored, live or not: to be put back later. */
export function storedPlace(): Place | undefined {
  const frame = currentFrame();
  if (frame !== undefined && frame === knownFrame) return knownPlace;
  const place = storage.getStore();
  // One that holds values of the program's own would keep them alive.
  if (frame?.size === 1) {
    knownFrame = frame;
    knownPlace = place;
  }
  return place;
}

/**
 * Makes a place current for the rest of this synchronous run and what that starts.
 * @param within a leaf function that runs in it
 */
export function enterPlace(place: Place | undefined, within?: Place): void {
  leaf = within;
  storage.enterWith(place);
}

/** As `enterPlace`, from the place that is stored, in this frame. */
export function enterFrom(caller: Place | undefined, frame: Frame | undefined, place: Place): void {
  leaf = undefined;
  // A frame of our place alone need not be copied: an empty one takes 26 ns, where the copy takes
  // 100.
  if (frames !== undefined && caller !== undefined && frame?.size === 1) frames.set(undefined);
  storage.enterWith(place);
}

/** As `enterPlace`, by a frame in which the place is current. */
export function enterFrame(frame: Frame): void {
  leaf = undefined;
  frames?.set(frame);
}

/**
 * Whether the engine runs a job in the place that was current when it was handed the job. If not,
 * in the place where the job's promise was made (Node 22 and earlier).
 */
export const followsHandover: boolean = frames !== undefined;

/** What the engine keeps the current place in; undefined where it does not show it. */
export function currentFrame(): Frame | undefined {
  return frames?.current();
}

/**
 * As `enterPlace`, for a place that was current before: in `frame`, which then gave way to `from`.
 * The frame itself is put back only if no storage of the program's has changed one of them since.
 * @returns the frame that is current then
 */
export function reenterPlace(
  place: Place | undefined,
  within: Place | undefined,
  frame: Frame | undefined,
  from: Frame | undefined,
  current: Frame | undefined = currentFrame(),
): Frame | undefined {
  leaf = within;
  if (
    frames !== undefined &&
    place !== undefined &&
    frame !== undefined &&
    current !== undefined &&
    current === from &&
    frame.size === current.size
  ) {
    frames.set(frame);
    return frame;
  }
  storage.enterWith(place);
  return currentFrame();
}

export function runAt<T>(place: Place | undefined, task: () => T): T {
  const outer = leaf;
  leaf = undefined;
  try {
    return storage.run(place, task);
  } finally {
    leaf = outer;
  }
}

/**
 * Runs the runtime's own work outside of what caused it. Tracked functions that it calls, by way of
 * a built-in that the program has replaced or of the program's sink, record nothing: each trace
 * would cause the next one, without end.
 */
export function runOutside<T>(task: () => T): T {
  const inner = leaf;
  leaf = undefined;
  // By its frame in a tenth of the time that Node's hooks around a resource take.
  const frame = frames?.current();
  try {
    if (frames === undefined) return outside === undefined ? task() : outside.runInAsyncScope(task);
    frames.set(outsideFrame);
    return task();
  } finally {
    frames?.set(frame);
    leaf = inner;
  }
}

export function isOutside(): boolean {
  return leaf === undefined && storedPlace() === OWN;
}

/** The innermost place that takes spans. A trace that has ended leaves the one around it. */
export function livePlace(): Place | undefined {
  let place: Place | undefined = leaf ?? storedPlace();
  while (place !== undefined && !place.live) place = place.outer;
  return place;
}
