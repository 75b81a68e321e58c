// A thenable that a tracked function returned → its first `then`, `catch` or `finally` is listened to, by a stand-in on the instance.
// Invariant: nothing is called before the program calls it; the stand-in is gone when it does; proxies and getters are not touched.
import { types } from "../platform/node.ts";
import { monotonicNow } from "../platform/clock.ts";
import { follow, type Waiting } from "./follow.ts";
import { isNativeThen, isPlainPromise } from "./native-promise.ts";
import { type Method, methodOf, patchMethod } from "../platform/patch.ts";

/**
 * Tells `waiting` when `value` has settled; `eager`: before whoever waits for it goes on, also of a native promise. False where it is
 * nothing that settles, or cannot be listened to.
 * @param since monotonic ms: what settles before counts as settled then
 */
export function whenOutcome(
  value: unknown,
  waiting: Waiting,
  eager = false,
  since?: number,
): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  if (isPlainPromise(value)) {
    follow(value, waiting, eager, since);
    return true;
  }
  const then = thenOf(value);
  if (then === undefined) return false;
  if (types.isPromise(value) && isNativeThen(then)) {
    // A subclass that settles as native promises do.
    follow(value, waiting, eager, since);
    return true;
  }
  return listen(value, then, waiting, eager);
}

/** Prototypes that led to no `then`: most values are asked for one. */
const thenless = new WeakSet<object>([Object.prototype, Array.prototype, Function.prototype]);

function thenOf(value: object): Method | undefined {
  if (types.isProxy(value)) return undefined;
  const own = Object.hasOwn(value, "then");
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (!own && prototype !== null && thenless.has(prototype)) return undefined;
  const then = methodOf(value, "then");
  if (then === undefined && !own && prototype !== null) thenless.add(prototype);
  return then;
}

function listen(target: object, then: Method, waiting: Waiting, eager: boolean): boolean {
  const removers: (() => void)[] = [];
  const remove = (): void => {
    for (const take of removers) take();
  };
  let told = false;
  const tell = (rejected: boolean, value: unknown): void => {
    if (told) return;
    told = true;
    waiting.settled(monotonicNow(), rejected, value);
  };
  const place = (name: string, method: Method): boolean => {
    const taken = patchMethod(target, name, method, (args) => {
      remove();
      return callObserved(name, method, target, args, tell, eager);
    });
    if (taken !== undefined) removers.push(taken);
    return taken !== undefined;
  };
  if (!place("then", then)) return false;
  // The native ones call `then`.
  for (const name of ["catch", "finally"] as const) {
    const method = methodOf(target, name);
    if (method !== undefined && method !== Promise.prototype[name]) place(name, method);
  }
  for (const name of eager ? RAW : []) {
    const method = methodOf(target, name);
    if (method !== undefined) place(name, method);
  }
  return true;
}

/** What providers' SDKs have on their promises beside `then`: the response as it came. */
const RAW: readonly string[] = ["asResponse", "withResponse", "withRawResponse"];

/** The program's own call: its callbacks tell the outcome, or what the call returns does where it has none for it. */
function callObserved(
  name: string,
  method: Method,
  target: object,
  args: readonly unknown[],
  tell: (rejected: boolean, value: unknown) => void,
  eager: boolean,
): unknown {
  const passed: unknown[] = [];
  for (let at = 0; at < args.length; at++) passed[at] = args[at];
  const listening = (at: number, rejected: boolean): boolean => {
    const callback = passed[at];
    if (typeof callback !== "function") return false;
    passed[at] = function (this: unknown, ...values: unknown[]): unknown {
      tell(rejected, values[0]);
      return Reflect.apply(callback, this, values) as unknown;
    };
    return true;
  };
  let both = false;
  if (name === "then") {
    const fulfilled = listening(0, false);
    both = listening(1, true) && fulfilled;
  } else if (name === "catch" && passed.length === 1) listening(0, true);
  let result: unknown;
  try {
    result = Reflect.apply(method, target, passed);
  } catch (error) {
    tell(true, error);
    throw error;
  }
  if (!both) {
    const waiting = {
      settled: (_ended: number, rejected: boolean, value: unknown) => tell(rejected, value),
    };
    whenOutcome(result, waiting, eager);
  }
  return result;
}
