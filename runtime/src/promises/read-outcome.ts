// Promises that have settled → their values and reasons, each told once.
// Invariant: reading leaves a rejection handled or unhandled, and runs none of the program's code.
import { inspectPromises } from "./inspect-promise.ts";
import { attach, isUntouched } from "./native-promise.ts";

export interface Settled {
  /** Undefined once its outcome was told. */
  readonly promise: Promise<unknown> | undefined;
  /** An attachment of ours would be noticed. */
  readonly delicate: boolean;
  tell(rejected: boolean, value: unknown): void;
}

/** Reads all within this turn: by `await`, and through the inspector where we may not attach. */
export async function readOutcomes(settled: readonly Settled[]): Promise<void> {
  inspectOutcomes(settled.filter(({ delicate }) => delicate));
  // One after the other: a `then` for each would make two closures and another promise.
  for (const one of settled) {
    const { promise } = one;
    // Read already: the program has attached to it meanwhile.
    if (promise === undefined) continue;
    if (!isUntouched(promise)) {
      if (!readByThen(promise, one)) inspectOutcomes([one]);
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
    one.tell(rejected, value);
  }
}

/** Reads them before it returns, for a process that ends. */
export function inspectOutcomes(settled: readonly Settled[]): void {
  const untold = settled.filter(({ promise }) => promise !== undefined);
  if (untold.length === 0) return;
  const promises = untold.map(({ promise }) => promise as Promise<unknown>);
  inspectPromises(promises).forEach(({ state, value }, at) =>
    untold[at]?.tell(state === "rejected", value),
  );
}

/** False where it cannot attach. */
export function readByThen(promise: Promise<unknown>, one: Settled): boolean {
  return attach(
    promise,
    (value) => one.tell(false, value),
    (reason) => one.tell(true, reason),
  );
}
