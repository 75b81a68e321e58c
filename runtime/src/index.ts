// The public API of `llmops-observability`.
import { shared } from "./api/registry.ts";
import type { CurrentSpan, CurrentTrace } from "./api/current.ts";
import type { DeliveryStats } from "./delivery/stats.ts";
import type { ConfigureOptions } from "./config/options.ts";
import type { Cost, CostRequest } from "./llm/pricing/cost.ts";
import type { TraceOptions, TraceResult } from "./tracing/trace.ts";
import type { TrackLlmOptions, TrackOptions } from "./api/track-site.ts";

export type { CurrentSpan, CurrentTrace } from "./api/current.ts";
export type { Level, Score, SpanUpdate, TraceUpdate } from "./tracing/updates.ts";
export type { ConfigureOptions } from "./config/options.ts";
export { ConfigError } from "./config/config-error.ts";
export type { OwnPrice, OwnPrices } from "./config/prices.ts";
export type { Cost, CostRequest } from "./llm/pricing/cost.ts";
export type { DeliveryStats } from "./delivery/stats.ts";
export type { Entry, Outcome, Pace, SendOptions, Sink } from "./sink.ts";
export type { TraceOptions, TraceResult } from "./tracing/trace.ts";
export type { TrackLlmOptions, TrackOptions } from "./api/track-site.ts";

/**
 * Begins a trace that stays open until `endTrace` or `finalizeAndSend`, for the rest of this
 * asynchronous context. Inside of an open trace it begins another one, linked to it.
 * @returns the trace's id
 */
export const startTrace: (nameOrOptions: string | TraceOptions) => string = shared.startTrace;

/** Ends the innermost open trace; without one it does nothing. */
export const endTrace: () => void = shared.endTrace;

/** Ends the innermost open trace with what went in and came out; without one it does nothing. */
export const finalizeAndSend: (result?: TraceResult) => void = shared.finalizeAndSend;

/**
 * Runs `task` in a trace of its own, which ends when `task` returns or throws, or its promise
 * settles.
 * @returns what `task` returns
 */
export const withTrace: <T>(nameOrOptions: string | TraceOptions, task: () => T) => T =
  shared.withTrace;

/** The span that the calling code runs in, to add to it; undefined outside of tracked functions. */
export const currentSpan: () => CurrentSpan | undefined = shared.currentSpan;

/** The innermost open trace here, to add to it or to score it; undefined outside of traces. */
export const currentTrace: () => CurrentTrace | undefined = shared.currentTrace;

/**
 * The headers by which a callee continues the trace: `traceparent`, and `tracestate` and `baggage`
 * of the service that this trace continues. `configure({ propagate })` sends them by itself.
 */
export const traceHeaders: () => Record<string, string> = shared.traceHeaders;

/**
 * Tracks a function that the compiler does not: returns one that does what `fn` does. Parameters
 * have their names from its source text; locals and its place in the source are not recorded.
 * @returns `fn` itself where it is no function, or a class
 */
export const track: <F>(fn: F, options?: TrackOptions) => F = shared.track;

/** As `track`, for a function that calls a model: with prompt, response, tokens and cost. */
export const trackLlm: <F>(fn: F, options?: TrackLlmOptions) => F = shared.trackLlm;

/**
 * Sets options; they win over environment variables and `.env`. Later calls add to earlier ones.
 * @throws {ConfigError} for unknown keys and invalid values
 */
export const configure: (options: ConfigureOptions) => void = shared.configure;

/**
 * What a call costs: by `configure({ prices })`, else by the price list, which the first call
 * loads. Never throws.
 * @returns null for an unknown model, and for counts that are no non-negative numbers
 */
export const calculateCost: (request: CostRequest) => Promise<Cost | null> = shared.calculateCost;

/**
 * Sends what was finished so far.
 * @param timeoutMs longest wait in ms @default sqs.shutdownTimeoutMs
 * @returns whether nothing is left to send
 */
export const flush: (timeoutMs?: number) => Promise<boolean> = shared.flush;

/**
 * Ends open traces, sends what it can within the time (ms), and stops. The spool keeps the rest for
 * the next process.
 */
export const shutdown: (timeoutMs?: number) => Promise<void> = shared.shutdown;

/** What became of every trace since the last `configure`: accepted = acked + pending + dropped. */
export const stats: () => DeliveryStats = shared.stats;

/**
 * Wraps a Lambda handler, so that it sends its traces before Lambda freezes the process. It waits
 * at most `sqs.shutdownTimeoutMs`, and no longer than the invocation's remaining time less 200 ms.
 */
export const withLambda: <H extends (...args: never[]) => unknown>(handler: H) => H =
  shared.withLambda;

/** The same functions as static methods, as in the Python SDK. */
export const TraceManager: {
  readonly startTrace: typeof startTrace;
  readonly endTrace: typeof endTrace;
  readonly finalizeAndSend: typeof finalizeAndSend;
  readonly withTrace: typeof withTrace;
} = { startTrace, endTrace, finalizeAndSend, withTrace };
