// A native promise that a tracked function returned → its settling is noticed without touching it.
// Invariant: the promise stays the same object, handled or unhandled as before; no microtask of the program moves.
import { types } from "node:util";
import { promiseHooks } from "node:v8";
import { monotonicNow, setSoon, soon } from "./clock.ts";
import { isPending, peek } from "./peek.ts";
import { count } from "./report.ts";

/** Who waits for an outcome. */
export interface Waiting {
  /** @param ended monotonic ms of the settling */
  settled(ended: number, rejected: boolean, value: unknown): void;
}

/** Called in the moment of the settling, inside of the engine, before anything that waits for it goes on. */
type Moment = () => void;

interface Watch {
  readonly moments: Moment[];
  readonly readers: { readonly waiting: Waiting; readonly since: number }[];
  ended: number;
  /** The program would notice a rejection being marked as handled. */
  observed: boolean;
  /** The program has attached to it itself: one more changes nothing. */
  handled: boolean;
  /** Apart: what the registry keeps may not lead back to the promise. */
  readonly life: { settled: boolean };
}

/** The language's own, whatever the program has put in their place. */
const promisePrototype = Object.getPrototypeOf((async () => {})()) as Promise<unknown>;
const { constructor: NativePromise, then: nativeThen } = promisePrototype;
const speciesOf = Object.getOwnPropertyDescriptor(NativePromise, Symbol.species)?.get;

const watches = new WeakMap<object, Watch>();
/** Watched promises that have not settled. */
let pending = 0;
const collected = new FinalizationRegistry<Watch["life"]>((life) => {
  if (!life.settled) unwatched();
});
/** Followed in this turn of the event loop: those that had settled before fire no hook. */
let fresh: Promise<unknown>[] = [];
/** Settled, and their outcomes not read yet. */
const unread = new Map<Promise<unknown>, Watch>();
let turning = false;
/** Takes the hooks away. */
let stop: (() => void) | undefined;
/** Whether the hooks tell who attaches to a promise, too. */
let telling = false;

const canFollow = typeof promiseHooks?.createHook === "function";

/** Exactly a native promise: subclasses and thenables may be lazy. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    types.isPromise(value) &&
    !types.isProxy(value) &&
    Object.getPrototypeOf(value) === promisePrototype
  );
}

/** Whether a promise's method is the language's own, so that its state is all there is to it. */
export function isNativeThen(method: unknown): boolean {
  return method === nativeThen;
}

/** Calls back when the promise settles, or at once where it already has. */
export function whenSettled(promise: Promise<unknown>, moment: Moment): void {
  if (canFollow && isPending(promise)) watch(promise).moments.push(moment);
  else moment();
}

/** Calls back with the promise's outcome, in a later turn than it settles in. */
export function follow(promise: Promise<unknown>, waiting: Waiting): void {
  const since = monotonicNow();
  if (!canFollow) {
    waiting.settled(since, false, promise);
    return;
  }
  const watched = watch(promise);
  watched.readers.push({ waiting, since });
  // Settled, its outcome to be read: this reader comes just in time.
  if (watched.life.settled) return;
  fresh.push(promise);
  turn();
}

/** Whether there may be followed promises that have settled, and whose outcomes were not read yet. */
export function outcomesPending(): boolean {
  return unread.size > 0 || fresh.length > 0;
}

/** Resolves when the outcomes of all promises settled so far have been read. */
export async function outcomesRead(): Promise<void> {
  for (let turns = 0; turns < 3 && outcomesPending(); turns++)
    await new Promise<void>((resolve) => setSoon(resolve));
}

/** Reads them now, for a process that ends. */
export function readOutcomes(): void {
  sweep();
  readDelicate([...unread.keys()]);
}

function watch(promise: Promise<unknown>): Watch {
  const observed = rejectionsObserved();
  let watched = watches.get(promise);
  if (watched === undefined) {
    const life = { settled: false };
    watched = { moments: [], readers: [], ended: 0, observed, handled: false, life };
    watches.set(promise, watched);
    collected.register(promise, life);
    pending++;
  }
  watched.observed ||= observed;
  if (stop === undefined || (observed && !telling)) {
    stop?.();
    telling = observed;
    // Asked for what it costs only where it is needed.
    const hooks = observed ? { init: onInit, settled: onSettled } : { settled: onSettled };
    stop = promiseHooks.createHook(hooks) as () => void;
  }
  return watched;
}

