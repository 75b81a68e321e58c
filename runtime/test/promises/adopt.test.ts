// What we put in an `await`'s place: V8 asks it, and the thenable, for no more than without us.
import { expect, onTestFinished, test } from "vitest";
import { adopted, returnable } from "../../src/promises/adopt.ts";

const prototype: object = Promise.prototype;
/** Awaiting it takes a microtask and asks no promise. */
const nothing: unknown = undefined;

interface Asked {
  readonly thens: number;
  readonly constructors: number;
  readonly ticks: number;
  readonly value: unknown;
}

/** Awaits a thenable where the program has put an accessor in `Promise.prototype.constructor`'s place. */
async function askedOnce(put: (thenable: object) => unknown): Promise<Asked> {
  const original = Object.getOwnPropertyDescriptor(prototype, "constructor") as object;
  onTestFinished(() => void Reflect.defineProperty(prototype, "constructor", original));
  let [thens, constructors, ticks] = [0, 0, 0];
  const thenable = {
    // oxlint-disable-next-line unicorn/no-thenable -- the subject
    get then() {
      thens++;
      return (resolve: (value: string) => void) => resolve("value");
    },
  };
  const state = { done: false };
  const wait = async (): Promise<unknown> => {
    try {
      return await put(thenable);
    } finally {
      state.done = true;
    }
  };
  Reflect.defineProperty(prototype, "constructor", {
    configurable: true,
    get() {
      constructors++;
      return Promise;
    },
  });
  const waiting = wait();
  for (; !state.done && ticks < 20; ticks++) await nothing;
  const counted = { thens, constructors, ticks };
  Reflect.defineProperty(prototype, "constructor", original);
  return { ...counted, value: await waiting };
}

/** The quietest of some runs: the test runner has promises of its own. */
async function asked(put: (thenable: object) => unknown): Promise<Asked> {
  const runs: Asked[] = [];
  for (let run = 0; run < 10; run++) runs.push(await askedOnce(put));
  return runs.reduce((least, one) => (one.constructors < least.constructors ? one : least));
}

test("an awaited thenable: the same reads, the same ticks, the same value", async () => {
  const bare = await asked((thenable) => thenable);
  expect(bare.value).toBe("value");
  expect(await asked(adopted)).toEqual(bare);
});

test("a returned one likewise, its `then` called where it is to run", async () => {
  const bare = await asked(async (thenable) => thenable);
  const calls: unknown[] = [];
  const run = (call: () => unknown): unknown => {
    calls.push("run");
    return call();
  };
  const ours = await asked(async (thenable) => returnable(thenable, run));
  expect(ours).toEqual(bare);
});

test("what is no thenable, and plain promises, stay what they are", () => {
  const promise = Promise.resolve(1);
  for (const value of [undefined, null, 7, "text", promise]) {
    expect(adopted(value)).toBe(value);
    expect(returnable(value, (call) => call())).toBe(value);
  }
});
