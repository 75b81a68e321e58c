// A native promise that a tracked function returned → its settling is noticed without touching it.
// Invariant: the promise stays the same object, handled or unhandled as before; no microtask of the program moves.
import { types, v8 } from "../platform/node.ts";
import { monotonicNow, setSoon, soon } from "../platform/clock.ts";
import { isPending, peek } from "./inspect-promise.ts";
import { count } from "../platform/report.ts";

/** Who waits for an outcome. */
export interface Waiting {
  /** @param ended monotonic ms of the settling */
  settled(ended: number, rejected: boolean, value: unknown): void;
}

/** Called in the moment of the settling, inside of the engine, before anything that waits for it goes on. */
type Moment = () => void;

interface Reader {
  readonly waiting: Waiting;
  /** Monotonic ms. */
  readonly since: number;
}

/** Every call of a function that hands on a promise makes one: what most of them do without is made when it is needed. */
class Watch {
  /** Held from its settling until the readers know. */
  promise: Promise<unknown> | undefined = undefined;
  moments: Moment[] | undefined = undefined;
  /** A reader wants the outcome before whoever waits for it goes on: it is read as soon as the program attaches to the promise. */
  eager: boolean;
  /** A list that begins with one takes no room for more. */
  readers: Reader[] | undefined = undefined;
  /** Monotonic ms of the settling. */
  ended = 0;
  settled = false;
  /** The program would notice a rejection being marked as handled. */
  observed: boolean;
  /** The program has attached to it itself: one more changes nothing. */
  handled = false;
  /** What the registry keeps, which tells when it is collected unsettled: it may not lead back to the promise. */
  life: { settled: boolean } | undefined = undefined;

  constructor(eager: boolean, observed: boolean) {
    this.eager = eager;
    this.observed = observed;
  }
}

/** The language's own, whatever the program has put in their place. */
const promisePrototype = Object.getPrototypeOf((async () => {})()) as Promise<unknown>;
const { constructor: NativePromise, then: nativeThen } = promisePrototype;
const speciesOf = Object.getOwnPropertyDescriptor(NativePromise, Symbol.species)?.get;

const watches = new WeakMap<object, Watch>();
/** Watched promises that have not settled. */
let pending = 0;
const collected = new FinalizationRegistry<{ settled: boolean }>((life) => {
  if (!life.settled) unwatched();
});
/** Followed in this turn of the event loop: those that had settled before fire no hook. */
let fresh: Promise<unknown>[] = [];
/** Settled, and their outcomes not read yet; those that were told meanwhile hold no promise any more. */
let unread: Watch[] = [];
/** Of them, those that are not told. */
let untold = 0;
let turning = false;
/** Takes the hooks away. */
let stop: (() => void) | undefined;
/** Something was watched since the last turn: hooks that come and go with every promise cost 0.5 µs each. */
let busy = false;
/** Whether the hooks tell who attaches to a promise, too. */
let telling = false;

const canFollow = (): boolean => typeof v8().promiseHooks?.createHook === "function";

/** Exactly a native promise: subclasses and thenables may be lazy. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    types.isPromise(value) &&
    !types.isProxy(value) &&
    Object.getPrototypeOf(value) === promisePrototype
  );
}

/**
 * Whether a result is a promise that nobody has seen but who called: one that an asynchronous function has made. Another one may stand in
 * for it, a microtask later, and the process is spared the hooks: with them each `await` takes two to three times as long (Node 24).
 */
export function isNew(fn: unknown, result: unknown): result is Promise<unknown> {
  return types.isAsyncFunction(fn) && isPlainPromise(result);
}

/** The promise that stands in for one that is new; `waiting` is told before whoever waits for it. */
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

/** Whether a promise's method is the language's own, so that its state is all there is to it. */
export function isNativeThen(method: unknown): boolean {
  return method === nativeThen;
}

/** Calls back with the value of a promise that the engine itself awaits, so that one more changes nothing for a rejection. */
export function whenFulfilled(promise: Promise<unknown>, reader: (value: unknown) => void): void {
  void Reflect.apply(nativeThen, promise, [reader, () => {}]);
}

/** Calls back when the promise settles, or at once where it already has. */
export function whenSettled(promise: Promise<unknown>, moment: Moment): void {
  if (canFollow() && isPending(promise)) {
    const watched = watch(promise);
    (watched.moments ??= []).push(moment);
    register(promise, watched);
  } else moment();
}

/**
 * Calls back with the promise's outcome, in a later turn than it settles in; `eager`: before whoever waits for it goes on, at the cost
 * of a look at every promise that the process makes meanwhile.
 */
