// What scenarios share: a tracked leaf of a tree, a tracked asynchronous one, ways to wait.
import { setImmediate as turn } from "node:timers/promises";

const nothing = () => {};

/** @track */
export function probe() {
  nothing();
}

/** @track name=leaf */
export function leaf() {
  return 1;
}

/** @track name=step */
export async function step() {
  await null;
  leaf();
}

export { turn };

/** A promise with its ends. */
export function gate() {
  let open;
  let fail;
  const promise = new Promise((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
