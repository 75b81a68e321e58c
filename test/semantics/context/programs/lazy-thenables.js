// Thenables that do their work in `then`, which the engine calls a microtask after it was handed them: the functions that they call
// are below the function that awaits. The logs hold what is read of them, and in which microtask each part runs.
import { AsyncLocalStorage } from "node:async_hooks";
import { leaf, step } from "./support.js";

/** @track */
async function driver(text) {
  await null;
  return [text];
}

/** A query builder, as knex, drizzle and mongoose have them. */
class Query {
  constructor(text) {
    this.text = text;
  }
  then(resolve, reject) {
    return driver(this.text).then(resolve, reject);
  }
}
const query = (text) => new Query(text);

/** Its `then` is made when it is read. */
class Reading {
  get then() {
    return (resolve, reject) => driver("reading").then(resolve, reject);
  }
}

/** @track name=top */
async function top(task) {
  const result = await task();
  await step();
  return result;
}
const S = "step(leaf)";

/** @track */
async function awaits(thenable) {
  const rows = await thenable;
  leaf();
  return rows;
}

/** @track */
async function returns(thenable) {
  return thenable;
}

/** @track */
const returnsAtOnce = async (thenable) => thenable;

/** @track */
async function returnsThroughFinally(thenable, log) {
  try {
    return thenable;
  } finally {
    log("finally");
    leaf();
  }
}

/** @track */
async function returnsAfterAwait(thenable) {
  await null;
  return thenable;
}

/** @track */
async function* yields(thenables) {
  for (const thenable of thenables) yield thenable;
  return "end";
}

/** @track */
async function* yieldsAfterAwait(thenables) {
  for (const thenable of thenables) {
    await null;
    yield thenable;
  }
}

/** @track */
async function* awaitsBetween(thenables) {
  try {
    for (const thenable of thenables) {
      const rows = await thenable;
      yield rows;
    }
  } finally {
    await query("finally");
    leaf();
  }
}

/** @track */
async function* returnsLater(thenable) {
  yield 1;
  return thenable;
}

/** @track */
async function* delegates(iterable) {
  return yield* iterable;
}

/** @track */
async function iterates(iterable) {
  const rows = [];
  for await (const row of iterable) rows.push(row);
  leaf();
  return rows;
}

/** @track */
async function leavesEarly(iterable) {
  for await (const row of iterable) return row;
}

/** The iterator's methods return thenables. */
function thenableSteps(values, log) {
  const left = [...values];
  const result = (done, value) => ({
    then(resolve) {
      log(`then of ${done ? "the end" : value}`);
      driver(`step ${value}`).then(() => resolve({ done, value }));
    },
  });
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => (left.length === 0 ? result(true, "end") : result(false, left.shift())),
      return: () => result(true, "left"),
    }),
  };
}

/** An asynchronous iterator that gives one result, its own or by a promise, and ends. */
function stepsOf(result) {
  const results = [result, { done: true, value: "end" }];
  return { [Symbol.asyncIterator]: () => ({ next: () => results.shift() }) };
}

/** A synchronous iterator that logs all reads of its results. */
function loggedSteps(values, log) {
  const left = [...values];
  const read = (name, value) => (log(`read ${name}`), value);
  return {
    [Symbol.iterator]: () => ({
      next: () => ({
        get done() {
          return read("done", left.length === 0);
        },
        get value() {
          return read("value", left.shift());
        },
      }),
      return: (value) => (log("return"), { done: true, value: value ?? query("closing") }),
    }),
  };
}

async function all(iterable) {
  const values = [];
  for await (const value of iterable) values.push(value);
  return values;
}

/** Entries between the ticks show in which microtask each of them is made. */
async function ticking(log, tasks) {
  let running = true;
  const tick = (count) => {
    if (running) queueMicrotask(() => (log(`tick ${count}`), tick(count + 1)));
  };
  tick(1);
  const results = await Promise.allSettled(tasks.map((task) => task()));
  running = false;
  return results.map(({ value, reason }) => (reason === undefined ? value : String(reason)));
}

/** A thenable that logs when it is asked, and settles as its name says. */
function asked(log, how) {
  // As an iterator's result it is one that goes on.
  const value = { done: false, value: how };
  const thenable = {
    then(resolve, reject) {
      log(`${how}: then is called, ${this === thenable}, ${arguments.length}`);
      leaf();
      if (how === "throws") throw new Error(how);
      if (how === "rejects") reject(new Error(how));
      else if (how === "later") queueMicrotask(() => resolve(value));
      else resolve(value);
    },
  };
  return thenable;
}

