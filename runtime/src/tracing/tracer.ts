// Settings, context and delivery of this process → begins traces and spans, and hands finished traces to delivery.
// Invariant: nothing here throws into the program except `configure` for its own arguments; what is lost is counted.
import { assembleTrace } from "./assemble.ts";
import { after, cancel, monotonicNow, random, type Timer } from "../platform/clock.ts";
import { isOutside, runOutside } from "../context/context.ts";
import { type DeliveryStats, NO_STATS } from "../delivery/stats.ts";
import { createDelivery, type Delivery } from "../delivery/delivery.ts";
import { os } from "../platform/node.ts";
import { createEncoder } from "../encode/encoder.ts";
import {
  type ConfigureOptions,
  type Options,
  readDotenv,
  resolveOptions,
} from "../config/options.ts";
import { outcomesPending, outcomesRead, readOutcomesNow } from "../promises/follow.ts";
import {
  type Cost,
  type CostRequest,
  costOfRequest,
  loadPrices,
  pricesPending,
} from "../llm/pricing/cost.ts";
import { encoding } from "../encode/current.ts";
import { count, report, setDebug } from "../platform/report.ts";
import { onSignals } from "../platform/signals.ts";
import type { Site } from "../abi.ts";
import { currentPlace } from "./place.ts";
import { recording } from "./settings.ts";
import { Span } from "./span.ts";
import type { RemoteParent } from "./trace-parent.ts";
import { Trace, type TraceHost, type TraceOptions } from "./trace.ts";

let explicit: ConfigureOptions = {};
let options: Options | undefined;
let delivery: Delivery | undefined;
/** Traces that were started and not yet handed to delivery. */
const open = new Set<Trace<Span>>();
/** Finished traces that wait for the price list. */
const waiting = new Set<() => void>();

/** Options as they stand; the environment is read at the first call. */
function settings(): Options {
  if (options === undefined)
    runOutside(() => apply(resolveOptions(explicit, process.env, readDotenv())));
  return options as Options;
}

function apply({ options: resolved, warnings }: ReturnType<typeof resolveOptions>): void {
  options = resolved;
  setDebug(resolved.debug);
  for (const warning of warnings) report(`environment: ${warning}`, warning);
  recording.enabled = resolved.enabled;
  recording.keepErrors = resolved.keepErrors;
  encoding.encoder = createEncoder(resolved.redact);
  encoding.limits = resolved.limits;
  recording.limits = resolved.limits;
}

/** @throws {ConfigError} for unknown keys and invalid values */
export function configure(changes: ConfigureOptions): void {
  const merged = merge(explicit, changes);
  const resolved = resolveOptions(merged, process.env, readDotenv());
  explicit = merged;
  apply(resolved);
  const previous = delivery;
  delivery = undefined;
  if (previous !== undefined) void previous.shutdown();
  cancel(expiry);
  expire();
}

/** Later calls add to earlier ones; sections are merged key by key. */
function merge(earlier: ConfigureOptions, later: ConfigureOptions): ConfigureOptions {
  if (!isObject(later)) return later;
  const merged: Record<string, unknown> = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const known = merged[key];
    merged[key] =
      isSection(key) && isObject(value) && isObject(known)
        ? Object.assign({}, known, value)
        : value;
  }
  if (later.sink !== undefined) delete merged["sinks"];
  if (later.sinks !== undefined) delete merged["sink"];
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isSection(key: string): boolean {
  return key === "sqs" || key === "langfuse" || key === "limits" || key === "redact";
}

function delivering(): Delivery {
  if (delivery === undefined) {
    watchExit();
    delivery = runOutside(() => createDelivery(settings()));
    watchSignals(settings().handleSignals);
  }
  return delivery;
}

const host: TraceHost<Span> = {
  get graceMs() {
    return settings().graceMs;
  },
  finished(trace, spans, late) {
    open.delete(trace);
    if (!trace.sampled && !(trace.failed && settings().keepErrors)) {
      count("sampled_out");
      return;
    }
    const accept = (): void => {
      if (!waiting.delete(accept)) return;
      if (spans.length === 0 && recording.modules === 0) {
        report(
          "not_compiled",
          "A trace without spans: no instrumented module is loaded. Was the program built with the plugin (tspc, not tsc)?",
        );
      }
      try {
        runOutside(() =>
          delivering().accept({
            traceId: trace.id,
            json: assembleTrace(trace, spans, late, encoding.encoder, settings()),
          }),
        );
      } catch (error) {
        report("internal_error", `A trace could not be recorded: ${String(error)}`);
      }
    };
    waiting.add(accept);
    // The price list starts loading with the first generation; only a program quicker than that waits for it.
    if (pricesPending() && spans.some(({ site }) => site.facts.llm === true))
      void loadPrices().then(accept);
    else accept();
  },
  late(trace) {
    open.add(trace);
  },
};

