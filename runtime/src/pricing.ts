// A model id and token counts → what the call cost, from a maintained price list.
// Invariant: loaded lazily, off the hot path; an unknown model has no price, never another model's and never 0.
import type { Usage } from "./llm/reply.ts";
import { report } from "./report.ts";

/** US dollars. */
export interface Cost {
  readonly inputCost: number;
  readonly outputCost: number;
  readonly totalCost: number;
}

type PriceList = typeof import("@pydantic/genai-prices");

let loading: Promise<void> | undefined;
let list: PriceList | undefined;

/** Starts loading the price list, once; resolves also where that fails. */
export function loadPrices(): Promise<void> {
  loading ??= import("@pydantic/genai-prices").then(
    (loaded) => {
      list = loaded;
    },
    (error: unknown) =>
      report(
        "prices_unavailable",
        `The price list cannot be loaded, so that no costs are recorded: ${String(error)}`,
      ),
  );
  return loading;
}

/** Whether a trace with generations should wait a moment for the price list. */
export function pricesPending(): boolean {
  return loading !== undefined && list === undefined;
}

/** The cost of one call; undefined for an unknown model, or while no price list is loaded. */
export function costOf(model: string, usage: Usage): Cost | undefined {
  try {
    const counts = {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      ...(usage.cachedInputTokens !== undefined && { cache_read_tokens: usage.cachedInputTokens }),
    };
    const price = list?.calcPrice(counts, model);
    if (price === undefined || price === null) return undefined;
    return {
      inputCost: price.input_price,
      outputCost: price.output_price,
      totalCost: price.total_price,
    };
  } catch {
    return undefined;
  }
}
