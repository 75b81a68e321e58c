// What calls cost: held against prices as the providers publish them, for every kind of token, and
// for ids in every form.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { calculateCost, configure } from "llmops-observability";
import { afterEach, describe, expect, test } from "vitest";
import { PACKAGE_PRICES } from "../../src/llm/pricing/price-list.ts";

/** US dollars per million tokens, as `source` had it on `date`. */
interface Published {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
}

const ANTHROPIC = "https://platform.claude.com/docs/en/about-claude/pricing";
/**
 * Its Bedrock prices are those of https://aws.amazon.com/bedrock/pricing/, which lists retired
 * models no more.
 */
const LITELLM = "https://github.com/BerriAI/litellm model_prices_and_context_window.json";
const OPENAI = "https://developers.openai.com/api/docs/pricing";
const GEMINI = "https://ai.google.dev/gemini-api/docs/pricing";
const COHERE = "https://cohere.com/pricing";
const GROQ = "https://groq.com/pricing";
const MISTRAL = "https://mistral.ai/pricing";

const CASES: readonly (readonly [
  model: string,
  prices: Published,
  source: string,
  date: string,
])[] = [
  [
    "claude-fable-5-1",
    { input: 10, output: 50, cached: 0.25, cacheWrite: 12.5 },
    ANTHROPIC,
    "2026-10",
  ],
  ["claude-opus-5", { input: 5, output: 25, cached: 0.5, cacheWrite: 6.25 }, ANTHROPIC, "2026-10"],
  [
    "claude-opus-4-1",
    { input: 15, output: 75, cached: 1.5, cacheWrite: 18.75 },
    ANTHROPIC,
    "2026-10",
  ],
  [
    "claude-sonnet-5-5",
    { input: 2, output: 10, cached: 0.1, cacheWrite: 2.5 },
    ANTHROPIC,
    "2026-10-24",
  ],
  [
    "claude-haiku-5-5",
    { input: 0.1, output: 0.5, cached: 0.01, cacheWrite: 0.125 },
    ANTHROPIC,
    "2026-10-24",
  ],
  [
    "claude-sonnet-4-20250514",
    { input: 3, output: 15, cached: 0.3, cacheWrite: 3.75 },
    ANTHROPIC,
    "2026-02",
  ],
  [
    "claude-haiku-4-5-20251001",
    { input: 1, output: 5, cached: 0.1, cacheWrite: 1.25 },
    ANTHROPIC,
    "2026-02",
  ],
  [
    "claude-3-5-haiku-20241022",
    { input: 0.8, output: 4, cached: 0.08, cacheWrite: 1 },
    ANTHROPIC,
    "2026-02",
  ],
  ["anthropic.claude-3-sonnet-20240229-v1:0", { input: 3, output: 15 }, LITELLM, "2024-12-13"],
  ["anthropic.claude-3-opus-20240229-v1:0", { input: 15, output: 75 }, LITELLM, "2024-12-13"],
  ["anthropic.claude-v2:1", { input: 8, output: 24 }, LITELLM, "2026-11-25"],
  ["ai21.j2-mid-v1", { input: 12.5, output: 12.5 }, LITELLM, "2026-11-25"],
  ["ai21.jamba-1-5-large-v1:0", { input: 2, output: 8 }, LITELLM, "2026-11-25"],
  ["cohere.command-r-plus-v1:0", { input: 3, output: 15 }, LITELLM, "2024-12-13"],
  ["meta.llama2-70b-chat-v1", { input: 1.95, output: 2.56 }, LITELLM, "2024-12-13"],
  ["amazon.nova-lite-v1:0", { input: 0.06, output: 0.24 }, LITELLM, "2026-11-25"],
  ["gpt-4o", { input: 2.5, output: 10, cached: 1.25 }, OPENAI, "2026-11-05"],
  ["gpt-4o-mini", { input: 0.15, output: 0.6, cached: 0.075 }, OPENAI, "2026-11-05"],
  ["gpt-5.4", { input: 2.5, output: 15, cached: 0.25 }, OPENAI, "2026-03"],
  ["gpt-6.1-sol", { input: 2, output: 10, cached: 0.1, cacheWrite: 2.5 }, OPENAI, "2026-09-30"],
  ["gemini-2.5-pro", { input: 1.25, output: 10 }, GEMINI, "2026-10-07"],
  ["gemini-3.5-flash", { input: 1.5, output: 9 }, GEMINI, "2026-10-07"],
  ["command-r-08-2024", { input: 0.15, output: 0.6 }, COHERE, "2026-11-11"],
  ["llama-3.3-70b-versatile", { input: 0.59, output: 0.79 }, GROQ, "2026"],
  ["mistral-large-2411", { input: 2, output: 6 }, MISTRAL, "2024-11"],
];

