// A model id → its prices: those of `@pydantic/genai-prices`, and a dated supplement.
// Invariant: `cost.ts` alone loads it, at the first LLM call; a model that is on no list has no
// price, never another model's.
import type { Host, Usage } from "../reply.ts";
import { costByRow as costByPackageRow, packageRow } from "./package-prices.ts";

/** US dollars, with the day that the prices were published on. */
export interface ListedCost {
  readonly inputCost: number;
  readonly outputCost: number;
  readonly pricesAsOf: string;
}

/** US dollars per million tokens. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
  readonly longCacheWrite?: number;
}

interface Row {
  readonly ids: RegExp;
  readonly rates: Rates;
  /** Applies to the whole call where its input is longer than `above` tokens. */
  readonly long?: { readonly above: number; readonly rates: Rates };
  readonly asOf: string;
}

/**
 * When `@pydantic/genai-prices` 0.1.8 was published; a test holds the version against the installed
 * one. `THIRD-PARTY-LICENSES.md` names it, too.
 */
export const PACKAGE_PRICES: { readonly version: string; readonly asOf: string } = {
  version: "0.1.8",
  asOf: "2026-09-23",
};

/**
 * Bedrock prices of us-east-1, on demand: as LiteLLM's model_prices_and_context_window.json had
 * them when it was read on 2026-11-25 (https://github.com/BerriAI/litellm), which took them from
 * https://aws.amazon.com/bedrock/pricing/. That page does not list retired models any more. Models
 * newer than the package: https://platform.claude.com/docs/en/about-claude/pricing,
 * https://developers.openai.com/api/docs/pricing and https://ai.google.dev/gemini-api/docs/pricing,
 * as quoted on the day of each.
 */
const BEDROCK_AS_OF = "2026-11-25";
const CLAUDE_AS_OF = "2026-10-24";
const NEWEST_AS_OF = "2026-11-26";

function bedrock(ids: RegExp, input: number, output: number): Row {
  return { ids, rates: { input, output }, asOf: BEDROCK_AS_OF };
}

function claudeRates(input: number, output: number, cached: number): Rates {
  return { input, output, cached, cacheWrite: input * 1.25, longCacheWrite: input * 2 };
}

/** Anthropic's own id, and Bedrock's: a tenth more than that, but by the global profile. */
function claude(name: string, rates: Rates, asOf: string, long?: Row["long"]): readonly Row[] {
  const own = long === undefined ? { rates, asOf } : { rates, long, asOf };
  const regional = { rates: timesElevenTenths(rates), asOf };
  const longer = long && { long: { above: long.above, rates: timesElevenTenths(long.rates) } };
  return [
    { ids: new RegExp(`^(?:global\\.anthropic\\.)?claude-${name}(?:-\\d{8})?$`), ...own },
    { ids: new RegExp(`^anthropic\\.claude-${name}$`), ...regional, ...longer },
  ];
}

function timesElevenTenths(rates: Rates): Rates {
  const more = Object.entries(rates).map(([kind, rate]) => [kind, (rate * 11) / 10]);
  return Object.fromEntries(more) as Rates;
}

/**
 * Cache writes cost 1.25 times other input; of long prompts input costs twice as much, output 1.5
 * times.
 */
function gpt(ids: RegExp, input: number, output: number, cached: number, asOf: string): Row {
  const rates = (of: number, out: number): Rates => ({
    input: input * of,
    output: output * out,
    cached: cached * of,
    cacheWrite: input * 1.25 * of,
  });
  return { ids, rates: rates(1, 1), long: { above: 272_000, rates: rates(2, 1.5) }, asOf };
}

