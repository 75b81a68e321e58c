// A function is entered, left and resumed → the place that is current at each moment.
// Invariant: callers and consumers go on in their own place. A place that was entered in a run is
// current again when that is resumed.
import type { Frame } from "./async-context-frame.ts";
import {
  currentFrame,
  enterFrame,
  enterFrom,
  enterLeaf,
  enterPlace,
  type Place,
  reenterPlace,
  runningLeaf,
  storedPlace,
} from "./context.ts";

/**
 * What a run keeps for its context: fields of the span, and functions over them. As a base class it
 * cost 45 ns of an asynchronous call (bench W2, +11 %; docs/decisions/012-activations.md).
 */
export interface Activation extends Place {
  /**
   * `calling`: within the run of a caller, whose place is put back when the function is left.
   * `awaiting`: left by its first await since. `yielded`: left by a yield. `own`: resumed by the
   * engine, which keeps our place current from here on. `leaf`: never left, as it cannot await.
   */
  phase: "calling" | "awaiting" | "yielded" | "own" | "leaf";
  caller: Place | undefined;
  /** The engine's frames of the caller's place, and of ours. */
  callerFrame: Frame | undefined;
  frame: Frame | undefined;
  /** A leaf function that reached this one through a getter or a coercion. */
  callerLeaf: Place | undefined;
  /** What was current when the function was left, if not this: a trace that it had begun. */
  inside: Place | undefined;
  /** Begun in the caller's synchronous run. */
  begun: Place | undefined;
}

/** Makes a new one current. @param leaf its function cannot start asynchronous work */
export function activate(run: Activation, leaf: boolean): void {
  run.callerLeaf = runningLeaf();
  if (leaf) {
    run.phase = "leaf";
    enterLeaf(run);
  } else enterFromCaller(run, run);
}

/** Before an await: the caller goes on where it was, if the function still runs in its run. */
export function suspend(run: Activation): void {
  if (run.phase === "calling") leaveFor(run, "awaiting");
}

/** It goes on, after an await or with the next step of a generator. */
export function resume(run: Activation): void {
  if (run.phase === "awaiting") {
    run.phase = "own";
    reenterPlace(run.inside ?? run, undefined, run.frame, run.callerFrame);
  } else if (run.phase === "yielded") {
    run.phase = "calling";
    run.callerLeaf = runningLeaf();
    enterFromCaller(run, run.inside ?? run);
  }
}

/** Before a yield: the consumer goes on where it was. */
export function pause(run: Activation): void {
  if (run.phase === "calling") leaveFor(run, "yielded");
  else if (run.phase === "own") {
    run.phase = "yielded";
    const frame = currentFrame();
    if (frame === undefined || frame !== run.frame) run.inside = storedPlace();
  }
}

/** Its end. @returns the caller's place */
export function deactivate(run: Activation): Place | undefined {
  const { caller } = run;
  if (run.phase === "leaf") enterLeaf(run.callerLeaf);
  else {
    if (run.phase === "calling") reenterPlace(caller, run.callerLeaf, run.callerFrame, run.frame);
    // A span that waits for a promise, and a context that outlives it, hold none of them.
    run.caller = undefined;
    run.callerFrame = undefined;
    run.frame = undefined;
    run.inside = undefined;
  }
  run.callerLeaf = undefined;
  return caller;
}

/** `begun` begins at `place`. If that is a run, its caller may go on in `begun`, too. */
export function beginAt(place: Place | undefined, begun: Place): void {
  if (isActivation(place) && place.phase === "calling") place.begun = begun;
}

/** What began in a run that has no asynchronous context of its own stays current in its caller. */
export function handOver(run: Activation, caller: Place | undefined): void {
  const { begun } = run;
  if (begun?.live !== true || run.phase !== "calling") return;
  beginAt(caller, begun);
  enterPlace(begun);
}

function isActivation(place: Place | undefined): place is Activation {
  return place !== undefined && "phase" in place;
}

function enterFromCaller(run: Activation, place: Place): void {
  const frame = currentFrame();
  // The consumer asks for the next step where it asked for the last one, and nothing else was
  // entered in between: our frame is still a copy of its frame. A new one takes 0.1 µs (bench W4).
  if (
    frame !== undefined &&
    frame === run.callerFrame &&
    run.frame !== undefined &&
    run.inside === undefined
  ) {
    enterFrame(run.frame);
    return;
  }
  run.caller = storedPlace();
  run.callerFrame = frame;
  enterFrom(run.caller, run.callerFrame, place);
  run.frame = currentFrame();
}

/** The caller goes on where it was. */
export function leaveFor(run: Activation, phase: "awaiting" | "yielded"): void {
  run.phase = phase;
  const frame = currentFrame();
  // In the frame that it entered, nothing else has been entered since.
  if (frame === undefined || frame !== run.frame) run.inside = storedPlace();
  // The engine comes back in it after an await.
  run.callerFrame = reenterPlace(run.caller, run.callerLeaf, run.callerFrame, run.frame, frame);
  run.frame = frame;
}