test("the table has its 25 cases", () => expect(new Set(CASES.map(([id]) => id)).size).toBe(25));

test.each(CASES)("%s costs what is published", async (modelId, prices) => {
  const { input, output, cached = input, cacheWrite = input } = prices;
  const counts = { inputTokens: 9_000, outputTokens: 1_234 };
  const plain = await calculateCost({ modelId, ...counts });
  expect(plain?.inputCost).toBeCloseTo((9_000 * input) / 1e6, 9);
  expect(plain?.outputCost).toBeCloseTo((1_234 * output) / 1e6, 9);
  expect(plain?.totalCost).toBeCloseTo((9_000 * input + 1_234 * output) / 1e6, 9);
  expect(plain?.currency).toBe("USD");
  expect(plain?.pricesAsOf).toMatch(/^2026-\d\d-\d\d$/);

  const parts = {
    ...(prices.cached !== undefined && { cachedInputTokens: 4_000 }),
    ...(prices.cacheWrite !== undefined && { cacheWriteInputTokens: 3_000 }),
  };
  const { cachedInputTokens: read = 0, cacheWriteInputTokens: written = 0 } = parts;
  const fresh = 9_000 - read - written;
  const withCache = await calculateCost({ modelId, ...counts, ...parts });
  expect(withCache?.inputCost).toBeCloseTo(
    (fresh * input + read * cached + written * cacheWrite) / 1e6,
    9,
  );
});

test("an id that Groq and a gateway have is Groq's, as Groq answers", async () => {
  const counts = { inputTokens: 1e6, outputTokens: 1e6 };
  const cost = await calculateCost({ modelId: "openai/gpt-oss-120b", ...counts });
  expect(cost).toMatchObject({ inputCost: 0.15, outputCost: 0.6 });
});

/** Named in the Python package's README, or of the families that it names. */
const SEED = [
  "anthropic.claude-3-5-sonnet-20241022-v2:0",
  "anthropic.claude-3-5-sonnet-20240620-v1:0",
  "anthropic.claude-3-sonnet-20240229-v1:0",
  "anthropic.claude-3-haiku-20240307-v1:0",
  "anthropic.claude-3-opus-20240229-v1:0",
  "anthropic.claude-3-5-haiku-20241022-v1:0",
  "anthropic.claude-3-sonnet",
  "anthropic.claude-v2",
  "anthropic.claude-v2:0",
  "anthropic.claude-v2:1",
  "anthropic.claude-instant-v1",
  "amazon.titan-text-express-v1",
  "amazon.titan-text-lite-v1",
  "amazon.titan-text-premier-v1:0",
  "cohere.command-text-v14",
  "cohere.command-light-text-v14",
  "cohere.command-r-v1:0",
  "cohere.command-r-plus-v1:0",
  "ai21.j2-mid-v1",
  "ai21.j2-ultra-v1",
  "ai21.jamba-instruct-v1:0",
  "ai21.jamba-1-5-mini-v1:0",
  "meta.llama2-13b-chat-v1",
  "meta.llama2-70b-chat-v1",
  "meta.llama3-8b-instruct-v1:0",
  "meta.llama3-70b-instruct-v1:0",
  "anthropic.claude-sonnet-4-20250514-v1:0",
  "anthropic.claude-opus-4-20250514-v1:0",
];