/** One for all: a timer of its own would hold each trace for its whole time to live. */
let expiry: Timer | undefined;

/** Ends the traces that are too old, and comes back for the next one. */
function expire(): void {
  expiry = undefined;
  const { openTraceTtlMs } = settings();
  for (const trace of open) {
    const left = trace.startedMono + openTraceTtlMs - monotonicNow();
    if (left > 0) {
      expiry = after(left, expire);
      return;
    }
    trace.abandon();
  }
}

let hostname: string | undefined;

/** The name of the traces of a service's requests: never the Host header, which the client writes. */
export function serverName(service: string | undefined): string {
  hostname ??= os().hostname();
  return `${service ?? settings().projectId}_${hostname}`;
}

/** Begins a trace at a place; undefined where recording is off. */
export function beginTrace(
  traceOptions: TraceOptions,
  startedAt: Span | Trace<Span> | undefined,
  automatic: boolean,
  remote?: RemoteParent,
): Trace<Span> | undefined {
  const { enabled, sampleRate, openTraceTtlMs } = settings();
  if (!enabled || isOutside()) return undefined;
  delivering();
  const sampled = sampleRate >= 1 || random() < sampleRate;
  const trace = new Trace(host, traceOptions, startedAt, automatic, sampled, remote);
  open.add(trace);
  expiry ??= after(openTraceTtlMs, expire);
  return trace;
}

/** Has no element of its own: one that it shows is a prototype's, whose setter would get what our arrays are filled with. */
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
  if (0 in EMPTY) {
    count("prototype_has_elements");
    return undefined;
  }
  const place = currentPlace();
  if (place === undefined && (isOutside() || !settings().autoTrace)) return undefined;
  const trace = place?.trace ?? beginTrace({ name: site.facts.name }, undefined, true);
  if (trace === undefined) return undefined;
  if (site.facts.llm === true) void loadPrices();
  const span = new Span(site, trace, place?.span, started ?? monotonicNow());
  // A trace that is full counts what it leaves out; the run goes on in its caller's span.
  if (span.number === 0) return undefined;
  span.enter(values, self, leaf);
  return span;
}

/** The cost of a call by the prices in force; see `index.ts`. */
export function calculateCost(request: CostRequest): Promise<Cost | null> {
  return costOfRequest(request, settings().prices);
}

/** Resolves to true when everything finished so far was sent, or is safe on disk where there is no destination. */
export async function flush(timeoutMs?: number): Promise<boolean> {
  await outcomesRead();
  if (waiting.size > 0) await loadPrices();
  return delivery === undefined ? true : delivery.flush(timeoutMs);
}

export async function shutdown(timeoutMs?: number): Promise<void> {
  await outcomesRead();
  abandonOpen();
  if (waiting.size > 0) await loadPrices();
  await delivery?.shutdown(timeoutMs);
}

/** What happened to the traces since the last `configure`: accepted = acked + pending + dropped. */
export function stats(): DeliveryStats {
  return delivery?.stats() ?? NO_STATS;
}

/** As `flush`, for at most `leftMs`. */
export function flushBefore(leftMs: number): Promise<boolean> {
  return flush(Math.max(0, Math.min(settings().sqs.shutdownTimeoutMs, leftMs)));
}

/** Begins to take over what ended processes left, and loads what sending needs. Never rejects. */
export async function warm(): Promise<void> {
  try {
    if (settings().enabled) await delivering().warm();
  } catch (error) {
    report("internal_error", `Delivery could not be prepared: ${String(error)}`);
  }
}

let ignoreSignals: (() => void) | undefined;

function watchSignals(wanted: boolean): void {
  ignoreSignals?.();
  ignoreSignals = wanted
    ? onSignals((last) => {
        if (last) abandonOpen();
        return flush();
      })
    : undefined;
}

let watching = false;

/** Before delivery's own listeners: what it flushes at the exit includes the traces that are still open. */
function watchExit(): void {
  if (watching) return;
  watching = true;
  process.on("beforeExit", () => {
    // Reading outcomes takes another turn of the loop, after which this event comes again.
    if (outcomesPending()) void outcomesRead().then(abandonOpen);
    else abandonOpen();
  });
  process.on("exit", () => {
    readOutcomesNow();
    abandonOpen();
    for (const accept of waiting) accept();
  });
}

function abandonOpen(): void {
  for (const trace of open) trace.abandon();
}