const SUPPLEMENT: readonly Row[] = [
  bedrock(/^anthropic\.claude-v2(?::[01])?(?::\d+k)?$/, 8, 24),
  bedrock(/^anthropic\.claude-v1(?::\d)?$/, 8, 24),
  bedrock(/^anthropic\.claude-instant-v1(?::.*)?$/, 0.8, 2.4),
  // Short for any of the dated ones, as examples have them.
  bedrock(/^anthropic\.claude-3-(?:5-)?sonnet$/, 3, 15),
  bedrock(/^anthropic\.claude-3-haiku$/, 0.25, 1.25),
  bedrock(/^anthropic\.claude-3-opus$/, 15, 75),
  bedrock(/^amazon\.titan-text-premier-v1:0$/, 0.5, 1.5),
  bedrock(/^cohere\.command-text-v14(?::.*)?$/, 1.5, 2),
  bedrock(/^cohere\.command-light-text-v14(?::.*)?$/, 0.3, 0.6),
  bedrock(/^cohere\.command-r-v1:0$/, 0.5, 1.5),
  bedrock(/^cohere\.command-r-plus-v1:0$/, 3, 15),
  bedrock(/^ai21\.j2-(?:mid|grande-instruct)(?:-v1)?$/, 12.5, 12.5),
  bedrock(/^ai21\.j2-(?:ultra|jumbo-instruct)(?:-v1)?$/, 18.8, 18.8),
  bedrock(/^ai21\.jamba-instruct-v1:0$/, 0.5, 0.7),
  bedrock(/^ai21\.jamba-1-5-mini-v1:0$/, 0.2, 0.4),
  bedrock(/^ai21\.jamba-1-5-large-v1:0$/, 2, 8),
  bedrock(/^meta\.llama2-13b(?:-chat)?-v1(?::.*)?$/, 0.75, 1),
  bedrock(/^meta\.llama2-70b(?:-chat)?-v1(?::.*)?$/, 1.95, 2.56),
  ...claude("sonnet-5-5", claudeRates(2, 10, 0.1), CLAUDE_AS_OF),
  ...claude("haiku-5-5", claudeRates(0.1, 0.5, 0.01), CLAUDE_AS_OF, {
    above: 100_000,
    rates: claudeRates(0.5, 2.5, 0.05),
  }),
  ...claude("fable-5-2", claudeRates(8, 40, 0.2), NEWEST_AS_OF),
  gpt(/^gpt-6\.1-sol(?:-\d{4}-\d\d-\d\d)?$/, 2, 10, 0.1, "2026-09-30"),
  gpt(/^gpt-6\.1-terra(?:-\d{4}-\d\d-\d\d)?$/, 1, 5, 0.05, "2026-10-26"),
  gpt(/^gpt-6\.2-sol(?:-\d{4}-\d\d-\d\d)?$/, 2, 10, 0.1, NEWEST_AS_OF),
  gpt(/^gpt-6\.2-astra(?:-\d{4}-\d\d-\d\d)?$/, 8, 40, 0.4, NEWEST_AS_OF),
  { ids: /^gemini-4-neon$/, rates: { input: 3, output: 15, cached: 0.15 }, asOf: NEWEST_AS_OF },
  {
    ids: /^gemini-4-hydrogen$/,
    rates: { input: 1.5, output: 7.5, cached: 0.075 },
    asOf: NEWEST_AS_OF,
  },
];

/** Newer than the package's data, whose patterns take them for their predecessors. */
const TOO_NEW = /claude-(?:sonnet|haiku)-5-5/;

/** Geography of an inference profile: `us.`, `eu.`, `apac.`, `us-gov.`, `global.` … */
const REGION = /^(?:[a-z]{2,6}(?:-[a-z]+)?)\.(?=[a-z0-9]+\.)/;
/** Vendors that Bedrock hosts, as its model ids begin. */
const BEDROCK =
  /^(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|writer|zai)\.(?=[a-z])/;

/** What an id comes down to: no ARN, no `models/`, lower case. */
function plainId(model: string): string {
  const id = model.trim().toLowerCase();
  return id.startsWith("arn:") || /^(?:models|publishers|projects)\//.test(id)
    ? id.slice(id.lastIndexOf("/") + 1)
    : id;
}

/** The ids that a price may be listed under, from the most exact one on. */
export function idsOf(model: string): readonly string[] {
  const id = plainId(model);
  const anywhere = id.replace(REGION, "");
  return anywhere !== id && BEDROCK.test(anywhere) ? [id, anywhere] : [id];
}

/** `provider/model`, as gateways and the AI SDK name models. */
const GATEWAY_HOSTS: Readonly<Record<string, string>> = {
  openai: "openai",
  anthropic: "anthropic",
  google: "google",
  cohere: "cohere",
  mistral: "mistral",
  mistralai: "mistral",
  groq: "groq",
  deepseek: "deepseek",
  xai: "x-ai",
  "x-ai": "x-ai",
  bedrock: "aws",
  amazon: "aws",
};

/** What calls of one model cost. @throws for counts that cannot be */
type Pricer = (usage: Usage) => ListedCost;