describe.each(SEED)("%s", (model) => {
  const counts = { inputTokens: 1000, outputTokens: 1000 };
  test.each([
    ["as it is", model],
    ["in the US", `us.${model}`],
    ["in Europe", `eu.${model}`],
    ["in Asia", `apac.${model}`],
    ["as an ARN", `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${model}`],
  ])("%s has a price", async (_name, modelId) => {
    const cost = await calculateCost({ modelId, ...counts });
    expect(cost?.totalCost).toBeGreaterThan(0);
    expect(cost).toEqual(await calculateCost({ modelId: model, ...counts }));
  });
});

test.each([
  "gpt-6.2-astra",
  "gpt-6.2-sol",
  "gpt-6.1-terra",
  "gpt-6-luna",
  "claude-fable-5-2",
  "us.anthropic.claude-sonnet-5-5",
  "global.anthropic.claude-haiku-5-5",
  "eu.anthropic.claude-opus-5-5",
  "gemini-4-neon",
  "gemini-4-hydrogen",
  "gpt-6-sol",
  "gpt-5.6-terra",
  "gpt-5.5-2026-04-23",
  "gpt-4.1-2025-04-14",
  "o3",
  "claude-opus-5-5",
  "claude-sonnet-5",
  "claude-haiku-4-5",
  "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "global.anthropic.claude-opus-4-8-v1:0",
  "us.amazon.nova-pro-v1:0",
  "us.meta.llama4-maverick-17b-instruct-v1:0",
  "gemini-3.8-flash",
  "models/gemini-2.5-flash",
  "command-a-03-2025",
  "mistral-large-latest",
  "openai/gpt-oss-120b",
  "amazon.nova-2-lite-v1:0",
  "apac.amazon.nova-2-lite-v1:0",
  "llama-3.1-8b-instant",
  "anthropic/claude-sonnet-5",
  "openai/gpt-4o",
])("today's %s has a price", async (modelId) => {
  const cost = await calculateCost({ modelId, inputTokens: 1000, outputTokens: 1000 });
  expect(cost?.totalCost).toBeGreaterThan(0);
});

test.each([
  "my-finetune",
  "gpt-99",
  "claude-99",
  "llama3.2",
  "deployment-of-gpt-4o",
  "anthropic.claude-99-v1:0",
  "acme/gpt-4o",
  "anthropic.claude-sonnet-5-5-v1:0",
  "__proto__",
  "",
])("%j has none, and not another one's", async (modelId) => {
  expect(await calculateCost({ modelId, inputTokens: 1000, outputTokens: 1000 })).toBeNull();
});

test("Claude on Bedrock costs a tenth more than by the global profile", async () => {
  const counts = { inputTokens: 9000, outputTokens: 1000, cachedInputTokens: 5000 };
  for (const name of ["claude-sonnet-5-5", "claude-opus-5-5"]) {
    const own = await calculateCost({ modelId: name, ...counts });
    const global = await calculateCost({ modelId: `global.anthropic.${name}`, ...counts });
    const regional = await calculateCost({ modelId: `us.anthropic.${name}`, ...counts });
    expect(own?.totalCost).toBeGreaterThan(0);
    expect(global?.totalCost).toBeCloseTo(own?.totalCost ?? 0, 12);
    expect(regional?.totalCost).toBeCloseTo((own?.totalCost ?? 0) * 1.1, 12);
  }
});

test("long prompts cost what long prompts cost", async () => {
  const cost = await calculateCost({
    modelId: "claude-haiku-5-5",
    inputTokens: 200_000,
    outputTokens: 1000,
  });
  expect(cost?.inputCost).toBeCloseTo((200_000 * 0.5) / 1e6, 9);
  expect(cost?.outputCost).toBeCloseTo((1000 * 2.5) / 1e6, 9);
});

