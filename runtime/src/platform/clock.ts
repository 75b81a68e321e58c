// Clocks, timers and random numbers, taken when the runtime is loaded → for all other files, whatever a test of the program fakes.
// Invariant: what the runtime does later runs outside of the trace that caused it.
import { asyncHooks, process, timers } from "./node.ts";

/** Milliseconds since the epoch. */
export const wallNow: () => number = Date.now;
/** Monotonic milliseconds; unaffected by changes of the wall clock. */
export const monotonicNow = (): number => {
  const time = hrtime();
  return time[0] * 1e3 + time[1] / 1e6;
};

/** From 0 to 1, without 1. */
export const random: () => number = Math.random;

/** Reads the clock in 33 ns, where performance.now takes 43 (Node 24). */
const { hrtime } = process;
/** Of the module: the globals may be those of a browser, whose timers are numbers. */
const { setTimeout: setTimer, clearTimeout: clearTimer } = timers;
/** Keeps the process alive for one more turn; `soon` does not. */
export const setSoon: typeof setImmediate = timers.setImmediate;

export type Timer = NodeJS.Timeout;

type Leave = <T>(task: () => T) => T;
const { AsyncResource: Resource } = asyncHooks;
/** Made when the runtime is loaded, outside of whatever the program does later. */
const outside = Resource && new Resource("llmops-observability");
let runOutside: Leave = (task) => (outside === undefined ? task() : outside.runInAsyncScope(task));

/** Once there are traces to be in: `leave` runs a task outside of all, and of the program's own contexts. */
export function leaveBy(leave: Leave): void {
  runOutside = leave;
}

/** Runs `task` once after `ms`, unless the process ends before. */
export function after(ms: number, task: () => void): Timer {
  return runOutside(() => setTimer(task, ms).unref());
}

/** As `after`, but the process waits for it: only for bounded waits at the end of a process. */
export function afterKeepingAlive(ms: number, task: () => void): Timer {
  return runOutside(() => setTimer(task, ms));
}

export function cancel(timer: Timer | undefined): void {
  clearTimer(timer);
}

/** Runs `task` after the current turn of the event loop, which the process lives through. Unref'd, an idle loop would sleep on it. */
export function soon(task: () => void): void {
  runOutside(() => setSoon(task));
}

/** As `soon`, for a task that several ask for: what is called asks for one run of it. */
export function oncePerTurn(task: () => void): () => void {
  let asked = false;
  const run = (): void => {
    asked = false;
    task();
  };
  return () => {
    if (asked) return;
    asked = true;
    soon(run);
  };
}
