// Parents across everything that goes on at the same time or later.
import { AsyncResource } from "node:async_hooks";
import { EventEmitter, on, once } from "node:events";
import { readFile } from "node:fs";
import { readFile as readFileLater } from "node:fs/promises";
import { promisify } from "node:util";
import { gate, leaf, step, turn } from "./support.js";

/** @track capture */
async function branch(name, wait = 1) {
  for (let round = 0; round < wait; round++) await null;
  await step();
  return name;
}

async function untracked(task) {
  await turn();
  const result = await task();
  await null;
  return result;
}

/** @track */
async function fails(when) {
  if (when === "at once") throw new Error(when);
  await null;
  leaf();
  throw new Error(when);
}

/** @track */
async function all() {
  const names = await Promise.all([branch("a", 3), branch("b", 1), branch("c", 2)]);
  leaf();
  return names;
}

/** @track */
async function race() {
  const never = new Promise(() => {});
  const first = await Promise.race([never, branch("slow", 5), branch("fast")]);
  await step();
  return first;
}

/** @track */
async function between() {
  return Promise.all([untracked(() => branch("a")), untracked(() => untracked(() => branch("b")))]);
}

/** @track */
async function rejections(log) {
  try {
    await fails("at once");
  } catch (error) {
    log(error.message);
    await step();
  }
  try {
    await fails("later");
  } finally {
    leaf();
  }
}

/** @track */
async function settledAll() {
  const settled = await Promise.allSettled([fails("at once"), branch("a"), fails("later")]);
  leaf();
  return settled.map(({ status }) => status);
}

/** @track */
async function uncaughtInside() {
  leaf();
  await fails("later");
  leaf();
}

/** @track */
function throws(depth) {
  leaf();
  if (depth === 0) throw new Error("deep");
  throws(depth - 1);
}

/** @track */
function catches(log) {
  try {
    throws(2);
  } catch (error) {
    log(error.message);
  }
  leaf();
}

/** @track */
async function emitters() {
  const emitter = new EventEmitter();
  emitter.on("now", leaf);
  emitter.on("bound", AsyncResource.bind(leaf));
  listens(emitter);
  emitter.emit("now");
  const soon = once(emitter, "later");
  setImmediate(() => emitter.emit("later"));
  await soon;
  await step();
  setImmediate(() => (emitter.emit("item", 1), emitter.emit("item", 2)));
  for await (const [item] of on(emitter, "item")) {
    leaf();
    if (item === 2) break;
  }
  leaf();
  emitter.emit("bound");
}

/** Its listener runs in whoever emits. */
/** @track */
function listens(emitter) {
  emitter.on("now", step);
}

/** @track */
async function schedulers() {
  const { promise, open } = gate();
  let left = 6;
  const done = () => {
    leaf();
    if (--left === 0) open();
  };
  setTimeout(done, 1);
  setImmediate(done);
  queueMicrotask(done);
  process.nextTick(done);
  Promise.resolve().then(done);
  let times = 0;
  const interval = setInterval(() => {
    if (++times < 2) return leaf();
    clearInterval(interval);
    done();
  }, 1);
  // After the scheduling, before anything scheduled: a sibling that must get none of it.
  await step();
  await promise;
}

/** @track */
async function callbacks() {
  await new Promise((resolve) => readFile(new URL(import.meta.url), () => resolve(leaf())));
  await readFileLater(new URL(import.meta.url)).then(leaf);
  await promisify((callback) => process.nextTick(() => callback(null, leaf())))();
  return new Promise((resolve) => setImmediate(() => resolve(branch("last"))));
}

/** @track */
async function binds(log) {
  const resource = new AsyncResource("bound");
  const bound = AsyncResource.bind((x) => (leaf(), x));
  return { resource, bound, log };
}

/** @track */
async function runsBound() {
  const { resource, bound, log } = await binds(() => {});
  log("x");
  await elsewhere(() => bound(1));
  await elsewhere(() => resource.runInAsyncScope(leaf));
  leaf();
}

