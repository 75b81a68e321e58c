// The promise that an asynchronous function has just made → another one in its place, which tells its outcome.
// Invariant: the same value or reason, unhandled where that was unhandled; it settles one microtask later (docs/decisions/010).
import { monotonicNow } from "../platform/clock.ts";
import { types } from "../platform/node.ts";
import type { Waiting } from "./follow.ts";
import { isOwnPromise } from "./native-promise.ts";

/**
 * Whether only its caller has seen `result`, so that another promise may stand in for it. That spares the process the hooks: with
 * them each of its `await`s takes two to three times as long (Node 24).
 */
export function isNew(fn: unknown, result: unknown): result is Promise<unknown> {
  return types.isAsyncFunction(fn) && isOwnPromise(result);
}

/** Tells `waiting` before the program learns of it. */
export async function replaced(promise: Promise<unknown>, waiting: Waiting): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    waiting.settled(monotonicNow(), true, error);
    throw error;
  }
  waiting.settled(monotonicNow(), false, value);
  return value;
}
