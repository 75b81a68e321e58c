// A thenable that a tracked function returned → its first `then`, `catch` or `finally` is listened to, by a stand-in on the instance.
// Invariant: nothing is called before the program calls it; the stand-in is gone when it does; proxies and getters are not touched.
import { types } from "node:util";
import { monotonicNow } from "./clock.ts";
import { follow, isNativeThen, isPlainPromise, type Waiting } from "./follow.ts";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Tells `waiting` when `value` has settled. False where it is nothing that settles, or cannot be listened to. */
export function whenOutcome(value: unknown, waiting: Waiting): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  if (isPlainPromise(value)) {
    follow(value, waiting);
    return true;
  }
  const then = methodOf(value, "then");
  if (then === undefined) return false;
  if (types.isPromise(value) && isNativeThen(then)) {
    // A subclass that settles as native promises do.
    follow(value, waiting);
    return true;
  }
  return listen(value, then, waiting);
}

/** Prototypes that led to no `then`: most values are asked for one. */
const thenless = new WeakSet<object>([Object.prototype, Array.prototype, Function.prototype]);

/** A method without reading it: a getter would run code of the program, as a proxy's trap would. */
function methodOf(value: object, name: string): Method | undefined {
  for (let holder: object | null = value; holder !== null;) {
    if (types.isProxy(holder)) return undefined;
    if (Object.hasOwn(holder, name)) {
      const method: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value;
      return typeof method === "function" ? (method as Method) : undefined;
    }
    holder = Object.getPrototypeOf(holder) as object | null;
    if (name === "then" && holder !== null && thenless.has(holder)) return undefined;
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (name === "then" && prototype !== null) thenless.add(prototype);
  return undefined;
}

function listen(target: object, then: Method, waiting: Waiting): boolean {
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
    const taken = placeOn(target, name, method, (args) => {
      remove();
      return callObserved(name, method, target, args, tell);
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
  return true;
}

/** Returns what takes the stand-in away again; undefined where none can be placed. */
function placeOn(
  target: object,
  name: string,
  method: Method,
  called: (args: readonly unknown[]) => unknown,
): (() => void) | undefined {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const replaceable =
    own === undefined ? Object.isExtensible(target) : own.configurable && own.writable;
  if (replaceable !== true) return undefined;
  // A method of its own has no `prototype` and is no constructor, as most methods.
  const { standIn } = {
    standIn(this: unknown, ...args: unknown[]): unknown {
      return this === target ? called(args) : Reflect.apply(method, this, args);
    },
  };
  for (const key of ["name", "length"]) {
    const fact = Object.getOwnPropertyDescriptor(method, key);
    if (fact !== undefined) Object.defineProperty(standIn, key, fact);
  }
  const placed = { value: standIn, writable: true, configurable: true };
  Object.defineProperty(target, name, { ...placed, enumerable: own?.enumerable === true });
  return () => {
    // Not where the program has put something else there since.
    if (Object.getOwnPropertyDescriptor(target, name)?.value !== standIn) return;
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}

/** The program's own call: its callbacks tell the outcome, or what the call returns does where it has none for it. */
function callObserved(
  name: string,
  method: Method,
  target: object,
  args: readonly unknown[],
  tell: (rejected: boolean, value: unknown) => void,
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
    whenOutcome(result, { settled: (_ended, rejected, value) => tell(rejected, value) });
  }
  return result;
}
