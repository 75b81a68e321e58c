// One registry per process → several copies of this package (ES and CommonJS, duplicate installs) act as one.
// Invariant: the copy that is loaded first serves all others, with all of its members; scripts, which cannot import, find it by the same symbol.
import { endTrace, finalizeAndSend, startTrace, withTrace } from "./traces.ts";
import { withLambda } from "./lambda.ts";
import { currentSpan, currentTrace, traceHeaders } from "./current.ts";
import { openRequest, requestOf, whenReturned } from "./requests.ts";
import { loadModule } from "./module.ts";
import { track, trackLlm } from "./track.ts";
import { flush, shutdown, stats } from "../tracing/outbox.ts";
import { calculateCost, configure } from "../tracing/tracer.ts";

/** What all copies take from the first one. */
export interface Registry {
  readonly module: typeof loadModule;
  readonly startTrace: typeof startTrace;
  readonly endTrace: typeof endTrace;
  readonly finalizeAndSend: typeof finalizeAndSend;
  readonly withTrace: typeof withTrace;
  readonly currentSpan: typeof currentSpan;
  readonly currentTrace: typeof currentTrace;
  readonly traceHeaders: typeof traceHeaders;
  readonly openRequest: typeof openRequest;
  readonly requestOf: typeof requestOf;
  readonly whenReturned: typeof whenReturned;
  readonly track: typeof track;
  readonly trackLlm: typeof trackLlm;
  readonly configure: typeof configure;
  readonly calculateCost: typeof calculateCost;
  readonly flush: typeof flush;
  readonly shutdown: typeof shutdown;
  readonly stats: typeof stats;
  readonly withLambda: typeof withLambda;
}

const KEY = Symbol.for("llmops-observability");

function claim(own: Registry): Registry {
  const realm = globalThis as unknown as Record<symbol, Registry | undefined>;
  const first = realm[KEY];
  if (first !== undefined) return first;
  Object.defineProperty(realm, KEY, { value: own });
  return own;
}

export const shared: Registry = claim({
  module: loadModule,
  startTrace,
  endTrace,
  finalizeAndSend,
  withTrace,
  currentSpan,
  currentTrace,
  traceHeaders,
  openRequest,
  requestOf,
  whenReturned,
  track,
  trackLlm,
  configure,
  calculateCost,
  flush,
  shutdown,
  stats,
  withLambda,
});
