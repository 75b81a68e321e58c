// The price table and its lookup, held against the package that they are made of: every id it has,
// at every provider.
import { calcPrice, findProvider, type MatchLogic } from "@pydantic/genai-prices";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { costByRow, packageRow } from "../../src/llm/pricing/package-prices.ts";
import { TABLE } from "../../src/llm/pricing/price-table.ts";
import type { Usage } from "../../src/llm/reply.ts";

const text = readFileSync(createRequire(import.meta.url).resolve("@pydantic/genai-prices"), "utf8");
const providers = [...text.matchAll(/\bid:\s*"([^"]+)",\s*name:\s*"[^"]*",\s*pricing_urls/g)].map(
  ([, id = ""]) => id,
);

function idsOf(match: MatchLogic): string[] {
  if ("or" in match) return match.or.flatMap(idsOf);
  if ("and" in match) return match.and.flatMap(idsOf);
  return Object.values(match).flatMap((word: string) => [word, `x${word}`, `${word}-20250115`]);
}

const ids = new Set(
  providers
    .map((providerId) => findProvider({ providerId }))
    .flatMap((found) => found?.models ?? [])
    .flatMap(({ id, match }) => [
      id,
      id.toUpperCase(),
      `us.${id}`,
      `${id}-20250115`,
      ...idsOf(match),
    ]),
);

const USAGES: readonly Usage[] = [
  { inputTokens: 1000, outputTokens: 70 },
  { inputTokens: 0, outputTokens: 0 },
  { inputTokens: 128_000, outputTokens: 5 },
  { inputTokens: 1_200_001, outputTokens: 9, cachedInputTokens: 1_000_000 },
  {
    inputTokens: 300_000,
    outputTokens: 400,
    cachedInputTokens: 1500,
    cacheWriteInputTokens: 700,
    longCacheWriteInputTokens: 200,
  },
];

function byPackage(
  id: string,
  usage: Usage,
  providerId: string | undefined,
  timestamp: Date,
): number[] | undefined {
  const found = calcPrice(
    {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      ...(usage.cachedInputTokens !== undefined && { cache_read_tokens: usage.cachedInputTokens }),
      ...(usage.cacheWriteInputTokens !== undefined && {
        cache_write_tokens: usage.cacheWriteInputTokens,
      }),
      ...(usage.longCacheWriteInputTokens !== undefined && {
        cache_write_1h_tokens: usage.longCacheWriteInputTokens,
      }),
    },
    id,
    providerId === undefined ? { timestamp } : { providerId, timestamp },
  );
  return found === null ? undefined : [found.input_price, found.output_price];
}

/** Without what a sum of floats makes of another order. */
const rounded = (costs: readonly number[] | undefined): string | undefined =>
  costs?.map((cost) => cost.toPrecision(12)).join(" ");

/** Prices with dates are looked at on several, the others once. */
test.each([
  ["2026-11-28T12:00:00Z", true],
  ["2026-11-28T17:30:00Z", false],
  ["2026-11-28T00:29:59Z", false],
  ["2025-01-02T00:30:00Z", false],
] as const)("every id costs what the package says, on %s", (now, first) => {
  const timestamp = new Date(now);
  expect(providers.length).toBeGreaterThan(40);
  let priced = 0;
  for (const id of ids) {
    for (const provider of [undefined, ...TABLE.map(({ id: name }) => name)]) {
      const row = packageRow(id, provider);
      if (!first && !(row && "dated" in row.prices)) continue;
      for (const usage of row ? USAGES : USAGES.slice(0, 1)) {
        const ours = row && costByRow(row, usage, timestamp.getTime());
        const mine = rounded(ours && [ours.inputCost, ours.outputCost]);
        const theirs = rounded(byPackage(id, usage, provider, timestamp));
        if (mine !== theirs)
          expect(`${provider} ${id}: ${mine}`).toBe(`${provider} ${id}: ${theirs}`);
        if (mine !== undefined) priced++;
      }
    }
  }
  expect(priced).toBeGreaterThan(first ? 10_000 : 100);
});

test("more of a part than of the whole has no cost", () => {
  const row = packageRow("gpt-4o", "openai");
  const usage = { inputTokens: 10, outputTokens: 1, cachedInputTokens: 11 };
  expect(() => row && costByRow(row, usage)).toThrow(RangeError);
  expect(() => byPackage("gpt-4o", usage, "openai", new Date())).toThrow(/exceed/);
});
