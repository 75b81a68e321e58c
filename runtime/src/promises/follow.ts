// A promise that a tracked function returned → when it settles, and a turn later with what.
// Invariant: it stays the same object, handled or unhandled as before. The order of the program's
// microtasks does not change.
import { monotonicNow, oncePerTurn } from "../platform/clock.ts";
import { count } from "../platform/report.ts";
import { isPending } from "./inspect-promise.ts";
import { PromiseHooks } from "./promise-hooks.ts";
import { inspectOutcomes, readByThen, readOutcomes, type Settled } from "./read-outcome.ts";
import { lookForDomains, rejectionsObserved } from "./rejections.ts";

/** Who waits for an outcome. */
export interface Waiting {
  /** @param ended monotonic ms of the settling */
  settled(ended: number, rejected: boolean, value: unknown): void;
}

/** V8 calls it as the promise settles, before anything that waits for the promise goes on. */
type Moment = () => void;

interface Reader {
  readonly waiting: Waiting;
  /** Monotonic ms. */
  readonly since: number;
}

/** One for each promise that is handed on; most of them need few of its fields. */
class Watch implements Settled {
  /** Held from its settling until the readers know. */
  promise: Promise<unknown> | undefined = undefined;
  moments: Moment[] | undefined = undefined;
  /** Made with its first reader in it: such a list takes no room for more. */
  readers: Reader[] | undefined = undefined;
  /** Read it before the program gets it: as soon as the program attaches to the promise. */
  eager = false;
  settled = false;
  /** Monotonic ms of the settling. */
  ended = 0;
  /** The program would notice a rejection being marked as handled. */
  observed = false;
  /** The program has attached to it itself: one more changes nothing. */
  handled = false;
  /** Tells the registry whether it was collected unsettled. It may not lead to the promise. */
  life: { settled: boolean } | undefined = undefined;

  get delicate(): boolean {
    return this.observed && !this.handled;
  }

  tell(rejected: boolean, value: unknown): void {
    const { promise, readers, ended } = this;
    if (promise === undefined) return;
    this.promise = undefined;
    this.readers = undefined;
    watches.delete(promise);
    if (this.eager) unwatched();
    for (const { waiting, since } of readers ?? []) {
      try {
        waiting.settled(Math.max(since, ended), rejected, value);
      } catch {
        count("internal_error");
      }
    }
  }
}

const watches = new WeakMap<object, Watch>();
const hooks = new PromiseHooks({
  settled(promise) {
    const watched = watches.get(promise);
    if (watched !== undefined) settle(promise, watched, monotonicNow());
  },
  attached(promise) {
    const watched = watches.get(promise);
    if (watched === undefined || watched.handled) return;
    watched.handled = true;
    // We attach before the program does, and so hear first.
    if (watched.eager) readEagerly(promise, watched);
  },
});
const collected = new FinalizationRegistry<{ settled: boolean }>((life) => {
  if (!life.settled) unwatched();
});
/** Followed in this turn of the event loop: those that had settled before fire no hook. */
let fresh: Promise<unknown>[] = [];
/** Settled. Those that were told meanwhile hold no promise any more. */
let unread: Watch[] = [];

/** We read outcomes only in the next turn: by then Node has decided which are unhandled. */
const turn = oncePerTurn(() => {
  lookForDomains();
  sweep();
  readAll();
  if (hooks.rest()) turn();
});

/** Calls back when the promise settles, or at once where it already has. */
export function whenSettled(promise: Promise<unknown>, moment: Moment): void {
  if (hooks.available && isPending(promise)) {
    const watched = watch(promise, false);
    (watched.moments ??= []).push(moment);
    register(promise, watched);
  } else moment();
}

/**
 * Calls back with the promise's outcome, a turn after it settles.
 * @param eager calls back before the program gets the outcome. Until then V8 calls us for every
 * promise that the process makes.
 */
export function follow(
  promise: Promise<unknown>,
  waiting: Waiting,
  eager = false,
  since: number = monotonicNow(),
): void {
  if (!hooks.available) {
    waiting.settled(since, false, promise);
    return;
  }
  const watched = watch(promise, eager);
  const reader = { waiting, since };
  if (watched.readers === undefined) watched.readers = [reader];
  else watched.readers.push(reader);
  // It has settled and is to be read this turn: this reader comes just in time.
  if (watched.settled) return;
  fresh.push(promise);
  turn();
}

/** Whether followed promises may have settled whose outcomes were not read yet. */
export function someFollowedSettled(): boolean {
  return fresh.length > 0 || unread.some(isUntold);
}

/** Reads their outcomes without a turn. */
export function readFollowedNow(): void {
  sweep();
  inspectOutcomes(unread);
}

function watch(promise: Promise<unknown>, eager: boolean): Watch {
  let watched = watches.get(promise);
  if (watched === undefined) {
    watched = new Watch();
    watches.set(promise, watched);
    hooks.begin();
  }
  watched.observed ||= rejectionsObserved();
  watched.eager ||= eager;
  hooks.ask(watched.observed || watched.eager);
  return watched;
}

function unwatched(): void {
  if (hooks.end()) turn();
}

/** Not before the turn ends: most promises have settled by then. */
function register(promise: Promise<unknown>, watched: Watch): void {
  if (watched.life !== undefined) return;
  watched.life = { settled: watched.settled };
  collected.register(promise, watched.life);
}

function readEagerly(promise: Promise<unknown>, watched: Watch): void {
  const told: Settled = {
    promise,
    delicate: false,
    tell(rejected, value) {
      settle(promise, watched, monotonicNow());
      watched.tell(rejected, value);
    },
  };
  try {
    readByThen(promise, told);
  } catch {
    count("internal_error");
  }
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
  if (watched.readers === undefined) watches.delete(promise);
  else {
    watched.promise = promise;
    unread.push(watched);
    turn();
  }
}

/** Those that had settled before they were followed, or within the same turn. */
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

function readAll(): void {
  unread = unread.filter(isUntold);
  if (unread.length === 0) return;
  const observed = rejectionsObserved();
  for (const watched of unread) watched.observed ||= observed;
  // A copy: what settles meanwhile is read in a turn of its own.
  void readOutcomes([...unread]).then(() => (unread = unread.filter(isUntold)));
}

function isUntold({ promise }: Watch): boolean {
  return promise !== undefined;
}
