// A value → whether it is the language's own promise, and a way to attach to it.
// Invariant: a `then`, `constructor` or `Symbol.species` of the program's neither runs nor changes.
import { types } from "../platform/node.ts";
import { ownDatum, uncurry } from "../platform/own-properties.ts";

const isPromise = types.isPromise;
const prototypeOf = Object.getPrototypeOf;
const promisePrototype = Object.getPrototypeOf((async () => {})()) as Promise<unknown>;
const { then: nativeThen } = promisePrototype;
export const NativePromise: PromiseConstructor = promisePrototype.constructor as PromiseConstructor;
const speciesOf = Object.getOwnPropertyDescriptor(NativePromise, Symbol.species)?.get;

const sourceOf = uncurry(Function.prototype.toString) as (fn: unknown) => string;
/** No other function has this source: a bound function's has no name. */
const nativeThenSource = sourceOf(nativeThen);

/** Exactly a native promise, of any realm: subclasses and thenables may be lazy. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  if (!isPromise(value)) return false;
  const prototype = prototypeOf(value) as object | null;
  return prototype === promisePrototype || isForeignPrototype(prototype);
}

/**
 * Exactly a native promise of the runtime's own realm. A proxy is none, whatever it stands for.
 * To read a property that none has makes V8 look at the shape of the object, and that shape tells
 * its prototype: without it, an asynchronous call takes 3 % more (bench W2).
 */
export function isOwnPromise(value: unknown): value is Promise<unknown> {
  return (
    isPromise(value) &&
    (value as { [ABSENT]?: unknown })[ABSENT] === undefined &&
    prototypeOf(value) === promisePrototype
  );
}

const ABSENT = Symbol("absent");

/** `Promise.prototype` of another realm, as that of Node's promises is in a test runner's. */
function isForeignPrototype(prototype: object | null): boolean {
  return (
    prototype !== null && !types.isProxy(prototype) && isNativeThen(ownDatum(prototype, "then"))
  );
}

/** Whether a promise's `then` is the language's own, so that its state is all there is to it. */
export function isNativeThen(method: unknown): boolean {
  if (method === nativeThen) return true;
  return typeof method === "function" && sourceOf(method) === nativeThenSource;
}

/** Calls back with the value of a promise that the program awaits, and so handles, itself. */
export function whenFulfilled(promise: Promise<unknown>, reader: (value: unknown) => void): void {
  void Reflect.apply(nativeThen, promise, [reader, () => {}]);
}

/** Whether `await` of it runs none of the program's code. */
export function isUntouched(promise: Promise<unknown>): boolean {
  return isOwnPromise(promise) && !Object.hasOwn(promise, "constructor") && isUnpatched();
}

function isUnpatched(): boolean {
  return (
    Object.getOwnPropertyDescriptor(promisePrototype, "constructor")?.value === NativePromise &&
    Object.getOwnPropertyDescriptor(NativePromise, Symbol.species)?.get === speciesOf
  );
}

/** False where it cannot: `then` reads the promise's `constructor`, to make another promise. */
export function attach(
  promise: Promise<unknown>,
  fulfilled: (value: unknown) => void,
  rejected: (reason: unknown) => void,
): boolean {
  const untouched = isUntouched(promise);
  if (!untouched) {
    if (Object.hasOwn(promise, "constructor") || !Object.isExtensible(promise)) return false;
    Reflect.defineProperty(promise, "constructor", { value: nativeSpecies, configurable: true });
  }
  void Reflect.apply(nativeThen, promise, [fulfilled, rejected]);
  if (!untouched) Reflect.deleteProperty(promise, "constructor");
  return true;
}

/** Stands for `constructor` where `then` would ask the program's own: it makes a native promise. */
const nativeSpecies = { [Symbol.species]: NativePromise };
