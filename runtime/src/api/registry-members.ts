// What a copy of this package offers → the type of all registries, also of one that records
// nothing.
import type { endTrace, finalizeAndSend, startTrace, withTrace } from "./traces.ts";
import type { withLambda } from "./lambda.ts";
import type { currentSpan, currentTrace, traceHeaders } from "./current.ts";
import type { openRequest, whenReturned } from "./requests.ts";
import type { loadModule } from "./module.ts";
import type { track, trackLlm } from "./track.ts";
import type { flush, shutdown, stats } from "../tracing/outbox.ts";
import type { calculateCost, configure } from "../tracing/tracer.ts";

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