/** @track */
async function elsewhere(task) {
  await null;
  return task();
}

/** @track */
function handsOn(name) {
  leaf();
  return branch(name);
}

/** @track */
async function recursion(depth) {
  if (depth > 0) await Promise.all([recursion(depth - 1), recursion(depth - 1)]);
}

/** @track */
async function chains() {
  await Promise.resolve(1)
    .then(() => step())
    .then(() => Promise.reject(new Error("x")))
    .catch(() => branch("caught"))
    .finally(() => leaf());
}

/** Ends in the same turn as its caller goes on. */
/** @track */
async function quick() {
  return leaf();
}

/** @track */
async function mixed() {
  const first = quick();
  leaf();
  const second = branch("b");
  leaf();
  await first;
  leaf();
  await second;
}

class Service {
  #client = { get: async (key) => (await step(), key) };
  /** @track self */
  async fetch(key) {
    const value = await this.#client.get(key);
    return this.again(value);
  }
  /** @track */
  again = async (value) => {
    await null;
    leaf();
    return value;
  };
}

const step_ = "step(leaf)";

export const scenarios = {
  "siblings in Promise.all": {
    run: all,
    traces: [
      `all: all(branch(${step_}) branch(${step_}) branch(${step_}) leaf)`.replaceAll("  ", " "),
    ],
  },
  "a race, its losers and what comes after": {
    run: async () => {
      const first = await race();
      await turn();
      return first;
    },
    traces: [`race: race(branch(${step_}) branch(${step_}) ${step_})`],
  },
  "untracked async functions in between": {
    run: between,
    traces: [`between: between(branch(${step_}) branch(${step_}))`],
  },
  "rejections, caught and not": {
    run: rejections,
    traces: [`rejections: rejections!(fails! ${step_} fails!(leaf) leaf)`],
  },
  "Promise.allSettled with rejections": {
    run: settledAll,
    traces: [`settledAll: settledAll(fails! branch(${step_}) fails!(leaf) leaf)`],
  },
  "a rejection that nobody inside catches": {
    run: uncaughtInside,
    traces: ["uncaughtInside: uncaughtInside!(leaf fails!(leaf))"],
  },
  "throws through several tracked functions": {
    run: async (log) => catches(log),
    traces: ["catches: catches(throws!(leaf throws!(leaf throws!(leaf))) leaf)"],
  },
  "event emitters": {
    run: emitters,
    traces: [`emitters: emitters(listens leaf ${step_} ${step_} leaf leaf leaf leaf)`],
  },
  "timers, nextTick, microtasks, immediates": {
    run: schedulers,
    traces: [`schedulers: schedulers(step(leaf) leaf leaf leaf leaf leaf leaf leaf)`],
  },
  "callbacks of the file system": {
    run: callbacks,
    traces: [`callbacks: callbacks(leaf leaf leaf branch(${step_}))`],
  },
  "AsyncResource.bind and runInAsyncScope": {
    run: runsBound,
    traces: ["runsBound: runsBound(binds(leaf leaf) elsewhere elsewhere leaf)"],
  },
  "a promise handed on": {
    run: () => handsOn("x"),
    traces: [`handsOn: handsOn(leaf branch(${step_}))`],
  },
  "recursion in parallel": {
    run: () => recursion(2),
    traces: ["recursion: recursion(recursion(recursion recursion) recursion(recursion recursion))"],
  },
  "then, catch, finally": {
    run: chains,
    traces: [`chains: chains(${step_} branch(${step_}) leaf)`],
  },
  "calls that end at once beside calls that do not": {
    run: mixed,
    traces: [`mixed: mixed(quick(leaf) leaf branch(${step_}) leaf leaf)`],
  },
  "methods and class fields": {
    run: () => new Service().fetch("k"),
    traces: [`Service.fetch: Service.fetch(${step_} Service.again(leaf))`],
  },
  "calls side by side outside of any trace": {
    run: () => Promise.all([branch("a", 2), branch("b")]),
    traces: [`branch: branch(${step_})`, `branch: branch(${step_})`],
  },
};
