// `registry.ts` without Node's modules, for browsers and edge runtimes → nothing is recorded.
// Invariant: neither this file nor any that it imports needs something of Node.
import { NO_STATS } from "../delivery/stats.ts";
import { NO_TRACE, passThrough } from "./noop.ts";
import type { Registry } from "./registry-members.ts";

export const shared: Registry = {
  module: () => passThrough,
  startTrace: () => NO_TRACE,
  endTrace: () => {},
  finalizeAndSend: () => {},
  withTrace: (_nameOrOptions, task) => task(),
  currentSpan: () => undefined,
  currentTrace: () => undefined,
  traceHeaders: () => ({}),
  openRequest: () => undefined,
  whenReturned: (_listener, returned) => returned,
  track: (fn) => fn,
  trackLlm: (fn) => fn,
  configure: () => {},
  calculateCost: () => Promise.resolve(null),
  flush: () => Promise.resolve(true),
  shutdown: () => Promise.resolve(),
  stats: () => NO_STATS,
  withLambda: (handler) => handler,
};
