// Storages of the program's own beside ours: what it enters, leaves or disables inside of a tracked function stays as it would be without.
import { AsyncLocalStorage } from "node:async_hooks";
import { leaf, step, turn } from "./support.js";

const user = new AsyncLocalStorage();
const request = new AsyncLocalStorage();

/** @track */
function entersForItsCaller(value) {
  user.enterWith(value);
  leaf();
}

/** @track */
async function entersBeforeAndAfter(value) {
  user.enterWith(`${value}, before`);
  leaf();
  await null;
  const before = user.getStore();
  user.enterWith(`${value}, after`);
  await step();
  return [before, user.getStore()];
}

/** @track */
async function waits(log, until) {
  log(user.getStore());
  await until;
  log(user.getStore());
  leaf();
}

/** @track */
function* yieldsIn(value) {
  user.enterWith(value);
  yield user.getStore();
  leaf();
  yield user.getStore();
}

/** @track */
async function* yieldsLater(log) {
  for (let at = 0; at < 3; at++) {
    log(user.getStore());
    leaf();
    yield at;
  }
  await null;
  log(user.getStore());
  yield "awaited";
  leaf();
  user.enterWith("inside");
  yield "entered";
  log(user.getStore());
  leaf();
}

/** @track */
function disables(log) {
  request.disable();
  log(request.getStore());
  leaf();
}

/** @track */
async function disabledMeanwhile(log) {
  log(request.getStore());
  await null;
  log(request.getStore());
  leaf();
}

/** @track */
function outer(task) {
  return task();
}

export const scenarios = {
  "entered inside, current for the caller": {
    run(log) {
      outer(() => {
        entersForItsCaller("ada");
        log(user.getStore());
        leaf();
      });
      log(user.getStore());
      user.enterWith(undefined);
    },
    traces: ["outer: outer(entersForItsCaller(leaf) leaf)"],
  },
  "entered before an await and after": {
    async run(log) {
      const inside = await outer(async () => {
        const promise = entersBeforeAndAfter("bob");
        log(user.getStore());
        leaf();
        return [await promise, user.getStore()];
      });
      log(inside);
    },
    traces: ["outer: outer(entersBeforeAndAfter(leaf step(leaf)) leaf)"],
  },
  "run around a tracked function": {
    async run(log) {
      await user.run("eve", () => waits(log, turn()));
      log(user.getStore());
      await user.run("mal", () => user.exit(() => waits(log, null)));
    },
    traces: ["waits: waits(leaf)", "waits: waits(leaf)"],
  },
  "entered in a generator": {
    run(log) {
      outer(() => {
        const values = yieldsIn("carol");
        log(values.next());
        log(user.getStore());
        user.enterWith("consumer");
        log(values.next());
        log(user.getStore());
        log(values.next());
        leaf();
      });
      user.enterWith(undefined);
    },
    traces: ["outer: outer(yieldsIn(leaf) leaf)"],
  },
  "entered between the steps of an asynchronous generator": {
    run: (log) =>
      outer(async () => {
        const steps = yieldsLater(log);
        for (const store of ["a", "a", "b", undefined, "c", "d", "e"]) {
          if (store !== user.getStore()) user.enterWith(store);
          log(await steps.next());
          log(user.getStore());
        }
        leaf();
      }),
    traces: ["outer: outer(yieldsLater(leaf leaf leaf leaf leaf) leaf)"],
  },
  "steps of an asynchronous generator, each asked for in a storage of its own": {
    run: (log) =>
      outer(async () => {
        const steps = yieldsLater(log);
        for (const store of ["a", "b", "b", "c", "d", "e"])
          log(await user.run(store, () => steps.next()));
        leaf();
      }),
    traces: ["outer: outer(yieldsLater(leaf leaf leaf leaf leaf) leaf)"],
  },
  "disabled inside": {
    run(log) {
      request.run("r1", () =>
        outer(() => {
          disables(log);
          log(request.getStore());
          leaf();
        }),
      );
      log(request.getStore());
    },
    traces: ["outer: outer(disables(leaf) leaf)"],
  },
  "disabled by the caller while it waits": {
    async run(log) {
      await request.run("r2", () =>
        outer(async () => {
          const promise = disabledMeanwhile(log);
          request.disable();
          await promise;
          log(request.getStore());
          leaf();
        }),
      );
    },
    traces: ["outer: outer(disabledMeanwhile(leaf) leaf)"],
  },
};
