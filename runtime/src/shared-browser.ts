// `shared.ts` for browsers and edge runtimes: the same names, and nothing is recorded. Code that is compiled for both sides runs.
// Invariant: needs nothing of Node, and no other module of the runtime that does.
import { passThrough } from "./inert.ts";
import type { Registry } from "./shared.ts";

const NO_TRACE = "00000000-0000-0000-0000-000000000000";

export const shared: Registry = {
  module: () => passThrough,
  startTrace: () => NO_TRACE,
  endTrace: () => {},
  finalizeAndSend: () => {},
  withTrace: (_nameOrOptions, task) => task(),
  currentSpan: () => undefined,
  currentTrace: () => undefined,
  track: (fn) => fn,
  trackLlm: (fn) => fn,
  configure: () => {},
  calculateCost: () => Promise.resolve(null),
  flush: () => Promise.resolve(true),
  shutdown: () => Promise.resolve(),
  stats: () => ({
    accepted: 0,
    recovered: 0,
    acked: 0,
    pending: 0,
    volatile: 0,
    dropped: {},
    memoryBytes: 0,
    diskBytes: 0,
    directory: undefined,
  }),
  withLambda: (handler) => handler,
};