function unwatched(): void {
  if (--pending > 0) return;
  stop?.();
  stop = undefined;
}

/** `parent`: what it is derived from by `then` or `await`. */
function onInit(_promise: Promise<unknown>, parent: Promise<unknown> | undefined): void {
  const watched = parent === undefined ? undefined : watches.get(parent);
  if (watched !== undefined) watched.handled = true;
}

function onSettled(promise: Promise<unknown>): void {
  const watched = watches.get(promise);
  if (watched !== undefined) settle(promise, watched, monotonicNow());
}

function settle(promise: Promise<unknown>, watched: Watch, ended: number): void {
  if (watched.life.settled) return;
  watched.life.settled = true;
  watched.ended = ended;
  watched.observed ||= rejectionsObserved();
  unwatched();
  for (const moment of watched.moments) {
    try {
      moment();
    } catch {
      count("internal_error");
    }
  }
  if (watched.readers.length > 0) {
    unread.set(promise, watched);
    turn();
  } else watches.delete(promise);
}

/** Node decides about unhandled rejections before the next turn of the event loop: only then may an outcome be read. */
function turn(): void {
  if (turning) return;
  turning = true;
  soon(() => {
    turning = false;
    sweep();
    readAll();
  });
}

function sweep(): void {
  const candidates = fresh;
  fresh = [];
  for (const promise of candidates) {
    const watched = watches.get(promise);
    if (watched === undefined || watched.life.settled || isPending(promise)) continue;
    settle(promise, watched, watched.readers[0]?.since ?? monotonicNow());
  }
}

function readAll(): void {
  const delicate: Promise<unknown>[] = [];
  for (const [promise, watched] of unread) {
    const harmless = watched.handled || !(watched.observed || rejectionsObserved());
    if (!harmless || !readByThen(promise)) delicate.push(promise);
  }
  readDelicate(delicate);
}

function readDelicate(promises: readonly Promise<unknown>[]): void {
  if (promises.length === 0) return;
  peek(promises).forEach(({ state, value }, at) => {
    const promise = promises[at];
    if (promise !== undefined) tell(promise, state === "rejected", value);
  });
}

/** False where `then` would run code of the program: it asks for the promise's `constructor`, to make another one. */
function readByThen(promise: Promise<unknown>): boolean {
  const plain = isPlainPromise(promise) && !Object.hasOwn(promise, "constructor") && isUnpatched();
  if (!plain && (Object.hasOwn(promise, "constructor") || !Object.isExtensible(promise)))
    return false;
  if (!plain)
    Reflect.defineProperty(promise, "constructor", { value: plainSpecies, configurable: true });
  void Reflect.apply(nativeThen, promise, [
    (value: unknown) => tell(promise, false, value),
    (reason: unknown) => tell(promise, true, reason),
  ]);
  if (!plain) Reflect.deleteProperty(promise, "constructor");
  return true;
}

/** Stands for `constructor` where the program's own would be asked: makes a native promise. */
const plainSpecies = { [Symbol.species]: NativePromise };

function isUnpatched(): boolean {
  return (
    Object.getOwnPropertyDescriptor(promisePrototype, "constructor")?.value === NativePromise &&
    Object.getOwnPropertyDescriptor(NativePromise, Symbol.species)?.get === speciesOf
  );
}

function tell(promise: Promise<unknown>, rejected: boolean, value: unknown): void {
  const watched = unread.get(promise);
  if (watched === undefined) return;
  unread.delete(promise);
  watches.delete(promise);
  for (const { waiting, since } of watched.readers)
    waiting.settled(Math.max(since, watched.ended), rejected, value);
}

const { NODE_OPTIONS = "" } = process.env;
const otherMode = [...process.execArgv, NODE_OPTIONS].some((flags) =>
  flags.includes("--unhandled-rejections"),
);

/** Whether a process outlives an unhandled rejection, or tells of its late handling. */
function rejectionsObserved(): boolean {
  return (
    otherMode ||
    process.listenerCount("unhandledRejection") > 0 ||
    process.listenerCount("rejectionHandled") > 0 ||
    process.listenerCount("uncaughtException") > 0 ||
    process.hasUncaughtExceptionCaptureCallback() ||
    // Loaded, `node:domain` may have a place to catch it.
    "domain" in process
  );
}