/** The same by a getter, which logs when it is read. */
function read(log, how) {
  const { then } = asked(log, how);
  return {
    get then() {
      log(`${how}: then is read`);
      if (how === "read throws") throw new Error(how);
      return how === "no then" ? undefined : then;
    },
  };
}

class Lazy extends Promise {
  then(resolve, reject) {
    leaf();
    return super.then(resolve, reject);
  }
}

/** A subclass's promise that logs how often its `constructor` is read. */
function loggedSubclass(log) {
  const lazy = Lazy.resolve("lazy");
  Object.defineProperty(lazy, "constructor", {
    get: () => (log("constructor is read"), Lazy),
  });
  return lazy;
}

function loggedNative(log) {
  const promise = Promise.resolve("native");
  Object.defineProperty(promise, "constructor", {
    get: () => (log("constructor is read"), Promise),
  });
  return promise;
}

const HOWS = ["now", "later", "throws", "rejects"];
/** How a function can hand a thenable to the engine. */
const WAYS = {
  awaited: awaits,
  returned: returns,
  "returned through a finally": returnsThroughFinally,
  "returned after an await": returnsAfterAwait,
  yielded: (thenable) => all(yields([thenable])),
  "yielded after an await": (thenable) => all(yieldsAfterAwait([thenable, thenable])),
  "awaited by a generator": (thenable) => all(awaitsBetween([thenable])),
  "returned by a generator": (thenable) => all(returnsLater(thenable)),
  iterated: (thenable) => iterates([thenable, 1, thenable]),
  "a step": (thenable) => iterates(stepsOf(thenable)),
  "a step of a delegate": (thenable) => all(delegates(stepsOf(thenable))),
  "delegated to": (thenable) => all(delegates([thenable, 1, thenable])),
};

const PROMISES = {
  "a subclass's promise": () => Lazy.resolve("lazy"),
  "a subclass's rejection": () => Lazy.reject(new Error("lazy")),
  "a subclass's promise whose constructor is a getter": loggedSubclass,
  "a native promise whose constructor is a getter": loggedNative,
  "a native promise": () => Promise.resolve("native"),
  "a native rejection": () => Promise.reject(new Error("native")),
  "a native promise with a then of its own": (log) =>
    Object.assign(Promise.resolve("native"), { then: (resolve) => (log("own then"), resolve(1)) }),
  "a plain object": () => ({ plain: 1 }),
};

/** Everything else is below one of these. */
const ROOTS = [
  ...["awaits", "returns", "returnsThroughFinally", "returnsAfterAwait", "iterates"],
  ...["yields", "yieldsAfterAwait", "awaitsBetween", "returnsLater", "delegates"],
];

const storage = new AsyncLocalStorage();

