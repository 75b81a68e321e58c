// Token counts as providers report them → the usage of one answer, and of several together.
// Invariant: counts that make no sense are left out, so that totals stay right.
import type { Usage } from "./reply.ts";

/** Caches are inside of `input`, or apart from `freshInput`. */
export interface Counts {
  readonly input?: number | undefined;
  /** Input that is neither read from a cache nor written to one. */
  readonly freshInput?: number | undefined;
  readonly cached?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly longCacheWrite?: number | undefined;
  readonly output?: number | undefined;
  /** Output that `output` does not count: thoughts. */
  readonly outputApart?: number | undefined;
  readonly reasoning?: number | undefined;
  /** As the provider sums them up: tells whether `output` has the reasoning in it. */
  readonly total?: number | undefined;
}

/** Counts of a stream's later chunk stand for those of an earlier one. */
export function merged(earlier: Counts, later: Counts): Counts {
  const all: Record<string, number | undefined> = { ...earlier };
  for (const [name, count] of Object.entries(later) as [string, number | undefined][])
    if (count !== undefined) all[name] = count;
  return all;
}

export function added<T extends Counts | Usage>(one: T, other: T): T {
  const all: Record<string, number | undefined> = { ...one };
  for (const [name, count] of Object.entries(other) as [string, number | undefined][])
    if (count !== undefined) all[name] = (all[name] ?? 0) + count;
  return all as unknown as T;
}

export function sumOfUsage(all: readonly Usage[]): Usage | undefined {
  return all.length === 0 ? undefined : all.reduce(added);
}

export function usageOf(counts: Counts): Usage | undefined {
  const { input, freshInput, cached = 0, cacheWrite = 0, output } = counts;
  const inputTokens =
    input ?? (freshInput === undefined ? undefined : freshInput + cached + cacheWrite);
  if (inputTokens === undefined || output === undefined) return undefined;
  const outputTokens = output + outputBeside(inputTokens, output, counts);
  // Parts larger than the whole would make the rest negative.
  const cacheFits = cached + cacheWrite <= inputTokens;
  const { reasoning, longCacheWrite } = counts;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: cacheFits ? counts.cached : undefined,
    cacheWriteInputTokens: cacheFits ? counts.cacheWrite : undefined,
    longCacheWriteInputTokens:
      cacheFits && longCacheWrite !== undefined && longCacheWrite <= cacheWrite
        ? longCacheWrite
        : undefined,
    reasoningTokens: reasoning !== undefined && reasoning <= outputTokens ? reasoning : undefined,
  };
}

/** xAI counts reasoning beside the completion, OpenAI within it: the provider's sum tells which. */
function outputBeside(input: number, output: number, counts: Counts): number {
  const { outputApart, reasoning = 0, total } = counts;
  return outputApart ?? (total === input + output + reasoning ? reasoning : 0);
}
