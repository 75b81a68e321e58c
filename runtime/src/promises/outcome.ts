// What a tracked function returned → its outcome, by following a promise or standing in for `then`.
// Invariant: we call no method before the program does, and by then the stand-in is gone. Proxies
// and getters are not touched.
import { types } from "../platform/node.ts";
import { monotonicNow } from "../platform/clock.ts";
import { type Method, methodOf, patchMethod } from "../platform/patch.ts";
import { follow, type Waiting } from "./follow.ts";
import { isNativeThen, isPlainPromise } from "./native-promise.ts";
import { addUnasked, removeAsked, type Unasked } from "./unasked.ts";

/** Who waits for an outcome, also of a thenable that the program may never ask for it. */
export interface PatientWaiting extends Waiting {
  /** The turn in which the function returned the thenable is over. */
  idle?(thenable: object, since: number): void;
  /** The program asks. */
  asked?(): void;
  /** It will not ask. @param since monotonic ms of the return */
  letGo?(since: number): void;
}

/**
 * Tells `waiting` when `value` has settled. False where it does not settle, or we cannot listen.
 * @param eager tells before the program gets the outcome, also that of a native promise
 * @param since monotonic ms: what settled earlier counts as settled then
 */
export function whenOutcome(
  value: unknown,
  waiting: PatientWaiting,
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
  return new Listener(value, waiting, eager, since ?? monotonicNow()).listen(then);
}

/** Prototypes that led to no `then`. We look for one in most values. */
const thenless = new WeakSet<object>([Object.prototype, Array.prototype, Function.prototype]);

/** Its `then`, where that can be told without running code of the program. */
export function thenOf(value: object): Method | undefined {
  if (types.isProxy(value)) return undefined;
  const own = Object.hasOwn(value, "then");
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (!own && prototype !== null && thenless.has(prototype)) return undefined;
  const then = methodOf(value, "then");
  if (then === undefined && !own && prototype !== null) thenless.add(prototype);
  return then;
}

/** What providers' SDKs have on their promises beside `then`: the response as it came. */
const RAW: readonly string[] = ["asResponse", "withResponse", "withRawResponse"];

/** Stands between a thenable and the first call of the program's that asks it for its outcome. */
class Listener implements Unasked {
  readonly #target: object;
  readonly #waiting: PatientWaiting;
  readonly #eager: boolean;
  readonly #since: number;
  readonly #removers: (() => void)[] = [];
  #told = false;

  constructor(target: object, waiting: PatientWaiting, eager: boolean, since: number) {
    this.#target = target;
    this.#waiting = waiting;
    this.#eager = eager;
    this.#since = since;
  }

  /** False where the program has forbidden it. */
  listen(then: Method): boolean {
    if (!this.#place("then", then)) return false;
    // The native ones call `then`.
    for (const name of ["catch", "finally"] as const) {
      const method = methodOf(this.#target, name);
      if (method !== undefined && method !== Promise.prototype[name]) this.#place(name, method);
    }
    for (const name of this.#eager ? RAW : []) {
      const method = methodOf(this.#target, name);
      if (method !== undefined) this.#place(name, method);
    }
    if (this.#waiting.letGo !== undefined) addUnasked(this);
    return true;
  }

  idle(): void {
    this.#waiting.idle?.(this.#target, this.#since);
  }

  letGo(): void {
    this.#remove();
    this.#waiting.letGo?.(this.#since);
  }

  #place(name: string, method: Method): boolean {
    const remover = patchMethod(this.#target, name, method, (args) => {
      this.#remove();
      removeAsked(this);
      return this.#called(name, method, args);
    });
    if (remover !== undefined) this.#removers.push(remover);
    return remover !== undefined;
  }

  #remove(): void {
    for (const remover of this.#removers) remover();
  }

  /** The program's own call: its callbacks tell the outcome; without any, what it returns. */
  #called(name: string, method: Method, args: readonly unknown[]): unknown {
    this.#waiting.asked?.();
    const passed: unknown[] = [];
    for (let at = 0; at < args.length; at++) passed[at] = args[at];
    const listening = (at: number, rejected: boolean): boolean => {
      const callback = passed[at];
      if (typeof callback !== "function") return false;
      const tell = (value: unknown): void => this.#tell(rejected, value);
      passed[at] = function (this: unknown, ...values: unknown[]): unknown {
        tell(values[0]);
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
      result = Reflect.apply(method, this.#target, passed);
    } catch (error) {
      this.#tell(true, error);
      throw error;
    }
    if (!both) this.#hearIn(result);
    return result;
  }

  #tell(rejected: boolean, value: unknown): void {
    if (this.#told) return;
    this.#told = true;
    const waiting = this.#waiting;
    // A value that settles itself: whoever awaits the thenable waits for that, too.
    if (rejected || !whenOutcome(value, waiting, this.#eager))
      waiting.settled(monotonicNow(), rejected, value);
  }

  /** Whoever awaits the thenable gets what this one settles to. */
  #hearIn(result: unknown): void {
    const settled = (_ended: number, rejected: boolean, value: unknown): void =>
      this.#tell(rejected, value);
    whenOutcome(result, { settled }, this.#eager);
  }
}
