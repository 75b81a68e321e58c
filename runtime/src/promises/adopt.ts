// A thenable that the engine is to await → what it awaits instead, so that `then` runs in the
// function that awaits. (V8 calls `then` a microtask later, where the caller's place is current.)
// Invariant: microtasks, and reads of `then` and `constructor`, are as many as without us.
import { types } from "../platform/node.ts";
import { methodOf } from "../platform/patch.ts";
import { isNativeThen, isOwnPromise, NativePromise } from "./native-promise.ts";
import { thenOf } from "./outcome.ts";

/** For `await`, in the context that the thenable's `then` is to run in. */
export function adopted(value: unknown): unknown {
  if (isOwnPromise(value)) return value;
  if (typeof value !== "object" ? typeof value !== "function" : value === null) return value;
  return isThenless(value as object) || isAwaitedAsItIs(value as object) ? value : adopt(value);
}

const objectPrototype = Object.prototype;
/** Others under which no `then` was found. */
const thenless = new WeakSet<object>([Array.prototype]);

/** Whether an object is certainly no thenable, as most are: the engine hands them on unchanged. */
function isThenless(value: object): boolean {
  if (types.isProxy(value) || Object.hasOwn(value, "then")) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === objectPrototype || prototype === null || thenless.has(prototype)) return true;
  if (hasThen(prototype)) return false;
  thenless.add(prototype);
  return true;
}

/** Whether an object may be a thenable. A getter or a proxy counts as one: we do not run it. */
export function hasThen(value: unknown): boolean {
  if (typeof value !== "object" && typeof value !== "function") return false;
  for (let holder = value; holder !== null;) {
    if (types.isProxy(holder) || Object.hasOwn(holder, "then")) return true;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return false;
}

/** The promise that V8 makes itself where it awaits no native one. We make it a moment earlier. */
function adopt(value: unknown): Promise<unknown> {
  const promise = new NativePromise((resolve) => resolve(value));
  // `await` reads `constructor`, and the program may have replaced that of `Promise.prototype`.
  Reflect.defineProperty(promise, "constructor", { value: NativePromise, configurable: true });
  return promise;
}

/**
 * V8 awaits a promise as it is, unless its `constructor` is another one. We do not read that where
 * the program could notice.
 */
function isAwaitedAsItIs(value: object): boolean {
  if (!types.isPromise(value)) return false;
  const constructor: unknown = methodOf(value, "constructor");
  return constructor === undefined || constructor === NativePromise;
}

/**
 * For `return` of an asynchronous function, whose promise takes over what it returns.
 * @param run runs the call of `then` where it is to run
 */
export function returnable<T>(value: T, run: (call: () => unknown) => unknown): T {
  if (typeof value !== "object" ? typeof value !== "function" : value === null) return value;
  const then = thenOf(value as object);
  if (then === undefined || isNativeThen(then)) return value;
  const thenable = value as { readonly then: unknown };
  const standIn = {
    // V8 reads it at the very end, after every `finally`, and only then do we.
    // oxlint-disable-next-line unicorn/no-thenable -- it stands for one
    get then(): unknown {
      const method = thenable.then;
      if (typeof method !== "function") return (resolve: (is: unknown) => void) => resolve(value);
      return (...callbacks: unknown[]) => run(() => Reflect.apply(method, value, callbacks));
    },
  };
  return standIn as T;
}
