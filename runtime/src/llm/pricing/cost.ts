// A model id and token counts → what the call cost: by the program's own prices, or the list's.
// Invariant: the list is loaded lazily, off the hot path; an unknown model has no price, never
// another model's and never 0.
import type { Host, Usage } from "../reply.ts";
import type { OwnPrice, OwnPrices } from "../../config/prices.ts";
import { report } from "../../platform/report.ts";

/** US dollars. */
export interface Cost {
  /** Of all input, cached or not. */
  readonly inputCost: number;
  /** Of all output, reasoning too. */
  readonly outputCost: number;
  /** The sum of both. */
  readonly totalCost: number;
  /** Prices are in US dollars. */
  readonly currency: "USD";
  /**
   * The day that the prices were published on; `configured` for those of `configure({ prices })`.
   */
  readonly pricesAsOf: string;
}

/** What `calculateCost` takes. Counts are of tokens; the optional ones are parts of the others. */
export interface CostRequest {
  /**
   * As the provider names it: `gpt-4o`, `us.anthropic.claude-sonnet-4-20250514-v1:0`, an ARN of
   * Bedrock, …
   */
  readonly modelId: string;
  /** All input, cached or written to a cache too. */
  readonly inputTokens: number;
  /** All output, reasoning too. */
  readonly outputTokens: number;
  /** Of the input: read from a cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Of the input: written to a cache. */
  readonly cacheWriteInputTokens?: number | undefined;
  /** Priced as other output; here so that a span's usage can be handed over as it is. */
  readonly reasoningTokens?: number | undefined;
}

type PriceList = typeof import("./price-list.ts");

let loading: Promise<void> | undefined;
let list: PriceList | undefined;
let unavailable = false;

/** Starts loading the price list, once; resolves also where that fails. */
export function loadPrices(): Promise<void> {
  loading ??= import("./price-list.ts").then(
    (loaded) => {
      list = loaded;
    },
    (error: unknown) => {
      unavailable = true;
      report(
        "prices_unavailable",
        `The price list cannot be loaded, so that no costs are recorded: ${String(error)}`,
      );
    },
  );
  return loading;
}

/** Whether a trace with generations should wait a moment for the price list. */
export function pricesPending(): boolean {
  return loading !== undefined && list === undefined && !unavailable;
}

/**
 * The cost of one call; undefined for an unknown model, or while no price list is loaded.
 * @param listed whether the price list counts, too, or the program's own prices alone
 */
export function costOf(
  model: string,
  usage: Usage,
  host: Host | undefined,
  own: OwnPrices,
  listed: boolean,
): Cost | undefined {
  try {
    if (list === undefined) return undefined;
    const id = [model, ...list.idsOf(model)].find((name) => Object.hasOwn(own, name));
    const configured = id === undefined ? undefined : own[id];
    if (configured !== undefined)
      return withTotal({
        ...list.costByRates(ratesOf(configured), usage),
        pricesAsOf: "configured",
      });
    return listed ? withTotal(list.listedCost(model, usage, host)) : undefined;
  } catch {
    return undefined;
  }
}

function withTotal(
  cost: { inputCost: number; outputCost: number; pricesAsOf: string } | undefined,
): Cost | undefined {
  if (cost === undefined) return undefined;
  const { inputCost, outputCost, pricesAsOf } = cost;
  return {
    inputCost,
    outputCost,
    totalCost: inputCost + outputCost,
    currency: "USD",
    pricesAsOf,
  };
}

function ratesOf(price: OwnPrice): Parameters<PriceList["costByRates"]>[0] {
  const { cachedInputPerMillion: cached, cacheWritePerMillion: cacheWrite } = price;
  return {
    input: price.inputPerMillion,
    output: price.outputPerMillion,
    ...(cached !== undefined && { cached }),
    ...(cacheWrite !== undefined && { cacheWrite }),
  };
}

/** Null for an unknown model, and for counts that are no non-negative numbers. */
export async function costOfRequest(request: CostRequest, own: OwnPrices): Promise<Cost | null> {
  if (typeof request !== "object" || request === null) return null;
  const { modelId, inputTokens, outputTokens, ...parts } = request;
  const { cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = parts;
  const optional = [cachedInputTokens, cacheWriteInputTokens, reasoningTokens];
  const counts = [inputTokens, outputTokens, ...optional.filter((count) => count !== undefined)];
  if (typeof modelId !== "string" || !counts.every(isCount)) return null;
  if ((cachedInputTokens ?? 0) + (cacheWriteInputTokens ?? 0) > inputTokens) return null;
  await loadPrices();
  const usage = { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens };
  return costOf(modelId, usage, undefined, own, true) ?? null;
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