export function follow(
  promise: Promise<unknown>,
  waiting: Waiting,
  eager = false,
  since: number = monotonicNow(),
): void {
  if (!canFollow()) {
    waiting.settled(since, false, promise);
    return;
  }
  const watched = watch(promise, eager);
  const reader = { waiting, since };
  if (watched.readers === undefined) watched.readers = [reader];
  else watched.readers.push(reader);
  // Settled, its outcome to be read: this reader comes just in time.
  if (watched.settled) return;
  fresh.push(promise);
  turn();
}

/** Whether there may be followed promises that have settled, and whose outcomes were not read yet. */
export function outcomesPending(): boolean {
  return untold > 0 || fresh.length > 0;
}

/** Resolves when the outcomes of all promises settled so far have been read. */
export async function outcomesRead(): Promise<void> {
  for (let turns = 0; turns < 3 && outcomesPending(); turns++)
    await new Promise<void>((resolve) => setSoon(resolve));
}

/** Reads them now, for a process that ends. */
export function readOutcomes(): void {
  sweep();
  readDelicate(withoutTold());
}

function watch(promise: Promise<unknown>, eager = false): Watch {
  const observed = rejectionsObserved();
  let watched = watches.get(promise);
  if (watched === undefined) {
    watched = new Watch(eager, observed);
    watches.set(promise, watched);
    pending++;
    busy = true;
  }
  watched.observed ||= observed;
  watched.eager ||= eager;
  const asks = observed || eager;
  if (stop === undefined || (asks && !telling)) {
    stop?.();
    telling = asks;
    // Asked for what it costs only where it is needed.
    const hooks = asks ? { init: onInit, settled: onSettled } : { settled: onSettled };
    stop = v8().promiseHooks.createHook(hooks) as () => void;
  }
  return watched;
}

function unwatched(): void {
  if (--pending === 0) turn();
}

/** Not before the turn ends: most promises have settled by then. */
function register(promise: Promise<unknown>, watched: Watch): void {
  if (watched.life !== undefined) return;
  watched.life = { settled: watched.settled };
  collected.register(promise, watched.life);
}

/** The hooks go when a whole turn has passed in which nothing was watched. */
function rest(): void {
  if (pending > 0 || stop === undefined) return;
  if (busy) turn();
  else {
    stop();
    stop = undefined;
  }
  busy = false;
}

/** `parent`: what it is derived from by `then` or `await`. Called before that is attached. */
function onInit(_promise: Promise<unknown>, parent: Promise<unknown> | undefined): void {
  const watched = parent === undefined ? undefined : watches.get(parent);
  if (parent === undefined || watched === undefined || watched.handled) return;
  watched.handled = true;
  // Attached before the program's own: it is told first.
  if (watched.eager) readEagerly(parent, watched);
}

function readEagerly(promise: Promise<unknown>, watched: Watch): void {
  const reader = (rejected: boolean) => (value: unknown) => {
    settle(promise, watched, monotonicNow());
    tell(watched, rejected, value);
  };
  try {
    attach(promise, reader(false), reader(true));
  } catch {
    count("internal_error");
  }
}

function onSettled(promise: Promise<unknown>): void {
  const watched = watches.get(promise);
  if (watched !== undefined) settle(promise, watched, monotonicNow());
}

function settle(promise: Promise<unknown>, watched: Watch, ended: number): void {
  if (watched.settled) return;
  watched.settled = true;
  if (watched.life !== undefined) watched.life.settled = true;
  watched.ended = ended;
  watched.observed ||= rejectionsObserved();
  if (!watched.eager) unwatched();
  for (const moment of watched.moments ?? []) {
    try {
      moment();
    } catch {
      count("internal_error");
    }
  }
  if (watched.readers !== undefined) {
    watched.promise = promise;
    unread.push(watched);
    untold++;
    turn();
  } else watches.delete(promise);
}

/** Node decides about unhandled rejections before the next turn of the event loop: only then may an outcome be read. */
function turn(): void {
  if (turning) return;
  turning = true;
  domainLoaded ||= isDomainLoaded();
  soon(() => {
    turning = false;
    sweep();
    readAll();
    rest();
  });
}

function sweep(): void {
  const candidates = fresh;
  fresh = [];
  for (const promise of candidates) {
    const watched = watches.get(promise);
    if (watched === undefined || watched.settled) continue;
    if (isPending(promise)) register(promise, watched);
    else settle(promise, watched, watched.readers?.[0]?.since ?? monotonicNow());
  }
}

function withoutTold(): readonly Watch[] {
  unread = unread.filter(({ promise }) => promise !== undefined);
  return unread;
}

