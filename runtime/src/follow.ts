// A promise that a tracked function returned → its settling is noticed without touching it.
// Invariant: the promise stays the same object, handled or unhandled as before; no microtask of the program moves.
import { promiseHooks } from "node:v8";
import { inspect, types } from "node:util";
import { monotonicNow, setSoon, soon } from "./clock.ts";

/** @param ended monotonic ms of the settling */
export type Settled = (ended: number, rejected: boolean, value: unknown) => void;
/** Called in the moment of the settling, inside of the engine: must be short. */
type Moment = (ended: number) => void;

const watched = new WeakMap<object, Moment[]>();
let pending = 0;
let stop: (() => void) | undefined;
/** Promises followed in this turn of the event loop, and since when: those that had settled before fire no hook. */
let fresh: { readonly promise: Promise<unknown>; readonly since: number }[] = [];
/** Settled promises whose values are still to be read. */
let unread = 0;

const { then: nativeThen } = Promise.prototype;
const promisePrototype = Promise.prototype;

/** Exactly a native promise: subclasses and thenables may be lazy, and are left alone. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    types.isPromise(value) &&
    !types.isProxy(value) &&
    Object.getPrototypeOf(value) === promisePrototype
  );
}

/** Calls back when the promise settles, or at once where it already has. */
export function whenSettled(promise: Promise<unknown>, moment: Moment): void {
  if (typeof promiseHooks?.onSettled !== "function" || stateOf(promise) !== "pending")
    moment(monotonicNow());
  else watch(promise, moment);
}

/** Calls back with the promise's outcome, in a later turn than it settles in. */
export function follow(promise: Promise<unknown>, settled: Settled): void {
  if (typeof promiseHooks?.onSettled !== "function") {
    settled(monotonicNow(), false, promise);
    return;
  }
  watch(promise, (ended) => {
    unread++;
    // Node decides about unhandled rejections before the next turn: only then may the value be read.
    soon(() => read(promise, ended, settled));
  });
  if (fresh.length === 0) soon(sweep);
  fresh.push({ promise, since: monotonicNow() });
}

/** Whether there may be followed promises that have settled, and whose values were not read yet. */
export function outcomesPending(): boolean {
  return unread > 0 || fresh.length > 0;
}

/** Resolves when the values of all promises settled so far have been read. */
export async function outcomesRead(): Promise<void> {
  for (let turns = 0; turns < 3 && outcomesPending(); turns++)
    await new Promise<void>((resolve) => setSoon(resolve));
}

function watch(promise: Promise<unknown>, moment: Moment): void {
  const moments = watched.get(promise);
  if (moments !== undefined) {
    moments.push(moment);
    return;
  }
  watched.set(promise, [moment]);
  pending++;
  stop ??= promiseHooks.onSettled(onSettled) as () => void;
}

function onSettled(promise: Promise<unknown>): void {
  if (watched.has(promise)) settledAt(promise, monotonicNow());
}

function settledAt(promise: Promise<unknown>, ended: number): void {
  const moments = watched.get(promise);
  if (moments === undefined) return;
  watched.delete(promise);
  if (--pending === 0) {
    stop?.();
    stop = undefined;
  }
  for (const moment of moments) moment(ended);
}

function sweep(): void {
  const candidates = fresh;
  fresh = [];
  for (const { promise, since } of candidates) {
    if (watched.has(promise) && stateOf(promise) !== "pending") settledAt(promise, since);
  }
}

function read(promise: Promise<unknown>, ended: number, settled: Settled): void {
  const done = (rejected: boolean, value: unknown): void => {
    unread--;
    settled(ended, rejected, value);
  };
  if (stateOf(promise) === "rejected" && observesRejections()) {
    // `then` would mark it handled and fire `rejectionHandled`.
    done(
      true,
      inspect(promise)
        .replace(/^Promise \{\s*<rejected>\s*/, "")
        .replace(/\s*\}$/, ""),
    );
    return;
  }
  void Reflect.apply(nativeThen, promise, [
    (value: unknown) => done(false, value),
    (reason: unknown) => done(true, reason),
  ]);
}

function observesRejections(): boolean {
  return (
    process.listenerCount("unhandledRejection") > 0 ||
    process.listenerCount("rejectionHandled") > 0 ||
    process.execArgv.some((flag) => flag.startsWith("--unhandled-rejections"))
  );
}

/** Without a binding of Node's own, a promise's state shows in its inspection alone. */
function stateOf(promise: Promise<unknown>): "pending" | "rejected" | "fulfilled" {
  const text = inspect(promise, {
    depth: 0,
    maxStringLength: 0,
    maxArrayLength: 0,
    breakLength: Infinity,
  });
  if (text.startsWith("Promise { <pending>")) return "pending";
  return text.startsWith("Promise { <rejected>") || text.startsWith("Promise {\n  <rejected>")
    ? "rejected"
    : "fulfilled";
}