/** A program has few models; ids that it makes up are not to fill the memory. */
const KEPT_PRICERS = 500;
const pricers = new Map<string, Pricer | undefined>();

/** @throws for counts that cannot be */
export function listedCost(
  model: string,
  usage: Usage,
  host: Host | undefined,
): ListedCost | undefined {
  const key = `${host ?? ""} ${model}`;
  let pricer = pricers.get(key);
  if (pricer === undefined && !pricers.has(key)) {
    pricer = pricerOf(model, host);
    if (pricers.size >= KEPT_PRICERS) pricers.clear();
    pricers.set(key, pricer);
  }
  return pricer?.(usage);
}

function pricerOf(model: string, host: Host | undefined): Pricer | undefined {
  const names = idsOf(model);
  for (const id of names) {
    const row = SUPPLEMENT.find(({ ids }) => ids.test(id));
    if (row !== undefined) return (usage) => costByRow(row, usage);
    if (!BEDROCK.test(id.replace(REGION, ""))) return elsewhere(id, host);
    const pricer = byPackage(id, "aws");
    if (pricer !== undefined) return pricer;
  }
  // Of models that are to be had through inference profiles only: the one of the region that all
  // prices are of.
  const last = names.at(-1) ?? "";
  return BEDROCK.test(last) ? byPackage(`us.${last}`, "aws") : undefined;
}

function elsewhere(id: string, host: Host | undefined): Pricer | undefined {
  // Groq's ids are names of its own, some of them with a vendor before a slash.
  const hosted = host === undefined || host === "aws" ? undefined : byPackage(id, host);
  if (hosted !== undefined || host === "groq") return hosted;
  const slash = id.indexOf("/");
  if (slash < 0) return byPackage(id, undefined) ?? byPackage(id, "groq");
  const gateway = GATEWAY_HOSTS[id.slice(0, slash)];
  const name = id.slice(slash + 1);
  return byPackage(id, "groq") ?? (gateway === undefined ? undefined : byPackage(name, gateway));
}

/** `provider` undefined: the vendor that the package takes the id for. */
function byPackage(id: string, provider: string | undefined): Pricer | undefined {
  if (TOO_NEW.test(id)) return undefined;
  const row = packageRow(id, provider);
  if (row === undefined) return undefined;
  const pricer: Pricer = (usage) => ({
    ...costByPackageRow(row, usage),
    pricesAsOf: PACKAGE_PRICES.asOf,
  });
  return provider === "aws" ? withLongWrites(pricer) : pricer;
}

/**
 * The package has no price of what Bedrock keeps for an hour: twice that of other input, where that
 * for five minutes is 1.25 times that (https://platform.claude.com/docs/en/about-claude/pricing,
 * which is Bedrock's, too).
 */
function withLongWrites(pricer: Pricer): Pricer {
  return (usage) => {
    const { longCacheWriteInputTokens: long = 0, cacheWriteInputTokens: written = 0 } = usage;
    if (long === 0) return pricer(usage);
    const short = { ...usage, longCacheWriteInputTokens: undefined };
    const asShort = pricer(short);
    const asFresh = pricer({ ...short, cacheWriteInputTokens: written - long });
    // The difference is a quarter of the price as other input; what lacks are three quarters.
    const quarter = Math.max(0, asShort.inputCost - asFresh.inputCost);
    return { ...asShort, inputCost: asShort.inputCost + 3 * quarter };
  };
}

function costByRow({ rates, long, asOf }: Row, usage: Usage): ListedCost {
  const applied = long !== undefined && usage.inputTokens > long.above ? long.rates : rates;
  return { ...costByRates(applied, usage), pricesAsOf: asOf };
}

/** A kind of input without a rate of its own costs what other input costs. */
export function costByRates(rates: Rates, usage: Usage): { inputCost: number; outputCost: number } {
  const { input, output, cached = input, cacheWrite = input } = rates;
  const { inputTokens, cachedInputTokens = 0, cacheWriteInputTokens = 0 } = usage;
  const long = usage.longCacheWriteInputTokens ?? 0;
  const fresh = inputTokens - cachedInputTokens - cacheWriteInputTokens;
  return {
    inputCost:
      (fresh * input +
        cachedInputTokens * cached +
        (cacheWriteInputTokens - long) * cacheWrite +
        long * (rates.longCacheWrite ?? cacheWrite)) /
      1e6,
    outputCost: (usage.outputTokens * output) / 1e6,
  };
}