function readAll(): void {
  const settled = withoutTold();
  if (settled.length === 0) return;
  domainLoaded ||= isDomainLoaded();
  const observed = rejectionsObserved();
  const harmless: Watch[] = [];
  const delicate: Watch[] = [];
  for (const one of settled) {
    const { handled, observed: wasObserved } = one;
    (!handled && (observed || wasObserved) ? delicate : harmless).push(one);
  }
  readDelicate(delicate);
  void readInTurn(harmless);
}

/** @param settled none of them told */
function readDelicate(settled: readonly Watch[]): void {
  if (settled.length === 0) return;
  const promises = settled.map(({ promise }) => promise as Promise<unknown>);
  peek(promises).forEach(({ state, value }, at) => {
    const one = settled[at];
    if (one !== undefined) tell(one, state === "rejected", value);
  });
}

/** One after the other, all within this turn: a `then` for each would make two closures and another promise. */
async function readInTurn(settled: readonly Watch[]): Promise<void> {
  for (const one of settled) {
    const { promise } = one;
    // Told by whoever attached to it meanwhile.
    if (promise === undefined) continue;
    if (!isPlain(promise)) {
      if (!readByThen(promise, one)) readDelicate([one]);
      continue;
    }
    let rejected = false;
    let value: unknown;
    try {
      value = await promise;
    } catch (reason) {
      rejected = true;
      value = reason;
    }
    tell(one, rejected, value);
  }
  // Nothing is kept of them until the next turn that has something to read.
  withoutTold();
}

function readByThen(promise: Promise<unknown>, watched: Watch): boolean {
  return attach(
    promise,
    (value: unknown) => tell(watched, false, value),
    (reason: unknown) => tell(watched, true, reason),
  );
}

/** False where `then` would run code of the program: it asks for the promise's `constructor`, to make another one. */
function attach(
  promise: Promise<unknown>,
  fulfilled: (value: unknown) => void,
  rejected: (reason: unknown) => void,
): boolean {
  const plain = isPlain(promise);
  if (!plain && (Object.hasOwn(promise, "constructor") || !Object.isExtensible(promise)))
    return false;
  if (!plain)
    Reflect.defineProperty(promise, "constructor", { value: plainSpecies, configurable: true });
  void Reflect.apply(nativeThen, promise, [fulfilled, rejected]);
  if (!plain) Reflect.deleteProperty(promise, "constructor");
  return true;
}

/** Stands for `constructor` where the program's own would be asked: makes a native promise. */
const plainSpecies = { [Symbol.species]: NativePromise };

/** Whether `then` and `await` run none of the program's code. */
function isPlain(promise: Promise<unknown>): boolean {
  return isPlainPromise(promise) && !Object.hasOwn(promise, "constructor") && isUnpatched();
}

function isUnpatched(): boolean {
  return (
    Object.getOwnPropertyDescriptor(promisePrototype, "constructor")?.value === NativePromise &&
    Object.getOwnPropertyDescriptor(NativePromise, Symbol.species)?.get === speciesOf
  );
}

function tell(watched: Watch, rejected: boolean, value: unknown): void {
  const { promise, readers, ended } = watched;
  if (promise === undefined) return;
  watched.promise = undefined;
  watched.readers = undefined;
  untold--;
  watches.delete(promise);
  if (watched.eager) unwatched();
  for (const { waiting, since } of readers ?? [])
    waiting.settled(Math.max(since, ended), rejected, value);
}

const { NODE_OPTIONS = "" } = process.env;
const otherMode = [...process.execArgv, NODE_OPTIONS].some((flags) =>
  flags.includes("--unhandled-rejections"),
);

/** Bound once: `process` and what it has are looked up by name each time, a fifth of the cost of following a promise (bench W2). */
const listenerCount = process.listenerCount.bind(process);
const isCaptured = process.hasUncaughtExceptionCaptureCallback.bind(process);

/** Whether a process outlives an unhandled rejection, or tells of its late handling. */
function rejectionsObserved(): boolean {
  return (
    otherMode ||
    domainLoaded ||
    listenerCount("unhandledRejection") > 0 ||
    listenerCount("rejectionHandled") > 0 ||
    listenerCount("uncaughtException") > 0 ||
    isCaptured()
  );
}

/** Loaded, `node:domain` may have a place to catch it. Looked at once a turn. */
let domainLoaded = false;

/** Its `process.domain` is an accessor, where Node's own is null. */
function isDomainLoaded(): boolean {
  return Object.getOwnPropertyDescriptor(process, "domain")?.get !== undefined;
}
