// Functions that return promises, one per kind, and what a caller may do with them → lines on stdout.
// Everything that is said here holds for the program as written; no span may change a line of it.
import { setImmediate as turn } from "node:timers/promises";

class Sub extends Promise {}

/** What a function that is not async itself has returned. */
let made;
const make = (promise) => (made = promise);

/** Without those that AsyncLocalStorage adds to each promise before Node 24, whoever uses it. */
const ownKeys = (promise) =>
  Reflect.ownKeys(promise).filter((key) => !/async_id_symbol|kResourceStore/.test(String(key)));

const untracked = async (fails, error, value) => {
  await null;
  if (fails) throw error;
  return value;
};

/** @track */
async function suspends(fails) {
  await null;
  if (fails) throw new Error("suspends failed");
  return "suspended";
}

/** @track */
async function throwsAtOnce(fails) {
  if (fails) throw new TypeError("threw at once");
  return "returned at once";
}

/** @track */
function handsOn(fails) {
  return make(untracked(fails, new RangeError("handed on"), "handed on"));
}

/** @track */
function settled(fails) {
  return make(fails ? Promise.reject(new Error("was settled")) : Promise.resolve("was settled"));
}

/** @track */
function subclass(fails) {
  return make(
    new Sub((resolve, reject) => {
      setImmediate(() => (fails ? reject(new Error("of a subclass")) : resolve("of a subclass")));
    }),
  );
}

/** @track */
const settledSubclass = (fails) =>
  make(
    fails ? Sub.reject(new Error("settled, of a subclass")) : Sub.resolve("settled, of a subclass"),
  );

/** @track */
const text = (fails) => make(untracked(fails, "a text", "a text"));

/** @track */
const nothing = (fails) => make(fails ? Promise.reject(undefined) : Promise.resolve(undefined));

/** @track */
async function plainObject(fails) {
  if (fails) throw { code: 7 };
  return { code: 7 };
}

/** @track */
const frozen = (fails) => make(Object.freeze(untracked(fails, new Error("frozen"), "frozen")));

/** @track */
function namedConstructor(fails) {
  const promise = make(untracked(fails, new Error("own constructor"), "own constructor"));
  return Object.defineProperty(promise, "constructor", {
    get() {
      console.log("constructor read");
      return Promise;
    },
  });
}

/** @track */
function handledBefore(fails) {
  const promise = make(untracked(fails, new Error("handled before"), "handled before"));
  promise.catch(({ message }) => console.log("inside, caught:", message));
  return promise;
}

const kinds = {
  suspends,
  throwsAtOnce,
  handsOn,
  settled,
  subclass,
  settledSubclass,
  text,
  nothing,
  plainObject,
  frozen,
  namedConstructor,
  handledBefore,
};

const told = (reason) => console.log("caught:", reason);

const callers = {
  ignores(kind) {
    kind(true);
  },
  /** What is derived has no handler. */
  derives(kind) {
    kind(true).then(() => console.log("never"));
  },
  catchesAtOnce(kind) {
    kind(true).catch((reason) => told(reason?.message));
  },
  async awaits(kind) {
    console.log("awaited:", await kind(false));
    try {
      await kind(true);
    } catch (reason) {
      told(reason?.message);
    }
  },
  async catchesInMicrotask(kind) {
    const promise = kind(true);
    for (let count = 0; count < 9; count++) await null;
    promise.catch((reason) => told(reason?.message));
  },
  async catchesLate(kind) {
    const promise = kind(true);
    for (let count = 0; count < 5; count++) await turn();
    promise.catch((reason) => told(reason?.message));
  },
  /** Each settling between microtasks that are counted. */
  async races(kind) {
    let running = true;
    const tick = (count) => {
      if (running && count < 30)
        queueMicrotask(() => (console.log("tick", count), tick(count + 1)));
    };
    tick(1);
    const rejected = kind(true);
    rejected.then(undefined, () => console.log("rejected"));
    const [fulfilled] = await Promise.allSettled([kind(false), rejected]);
    console.log(fulfilled.status);
    running = false;
  },
  async looks(kind) {
    made = undefined;
    const promise = kind(false);
    const look = () =>
      console.log(
        promise === made,
        ownKeys(promise),
        Object.isExtensible(promise),
        Object.getPrototypeOf(promise) === Promise.prototype,
        promise instanceof Sub,
      );
    look();
    await promise;
    await turn();
    look();
  },
};

export const scenarios = Object.fromEntries(
  Object.entries(callers).flatMap(([how, call]) =>
    Object.entries(kinds).map(([name, kind]) => [`${how} ${name}`, () => call(kind)]),
  ),
);
