// Copies of this package in a process (ES, CommonJS, duplicate installs) → one registry for all.
// Invariant: the first copy serves the others with all of its members. Scripts, which cannot
// import, find it by the same symbol.
import { endTrace, finalizeAndSend, startTrace, withTrace } from "./traces.ts";
import { shared as unrecorded } from "./registry.browser.ts";
import type { Registry } from "./registry-members.ts";
import { withLambda } from "./lambda.ts";
import { currentSpan, currentTrace, traceHeaders } from "./current.ts";
import { openRequest, whenReturned } from "./requests.ts";
import { loadModule } from "./module.ts";
import { track, trackLlm } from "./track.ts";
import { hasContext } from "../context/context.ts";
import { isNode } from "../platform/node.ts";
import { report } from "../platform/report.ts";
import { flush, shutdown, stats } from "../tracing/outbox.ts";
import { calculateCost, configure } from "../tracing/tracer.ts";

const KEY = Symbol.for("llmops-observability");

function claim(own: Registry): Registry {
  const realm = globalThis as unknown as Record<symbol, Registry | undefined>;
  const first = realm[KEY];
  if (first !== undefined) return first;
  Object.defineProperty(realm, KEY, { value: own });
  return own;
}

/** Where the platform lacks what recording needs, programs run unrecorded. */
function recorder(own: Registry): Registry {
  if (isNode() && hasContext) return own;
  report(
    "unsupported",
    "Nothing is recorded here: `process`, `node:util` or `AsyncLocalStorage` is missing.",
  );
  return unrecorded;
}

export const shared: Registry = claim(
  recorder({
    module: loadModule,
    startTrace,
    endTrace,
    finalizeAndSend,
    withTrace,
    currentSpan,
    currentTrace,
    traceHeaders,
    openRequest,
    whenReturned,
    track,
    trackLlm,
    configure,
    calculateCost,
    flush,
    shutdown,
    stats,
    withLambda,
  }),
);
