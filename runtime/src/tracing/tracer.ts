// A call, the place it is made in and the settings in force → a trace that begins, a span in it.
// Invariant: `configure` alone throws, for its own arguments; what is left out is counted.
import type { Site } from "../abi.ts";
import type { ConfigureOptions } from "../config/options.ts";
import { isOutside } from "../context/context.ts";
import { type Cost, type CostRequest, costOfRequest } from "../llm/pricing/cost.ts";
import { monotonicNow, random } from "../platform/clock.ts";
import { count, report } from "../platform/report.ts";
import { addOpen, expireOpen, findRoom, removeOpen } from "./open-traces.ts";
import { delivering, post, renewDelivery } from "./outbox.ts";
import { currentPlace } from "./place.ts";
import { startPropagation } from "./propagation.ts";
import { changeSettings, recording, settings } from "./settings.ts";
import { Span } from "./span.ts";
import type { RemoteParent } from "./trace-parent.ts";
import { Trace, type TraceHost, type TraceOptions } from "./trace.ts";

startPropagation();

/** @throws {ConfigError} for unknown keys and invalid values */
export function configure(changes: ConfigureOptions): void {
  changeSettings(changes);
  renewDelivery();
  expireOpen();
}

const host: TraceHost<Span> = {
  get graceMs() {
    return settings().graceMs;
  },
  finish(trace, spans, late) {
    removeOpen(trace);
    if (trace.sampled || (trace.failed && settings().keepErrors)) post(trace, spans, late);
    else count("sampled_out");
  },
  keepOpen: addOpen,
};

/** Begins a trace at a place; undefined where recording is off. */
export function beginTrace(
  options: TraceOptions,
  startedAt: Span | Trace<Span> | undefined,
  automatic: boolean,
  remote?: RemoteParent,
): Trace<Span> | undefined {
  const { enabled, sampleRate } = settings();
  if (!enabled || isOutside()) return undefined;
  // Without room no trace is begun but those that the program begins, and holds, itself.
  if (automatic && !findRoom()) return undefined;
  try {
    delivering();
    const sampled = sampleRate >= 1 || random() < sampleRate;
    return new Trace(host, options, startedAt, automatic, sampled, remote);
  } catch (error) {
    // A Node that was built without one of its modules.
    report("cannot_begin", `Traces cannot begin, and nothing is recorded: ${String(error)}`);
    return undefined;
  }
}

/**
 * An element that it shows is a prototype's: that one's setter would get the values of our arrays.
 */
const EMPTY: readonly unknown[] = [];

/** Enters a tracked function. Undefined where its run is not recorded. */
export function enterSpan(
  site: Site,
  values: unknown[],
  self: unknown,
  leaf: boolean,
  started?: number,
): Span | undefined {
  if (!(recording.enabled ?? settings().enabled)) return undefined;
  if (0 in EMPTY) return prototypeHasElements();
  const place = currentPlace();
  const trace = place === undefined ? traceOf(site) : place.trace;
  // Of one that is full, the run goes on in its caller's span.
  if (trace?.admits() !== true) return undefined;
  const span = new Span(site, trace, place?.span, started ?? monotonicNow());
  span.enter(values, self, leaf);
  return span;
}

/** Begins one for a run outside of any trace. */
function traceOf({ facts }: Site): Trace<Span> | undefined {
  if (isOutside() || !settings().autoTrace) return undefined;
  return beginTrace({ name: facts.name }, undefined, true);
}

function prototypeHasElements(): undefined {
  count("prototype_has_elements");
}

/** The cost of a call by the prices in force; see `index.ts`. */
export async function calculateCost(request: CostRequest): Promise<Cost | null> {
  try {
    return await costOfRequest(request, settings().prices);
  } catch {
    // A getter or a trap of the program's.
    count("invalid_cost_request");
    return null;
  }
}
