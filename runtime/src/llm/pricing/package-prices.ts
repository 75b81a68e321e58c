// A model id and whose it is → a row of the price table; its prices and token counts → what the
// call cost.
// Invariant: the same as `calcPrice` of `@pydantic/genai-prices`, for counts of tokens of text.
import { wallNow } from "../../platform/clock.ts";
import type { Usage } from "../reply.ts";
import {
  type Match,
  type Price,
  type PricedProvider,
  type PriceRow,
  type Prices,
  TABLE,
} from "./price-table.ts";

/** `-20250929` in an id, which some rows have as `-2025-09-29`. */
const COMPACT_DATE = /-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g;

/** @param provider undefined: the one whose names the id has the form of */
export function packageRow(model: string, provider: string | undefined): PriceRow | undefined {
  const id = model.toLowerCase().trim();
  const found = TABLE.find(({ id: name, own }) =>
    provider === undefined ? own !== undefined && matches(own, id) : name === provider,
  );
  if (found === undefined) return undefined;
  return rowIn(found, id) ?? rowIn(found, id.replace(COMPACT_DATE, "-$1-$2-$3"));
}

function rowIn({ rows, others = [] }: PricedProvider, id: string): PriceRow | undefined {
  const own = rows.find(({ match }) => matches(match, id));
  if (own !== undefined) return own;
  for (const other of others) {
    const found = TABLE.find(({ id: name }) => name === other);
    const row = found && rowIn({ ...found, others: [] }, id);
    if (row !== undefined) return row;
  }
  return undefined;
}

function matches(match: Match, id: string): boolean {
  if (typeof match !== "string")
    return "and" in match
      ? match.and.every((one) => matches(one, id))
      : match.some((one) => matches(one, id));
  const rest = match.slice(1);
  switch (match[0]) {
    case "^":
      return id.startsWith(rest);
    case "$":
      return id.endsWith(rest);
    case "*":
      return id.includes(rest);
    case "/":
      return new RegExp(rest).test(id);
    default:
      return id === match;
  }
}

function pricesAt(now: number, { prices }: PriceRow): Prices {
  if (!("dated" in prices)) return prices;
  const { dated } = prices;
  const seconds = (now / 1000) % 86_400;
  const current = dated.findLast(([, from]) => {
    if (from === undefined) return true;
    if (typeof from === "string") return now >= Date.parse(from);
    const [start, end] = from;
    return end < start ? seconds >= start || seconds < end : seconds >= start && seconds < end;
  });
  return (current ?? dated[0])?.[0] ?? [];
}

/**
 * @param nowMs since the epoch @throws for counts that cannot be: what is part of the input is more
 * than all of it
 */
export function costByRow(
  row: PriceRow,
  usage: Usage,
  nowMs: number = wallNow(),
): { inputCost: number; outputCost: number } {
  const [input, output, read, write, longWrite] = pricesAt(nowMs, row);
  const { inputTokens, outputTokens } = usage;
  const long = usage.longCacheWriteInputTokens ?? 0;
  const written = usage.cacheWriteInputTokens ?? 0;
  // A kind without a price is priced as what it is a part of.
  const longs = priced(longWrite) ? long : 0;
  const writes = priced(write) ? written - longs : 0;
  const reads = priced(read) ? (usage.cachedInputTokens ?? 0) : 0;
  const fresh = priced(input) ? inputTokens - reads - writes - longs : 0;
  const cost = (price: Price | undefined, tokens: number): number =>
    (rateAt(price, inputTokens) * counted(tokens)) / 1e6;
  return {
    inputCost:
      cost(input, fresh) + cost(write, writes) + cost(longWrite, longs) + cost(read, reads),
    outputCost: priced(output) ? cost(output, outputTokens) : 0,
  };
}

function priced(price: Price | undefined): boolean {
  return price !== undefined && price !== null;
}

function rateAt(price: Price | undefined, inputTokens: number): number {
  if (price === undefined || price === null) return 0;
  if (typeof price === "number") return price;
  let rate = price[0] ?? 0;
  for (let at = 1; at + 1 < price.length; at += 2)
    if (inputTokens > (price[at] ?? Infinity)) rate = price[at + 1] ?? rate;
  return rate;
}

function counted(tokens: number): number {
  if (Number.isFinite(tokens) && tokens >= 0) return tokens;
  throw new RangeError("more tokens of a kind than of all");
}
