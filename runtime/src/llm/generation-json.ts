// A generation and the options → its fields in the trace, with model and cost.
// Invariant: a model of last resort prices no call of another vendor's; without a price there is
// no cost.
import { quote, quoteOrNull } from "../encode/json-text.ts";
import type { Options } from "../config/options.ts";
import { type Cost, costOf, pricesPending } from "./pricing/cost.ts";
import { report } from "../platform/report.ts";
import type { Generation, ModelSource } from "./generation.ts";
import { vendorOf } from "./providers/vendor.ts";
import type { Reply, Usage } from "./reply.ts";

/** What a trace sums up. */
export interface Totals {
  input: number;
  output: number;
  /** Null until a call had a price. */
  cost: number | null;
  generations: number;
}

/** Prices a call whose model nobody names, as the Python package does. */
const DEFAULT_MODEL = "anthropic.claude-3-5-sonnet-20241022-v2:0";

interface Candidate {
  readonly model: string;
  readonly source: ModelSource;
}

/** What of a span makes its fields: an LLM call, or tokens and model that the program gave it. */
export interface Source {
  readonly generation: Generation | undefined;
  readonly updates:
    | { readonly usage: Usage | undefined; readonly model: string | undefined }
    | undefined;
}

export function generationText(
  { generation, updates }: Source,
  { modelId, prices }: Options,
  totals: Totals,
): string {
  const told = updates?.usage !== undefined || updates?.model !== undefined;
  if (generation !== undefined) totals.generations++;
  else if (!told) return NO_GENERATION;
  const reply = generation?.currentReply;
  const usage = updates?.usage ?? reply?.usage;
  const candidates: readonly Candidate[] =
    updates?.model === undefined
      ? candidatesOf(generation, reply, modelId)
      : [{ model: updates.model, source: "option" }];
  const billed = updates?.usage === undefined ? (reply?.billed ?? []) : [updates.usage];
  const priced = pricedBy(candidates, billed, reply, prices);
  if (generation?.repeats !== true) {
    totals.input += usage?.inputTokens ?? 0;
    totals.output += usage?.outputTokens ?? 0;
    if (priced !== undefined) totals.cost = (totals.cost ?? 0) + priced.cost.totalCost;
    else if (usage !== undefined && candidates[0] !== undefined) noteUnpriced(candidates[0].model);
  }
  return `"model_id":${quoteOrNull(candidates[0]?.model)},"usage":${usageJson(usage)},"cost":${costJson(priced)},\
"prompt":${quoteOrNull(generation?.prompt)},"response":${quoteOrNull(reply?.text)}`;
}

const NO_GENERATION = '"model_id":null,"usage":null,"cost":null,"prompt":null,"response":null';

/** Members that stand only where there is something to say. */
export function generationAdditions(generation: Generation | undefined): string {
  if (generation === undefined) return "";
  const { reply, toolCalls, repeats } = generation;
  const { finishReason, reasoning } = reply ?? {};
  return `${finishReason === undefined ? "" : `,"finish_reason":${quote(finishReason)}`}${
    reasoning === undefined ? "" : `,"reasoning":${quote(reasoning)}`
  }${toolCalls === undefined ? "" : `,"tool_calls":${toolCalls}`}${repeats ? ',"repeats":true' : ""}`;
}

function candidatesOf(
  generation: Generation | undefined,
  reply: Reply | undefined,
  modelId: string | undefined,
): readonly Candidate[] {
  const { model, modelSource } = generation ?? {};
  const named: Candidate[] = [];
  if (model !== undefined && modelSource !== undefined) named.push({ model, source: modelSource });
  if (reply?.model !== undefined && modelSource !== "option")
    named.push({ model: reply.model, source: "response" });
  if (named.length > 0) return named;
  const last: Candidate =
    modelId === undefined
      ? { model: DEFAULT_MODEL, source: "default" }
      : { model: modelId, source: "MODEL_ID" };
  // The default is a guess that prices tokens. Where there are none we claim no model.
  if (modelId === undefined && reply?.usage === undefined) return [];
  return mayAnswer(last.model, reply?.vendor) ? [last] : [];
}

/** Whether a model's answer has the form that was recognised. */
function mayAnswer(model: string, form: Reply["vendor"]): boolean {
  const vendor = vendorOf(model);
  if (form === "compatible") return vendor === undefined || !OWN_FORMS.has(vendor);
  return form === undefined || form === vendor;
}

/** Vendors whose models answer in a form of their own where the answer does not name them. */
const OWN_FORMS: ReadonlySet<Reply["vendor"]> = new Set([
  "anthropic",
  "amazon",
  "google",
  "cohere",
  "meta",
] as const);

/** Where the name is a deployment's and has no price, the model that answered has one. */
function pricedBy(
  candidates: readonly Candidate[],
  billed: readonly Usage[],
  reply: Reply | undefined,
  prices: Options["prices"],
): { cost: Cost; source: ModelSource } | undefined {
  for (const { model, source } of candidates) {
    // What runs on the program's own machine has the price that the program gives it.
    const listed = reply?.vendor !== "ollama";
    const costs = billed.map((usage) => costOf(model, usage, reply?.host, prices, listed));
    const cost = costs.slice(1).reduce(sumOfCosts, costs[0]);
    if (cost !== undefined) return { cost, source };
  }
  return undefined;
}

/** Undefined where one of them is: a part of the cost is not the cost. */
function sumOfCosts(one: Cost | undefined, other: Cost | undefined): Cost | undefined {
  if (one === undefined || other === undefined) return undefined;
  return {
    ...one,
    inputCost: one.inputCost + other.inputCost,
    outputCost: one.outputCost + other.outputCost,
    totalCost: one.totalCost + other.totalCost,
  };
}

function usageJson(usage: Usage | undefined): string {
  if (usage === undefined) return "null";
  const { inputTokens, outputTokens } = usage;
  return JSON.stringify({
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_input_tokens: usage.cacheWriteInputTokens,
    reasoning_tokens: usage.reasoningTokens,
  });
}

function costJson(priced: { cost: Cost; source: ModelSource } | undefined): string {
  if (priced === undefined) return "null";
  const { cost, source } = priced;
  return JSON.stringify({
    input_cost: cost.inputCost,
    output_cost: cost.outputCost,
    total_cost: cost.totalCost,
    model_source: source,
    prices_as_of: cost.pricesAsOf,
  });
}

function noteUnpriced(model: string): void {
  if (pricesPending()) {
    report(
      "prices_pending",
      "The process ended before the price list was loaded: its calls are recorded without cost.",
    );
    return;
  }
  report(
    "llm_unknown_model",
    `No price is known for the model ${JSON.stringify(model.slice(0, 100))}: its calls are recorded without cost. Set one with configure({ prices }).`,
  );
}
