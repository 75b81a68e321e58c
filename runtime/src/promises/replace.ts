// The promise that an asynchronous function has just made → one in its place, of the same outcome.
// Invariant: the rejection of the one is unhandled where that of the other was. It settles one
// microtask later (docs/decisions/010).
import { monotonicNow } from "../platform/clock.ts";
import { types } from "../platform/node.ts";
import type { Waiting } from "./follow.ts";
import { isOwnPromise } from "./native-promise.ts";

/**
 * Whether only its caller sees `result`, so that another promise may stand in for it. That spares
 * the process V8's hooks, with which an `await` takes two to three times as long (Node 24).
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
