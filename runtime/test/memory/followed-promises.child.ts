// `node --expose-gc followed-promises.child.ts KIND` → prints the heap bytes that each of 30,000
// followed promises leaves behind.
import { setImmediate as turn } from "node:timers/promises";
import { follow } from "../../src/promises/follow.ts";

const PROMISES = 30_000;
const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
  "never settled": () => new Promise(() => {}),
  settled: () => Promise.resolve(1),
  "settled later": async () => {
    await Promise.resolve();
    return 1;
  },
  "rejected and handled": () => {
    const promise = Promise.reject(new Error("refused"));
    promise.catch(() => {});
    return promise;
  },
};

async function heapAfter(made: () => Promise<unknown>, promises: number): Promise<number> {
  for (let done = 0; done < promises; done++) {
    follow(made(), { settled() {} });
    if (done % 1000 !== 0) continue;
    await turn();
    // Tables grow with what waits for a collection: left to itself it comes sooner or later, and a
    // table doubles in one round or the other.
    gc?.();
  }
  // Outcomes are read in turns; what was collected is told in another.
  for (let count = 0; count < 10; count++) {
    await turn();
    gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const made = kinds[process.argv[2] ?? ""];
if (made === undefined || gc === undefined) throw new Error("KIND and --expose-gc");
// The tables of a first round keep the size that they grew to.
const before = await heapAfter(made, PROMISES);
const after = await heapAfter(made, PROMISES);
process.stdout.write(String(Math.round((after - before) / PROMISES)));
