// The data of `@pydantic/genai-prices` → a table of what a lookup needs: a row's ids and prices.
// Invariant: the build puts the table in this file's place: no program loads the package (0.8 MB of
// text).
import {
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from "@pydantic/genai-prices";

/**
 * An id in lower case; with a sign before it what an id begins with (^), ends with ($) or contains
 * (*), or an expression (/); of a list any, of `and` all.
 */
export type Match = string | readonly Match[] | { readonly and: readonly Match[] };

/**
 * US dollars per million tokens; a list is a price, then pairs: above so many tokens of input, the
 * price of all.
 */
export type Price = number | readonly number[] | null;

/**
 * Of input, output, input read from a cache, input written to one, and that for an hour. What has
 * none is other input.
 */
export type Prices = readonly Price[];

/**
 * The prices, and from when or at what time of the day they hold, as seconds of UTC; absent:
 * always.
 */
export type DatedPrices = readonly [Prices, from?: string | readonly [number, number]];

export interface PriceRow {
  readonly match: Match;
  /** The last one whose time has come holds. */
  readonly prices: Prices | { readonly dated: readonly DatedPrices[] };
}

export interface PricedProvider {
  readonly id: string;
  /** Ids that are taken for its own where nobody says whose they are. */
  readonly own?: Match;
  /** Whose models it has, too. */
  readonly others?: readonly string[];
  readonly rows: readonly PriceRow[];
}

/**
 * All whose models are told by their ids, in the package's order, and those that `price-list.ts`
 * asks for.
 */
const PROVIDERS: readonly string[] = [
  "anthropic",
  "aws",
  "cerebras",
  "cloudflare",
  "cohere",
  "cursor",
  "deepseek",
  "fireworks",
  "google",
  "groq",
  "minimax",
  "mistral",
  "moonshotai",
  "openai",
  "typesafe",
  "voyageai",
  "x-ai",
  "zhipuai",
];

const KINDS: readonly string[] = [
  "input_mtok",
  "output_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "cache_write_1h_mtok",
];

export const TABLE: readonly PricedProvider[] = PROVIDERS.map(providerOf);

function providerOf(providerId: string): PricedProvider {
  const found = findProvider({ providerId });
  if (found === undefined) throw new Error(`${providerId} has no prices any more`);
  const { id, model_match: own, fallback_model_providers: others, models } = found;
  return {
    id,
    ...(own !== undefined && { own: matchOf(own) }),
    ...(others !== undefined && { others }),
    rows: models.map(rowOf),
  };
}

function rowOf({ match, prices }: ModelInfo): PriceRow {
  if (!Array.isArray(prices)) return { match: matchOf(match), prices: pricesOf(prices) };
  const dated = prices.map(({ constraint, prices: one }): DatedPrices => {
    if (constraint === undefined) return [pricesOf(one)];
    if (!("end_time" in constraint)) return [pricesOf(one), constraint.start_date];
    const { start_time: start, end_time: end } = constraint;
    return [pricesOf(one), [secondsOf(start), secondsOf(end)]];
  });
  return { match: matchOf(match), prices: { dated } };
}

function pricesOf(prices: ModelPrice): Prices {
  const all = KINDS.map((kind): Price => {
    const price = prices[kind];
    if (price === undefined) return null;
    if (typeof price === "number") return price;
    const tiers = price.tiers.toSorted((a, b) => a.start - b.start);
    return [price.base].concat(tiers.flatMap((tier) => [tier.start, tier.price]));
  });
  while (all.at(-1) === null) all.pop();
  return all;
}

function matchOf(match: MatchLogic): Match {
  if ("or" in match) return match.or.map(matchOf);
  if ("and" in match) return { and: match.and.map(matchOf) };
  if ("equals" in match) return match.equals.toLowerCase();
  if ("starts_with" in match) return `^${match.starts_with.toLowerCase()}`;
  if ("ends_with" in match) return `$${match.ends_with.toLowerCase()}`;
  if ("contains" in match) return `*${match.contains.toLowerCase()}`;
  return `/${match.regex}`;
}

/** `16:30:00Z` → seconds of a day of UTC. */
function secondsOf(time: string): number {
  const date = new Date(`1970-01-02T${time}`);
  return (date.getTime() / 1000) % 86_400;
}
