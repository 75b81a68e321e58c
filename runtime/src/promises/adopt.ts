// A thenable that the engine is to await → what it awaits instead, so that `then` runs in the context of the function that awaits. The
// engine calls it a microtask later, in the context that it was handed over in: for a caller that goes on that is the caller's.
// Invariant: the same microtasks as without; `then` and `constructor` are read as often.
import { types } from "../platform/node.ts";
import { methodOf } from "../platform/patch.ts";
import { isNativeThen, isOwnPromise, NativePromise } from "./native-promise.ts";
import { thenOf } from "./outcome.ts";

/** For `await`, in the context that the thenable's `then` is to run in. */
export function adopted(value: unknown): unknown {
  if (isOwnPromise(value)) return value;
  if (typeof value !== "object" ? typeof value !== "function" : value === null) return value;
  return isAwaitedAsItIs(value as object) ? value : adopt(value);
}

/** Whether an object may be a thenable, also by a getter or a proxy's trap, which is not asked. */
export function hasThen(value: unknown): boolean {
  if (typeof value !== "object" && typeof value !== "function") return false;
  for (let holder = value; holder !== null;) {
    if (types.isProxy(holder) || Object.hasOwn(holder, "then")) return true;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return false;
}

/** The engine makes such a promise itself where it awaits anything but a native one: this is it, a moment earlier. */
function adopt(value: unknown): Promise<unknown> {
  const promise = new NativePromise((resolve) => resolve(value));
  // Asked when it is awaited, where the program has put something of its own in place of `Promise.prototype.constructor`.
  Reflect.defineProperty(promise, "constructor", { value: NativePromise, configurable: true });
  return promise;
}

/** A promise is, unless its `constructor` is another one. That is not read where the program could notice. */
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
    // Read when the engine reads it: at the very end, behind every `finally`.
    // oxlint-disable-next-line unicorn/no-thenable -- it stands for one
    get then(): unknown {
      const method = thenable.then;
      if (typeof method !== "function") return (resolve: (is: unknown) => void) => resolve(value);
      return (...callbacks: unknown[]) => run(() => Reflect.apply(method, value, callbacks));
    },
  };
  return standIn as T;
}