export const scenarios = {
  "a query that is awaited": {
    run: () => top(() => awaits(query("a"))),
    traces: [`top: top(awaits(driver leaf) ${S})`],
  },
  "queries whose class has a getter for it": {
    run: () =>
      top(async () => {
        for (let at = 0; at < 3; at++) await awaits(new Reading());
        await awaits(Object.create(new Reading()));
      }),
    traces: [`top: top(${"awaits(driver leaf) ".repeat(4)}${S})`],
  },
  "a query that is returned": {
    run: () => top(() => returns(query("a"))),
    traces: [`top: top(returns(driver) ${S})`],
  },
  "a query that an arrow function returns": {
    run: () => top(() => returnsAtOnce(query("a"))),
    traces: [`top: top(returnsAtOnce(driver) ${S})`],
  },
  "a query that is returned through a finally": {
    run: (log) => top(() => returnsThroughFinally(query("a"), log)),
    traces: [`top: top(returnsThroughFinally(leaf driver) ${S})`],
  },
  "a query that is returned after an await": {
    run: () => top(() => returnsAfterAwait(query("a"))),
    traces: [`top: top(returnsAfterAwait(driver) ${S})`],
  },
  "a query outside of any trace": {
    run: () => awaits(query("a")),
    traces: ["awaits: awaits(driver leaf)"],
  },
  "queries that a generator yields": {
    run: () => top(() => all(yields([query("a"), query("b"), "c"]))),
    traces: [`top: top(yields(driver driver) ${S})`],
  },
  "queries that a generator awaits at each step, and in its finally": {
    run: () => top(() => all(awaitsBetween([query("a"), query("b")]))),
    traces: [`top: top(awaitsBetween(driver driver driver leaf) ${S})`],
  },
  "a generator that is left waits for its finally": {
    run: () =>
      top(async () => {
        const steps = awaitsBetween([query("a"), query("b")]);
        return [await steps.next(), await steps.return("left")];
      }),
    traces: [`top: top(awaitsBetween(driver driver leaf) ${S})`],
  },
  "a query that a generator returns": {
    run: () =>
      top(async () => {
        const steps = returnsLater(query("a"));
        return [await steps.next(), await steps.next()];
      }),
    traces: [`top: top(returnsLater(driver) ${S})`],
  },
  "steps of a delegate that are thenables": {
    run: (log) => top(() => all(delegates(thenableSteps(["a"], log)))),
    traces: [`top: top(delegates(driver driver) ${S})`],
  },
  "a delegate's synchronous results hold queries": {
    run: (log) => top(() => all(delegates(loggedSteps([query("a"), "b"], log)))),
    traces: [`top: top(delegates(driver) ${S})`],
  },
  "for await over queries": {
    run: () => top(() => iterates([query("a"), query("b")])),
    traces: [`top: top(iterates(driver driver leaf) ${S})`],
  },
  "for await over steps that are thenables": {
    run: (log) => top(() => iterates(thenableSteps(["a"], log))),
    traces: [`top: top(iterates(driver driver leaf) ${S})`],
  },
  "for await reads each result once": {
    run: (log) => top(() => iterates(loggedSteps([query("a"), Promise.resolve("b"), "c"], log))),
    traces: [`top: top(iterates(driver leaf) ${S})`],
  },
  "for await that is left early awaits what return gives": {
    run: (log) => top(() => leavesEarly(loggedSteps([query("a"), "b"], log))),
    traces: [`top: top(leavesEarly(driver driver) ${S})`],
  },
  "a trace that is begun before": {
    run: () => top(() => awaits({ then: (resolve) => resolve(query("inner")) })),
    traces: [`top: top(awaits(driver leaf) ${S})`],
  },
  "a subclass of Promise with a then of its own": {
    run: () => top(() => awaits(Lazy.resolve("lazy"))),
    traces: [`top: top(awaits(leaf leaf) ${S})`],
  },
  "a subclass that is returned": {
    run: () => top(() => returns(Lazy.resolve("lazy"))),
    traces: [`top: top(returns(leaf) ${S})`],
  },
  "the program's own context is what it is without": {
    run: (log) =>
      top(() =>
        storage.run("outer", async () => {
          const asks = {
            then(resolve) {
              log(`store ${storage.getStore()}`);
              leaf();
              resolve("value");
            },
          };
          const inner = () => storage.run("inner", () => [awaits(asks), returns(asks)]);
          await Promise.all([...inner(), awaits(asks)]);
          return all(yields([asks]));
        }),
      ),
    traces: [`top: top(awaits(leaf leaf) returns(leaf) awaits(leaf leaf) yields(leaf) ${S})`],
  },
  "a thenable that changes in the finally": {
    run: (log) => {
      const changing = { then: (resolve) => (log("old"), resolve()) };
      const change = () => (changing.then = (resolve) => (log("new"), leaf(), resolve("new")));
      return top(() => returnsThroughFinally(changing, change));
    },
    traces: [`top: top(returnsThroughFinally(leaf leaf) ${S})`],
  },
  "a thenable that is none any more after the finally": {
    run: () => {
      const changing = { then: (resolve) => resolve("then"), kept: 1 };
      return top(() => returnsThroughFinally(changing, () => delete changing.then));
    },
    traces: [`top: top(returnsThroughFinally(leaf) ${S})`],
  },
  ...Object.fromEntries(
    Object.entries(WAYS).flatMap(([name, way]) => [
      [
        `microtasks of thenables: ${name}`,
        {
          run: (log) =>
            ticking(
              log,
              HOWS.map((how) => () => way(asked(log, how), log)),
            ),
          roots: ROOTS,
        },
      ],
      [
        `microtasks, and how often a then is read: ${name}`,
        {
          run: (log) => {
            const hows = [...HOWS, "no then", "read throws"];
            return ticking(
              log,
              hows.map((how) => () => way(read(log, how), log)),
            );
          },
          // What a getter gives is not known before the engine asks, and the function that returns it has ended by then.
          roots: name.startsWith("returned") ? [...ROOTS, "leaf"] : ROOTS,
        },
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(PROMISES).flatMap(([kind, make]) =>
      Object.entries(WAYS).map(([name, way]) => [
        `microtasks, and what is read of ${kind}: ${name}`,
        {
          run: (log) => ticking(log, [() => way(make(log), log)]),
          // Its `constructor` cannot be asked for without the program noticing.
          roots: make === loggedSubclass ? [...ROOTS, "leaf"] : ROOTS,
        },
      ]),
    ),
  ),
};
