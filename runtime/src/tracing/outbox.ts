// Finished traces → JSON text, once the price list is there if they need it → delivery.
// Invariant: nothing here throws, and each trace is handed over once.
import { runOutside } from "../context/context.ts";
import { createDelivery, type Delivery } from "../delivery/delivery.ts";
import { destinationsOf } from "../sinks/destination.ts";
import { type DeliveryStats, NO_STATS } from "../delivery/stats.ts";
import { encoding } from "../encode/current.ts";
import { loadPrices, pricesPending } from "../llm/pricing/cost.ts";
import { count, report } from "../platform/report.ts";
import { outcomesRead } from "../promises/pending.ts";
import { assembleTrace } from "./assemble.ts";
import { watchExit, watchSignals } from "./exit.ts";
import { abandonOpen } from "./open-traces.ts";
import { recording, settings } from "./settings.ts";
import type { Span } from "./span.ts";
import type { Trace } from "./trace.ts";

/** Made at the first trace after `configure`. */
let delivery: Delivery | undefined;
/** Hand over finished traces that wait for the price list. */
const waiting = new Set<() => void>();

export function delivering(): Delivery {
  if (delivery === undefined) {
    watchExit(() => {
      for (const accept of waiting) accept();
    });
    delivery = runOutside(() => createDelivery(settings(), destinationsOf(settings())));
    watchSignals(settings().handleSignals, flush);
  }
  return delivery;
}

/** The settings have changed. What was handed over before still goes out by the old ones. */
export function renewDelivery(): void {
  const previous = delivery;
  delivery = undefined;
  if (previous !== undefined) void previous.shutdown();
}

/**
 * Takes a finished trace with those of its spans that were not taken before.
 * @param late the trace itself was taken before
 */
export function post(trace: Trace<Span>, spans: readonly Span[], late: boolean): void {
  const accept = (): void => {
    if (waiting.delete(accept)) deliver(trace, spans, late);
  };
  waiting.add(accept);
  // The price list starts loading with the first generation: only a quick program waits for it.
  if (pricesPending() && spans.some(({ site }) => site.facts.llm === true))
    void loadPrices().then(accept);
  else accept();
}

function deliver(trace: Trace<Span>, spans: readonly Span[], late: boolean): void {
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
}

/**
 * Resolves to true when all that was finished is sent or, without a destination, is safe on disk.
 */
export async function flush(timeoutMs?: number): Promise<boolean> {
  await outcomesRead();
  if (waiting.size > 0) await loadPrices();
  return delivery === undefined ? true : delivery.flush(timeIn(timeoutMs));
}

/** Milliseconds. Anything but a number is counted, and gives the default. */
function timeIn(timeoutMs: unknown): number | undefined {
  if (typeof timeoutMs === "number" && !Number.isNaN(timeoutMs)) return timeoutMs;
  if (timeoutMs !== undefined) count("invalid_timeout");
  return undefined;
}

/** As `flush`, for at most `leftMs`. */
export function flushBefore(leftMs: number): Promise<boolean> {
  return flush(Math.max(0, Math.min(settings().sqs.shutdownTimeoutMs, leftMs)));
}

export async function shutdown(timeoutMs?: number): Promise<void> {
  await outcomesRead();
  abandonOpen();
  if (waiting.size > 0) await loadPrices();
  await delivery?.shutdown(timeIn(timeoutMs));
}

/** Since the last `configure`: accepted = acked + pending + dropped. */
export function stats(): DeliveryStats {
  return delivery?.stats() ?? NO_STATS;
}

/** Begins to take over what ended processes left, and loads what sending needs. Never rejects. */
export async function warm(): Promise<void> {
  try {
    if (settings().enabled) await delivering().warm();
  } catch (error) {
    report("internal_error", `Delivery could not be prepared: ${String(error)}`);
  }
}