test.each([
  { inputTokens: -1 },
  { inputTokens: Number.NaN },
  { inputTokens: Infinity },
  { inputTokens: "1000" },
  { outputTokens: undefined },
  { cachedInputTokens: -5 },
  { cachedInputTokens: 2000 },
  { cacheWriteInputTokens: "all" },
  { reasoningTokens: Number.NaN },
  { modelId: 7 },
])("%j is no request", async (wrong) => {
  const request = { modelId: "gpt-4o", inputTokens: 1000, outputTokens: 10, ...wrong };
  expect(await calculateCost(request as never)).toBeNull();
});

test.each([undefined, null, 7, "gpt-4o"])("%j is no request", async (request) => {
  expect(await calculateCost(request as never)).toBeNull();
});

describe("prices of the program's own", () => {
  afterEach(() => configure({ prices: {} }));
  const counts = { inputTokens: 1000, outputTokens: 100 };

  test("win over the list's", async () => {
    configure({ prices: { "gpt-4o": { inputPerMillion: 1, outputPerMillion: 2 } } });
    expect(await calculateCost({ modelId: "gpt-4o", ...counts })).toEqual({
      inputCost: 0.001,
      outputCost: 0.0002,
      totalCost: 0.001 + 0.0002,
      currency: "USD",
      pricesAsOf: "configured",
    });
  });

  test("count for a Bedrock id in any region, and for caches", async () => {
    const price = {
      inputPerMillion: 10,
      outputPerMillion: 0,
      cachedInputPerMillion: 1,
      cacheWritePerMillion: 20,
    };
    configure({ prices: { "acme.model-v1:0": price, "meta.mine-v1:0": price } });
    const cost = await calculateCost({
      modelId: "eu.meta.mine-v1:0",
      ...counts,
      cachedInputTokens: 500,
      cacheWriteInputTokens: 100,
    });
    expect(cost?.inputCost).toBeCloseTo((400 * 10 + 500 * 1 + 100 * 20) / 1e6, 12);
    expect((await calculateCost({ modelId: "acme.model-v1:0", ...counts }))?.inputCost).toBe(0.01);
  });

  test.each([
    { "gpt-4o": 3 },
    { "gpt-4o": { inputPerMillion: 1 } },
    { "gpt-4o": { inputPerMillion: -1, outputPerMillion: 1 } },
    { "gpt-4o": { inputPerMillion: 1, outputPerMillion: 1, cachedPerMillion: 1 } },
    { "gpt-4o": { inputPerMillion: Number.NaN, outputPerMillion: 1 } },
  ])("%j are none", (prices) => {
    expect(() => configure({ prices: prices as never })).toThrow(/prices must be/);
  });
});

test("the date of the list is that of the package that is installed", () => {
  const manifest = new URL("../../../package.json", import.meta.url);
  const { devDependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  expect(devDependencies["@pydantic/genai-prices"]).toBe(PACKAGE_PRICES.version);
  const licenses = new URL("../../THIRD-PARTY-LICENSES.md", import.meta.url);
  expect(readFileSync(licenses, "utf8")).toContain(`genai-prices) ${PACKAGE_PRICES.version}:`);
});

test("the list is loaded at the first LLM call, not with the runtime", () => {
  const script = `
    const { calculateCost, startTrace, endTrace, track, flush } = await import("llmops-observability");
    const { registerHooks } = await import("node:module");
    const asked = [];
    registerHooks({ resolve: (name, context, next) => (asked.push(name), next(name, context)) });
    startTrace("t"); track(() => 1)(); endTrace(); await flush();
    const before = asked.some((name) => name.includes("price-list"));
    await calculateCost({ modelId: "gpt-4o", inputTokens: 1, outputTokens: 1 });
    console.log(before, asked.some((name) => name.includes("price-list")));
    process.exit();`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, LLMOPS_DURABILITY: "memory" },
    encoding: "utf8",
  });
  expect(printed.trim()).toBe("false true");
});
