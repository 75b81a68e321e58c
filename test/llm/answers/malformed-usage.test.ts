// Counts that are no counts, in every format: left out of the span, and of the trace's totals.
import { beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { chat } from "../providers/openai-chat.ts";
import { instrumentedCalls, recordAll, spanOfResult, traceOf } from "../recorded.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

describe("malformed usage", () => {
  test.each<readonly [name: string, usage: unknown]>([
    ["below zero", { prompt_tokens: -5, completion_tokens: 3 }],
    ["no number", { prompt_tokens: Number.NaN, completion_tokens: 3 }],
    ["a text", { prompt_tokens: "5", completion_tokens: 3 }],
    ["missing", { prompt_tokens: 5 }],
    ["beyond all counts", { prompt_tokens: 1e300, completion_tokens: 3 }],
    ["a fraction", { prompt_tokens: 0.5, completion_tokens: 3 }],
    ["null", null],
    ["no object", "many"],
    ["a list", []],
    [
      "a getter",
      {
        get prompt_tokens(): number {
          throw new Error("read");
        },
        completion_tokens: 3,
      },
    ],
  ])("%s counts nothing", async (_name, usage) => {
    const trace = await traceOf(async () => {
      tracked.returned(chat({ prompt_tokens: 10, completion_tokens: 2 }));
      tracked.returned(chat(usage));
    });
    const [, span] = trace.spans;
    expect(span).toMatchObject({ response: "Hi", usage: null, cost: null, status: "success" });
    expect(trace.token_usage).toEqual({
      total_input_tokens: 10,
      total_output_tokens: 2,
      total_tokens: 12,
    });
    expect(trace.cost.total_cost).toBeCloseTo((10 * 0.15 + 2 * 0.6) / 1e6, 12);
    expect(trace.total_generations).toBe(2);
  });

  /** Each format's counts: input, output, and a part of the input. */
  const COUNTS: Readonly<
    Record<string, (input: unknown, output: unknown, part: unknown) => unknown>
  > = {
    "Chat Completions": (prompt_tokens, completion_tokens, cached_tokens) =>
      chat({ prompt_tokens, completion_tokens, prompt_tokens_details: { cached_tokens } }),
    Responses: (input_tokens, output_tokens, cached_tokens) => ({
      object: "response",
      model: "gpt-4o",
      output: [],
      usage: { input_tokens, output_tokens, input_tokens_details: { cached_tokens } },
    }),
    Anthropic: (input_tokens, output_tokens, cache_read_input_tokens) => ({
      type: "message",
      model: "claude-sonnet-5",
      content: [],
      usage: { input_tokens, output_tokens, cache_read_input_tokens },
    }),
    Converse: (inputTokens, outputTokens, cacheReadInputTokens) => ({
      output: { message: { role: "assistant", content: [] } },
      usage: { inputTokens, outputTokens, cacheReadInputTokens },
    }),
    Titan: (inputTextTokenCount, tokenCount) => ({
      inputTextTokenCount,
      results: [{ tokenCount, outputText: "Hi" }],
    }),
    Gemini: (promptTokenCount, candidatesTokenCount, cachedContentTokenCount) => ({
      modelVersion: "gemini-2.5-flash",
      candidates: [],
      usageMetadata: { promptTokenCount, candidatesTokenCount, cachedContentTokenCount },
    }),
    Cohere: (inputTokens, outputTokens, cachedTokens) => ({
      message: { role: "assistant", content: [] },
      finishReason: "COMPLETE",
      usage: {
        billedUnits: { inputTokens, outputTokens },
        tokens: { inputTokens, outputTokens },
        cachedTokens,
      },
    }),
    Ollama: (prompt_eval_count, eval_count) => ({
      model: "llama3.2",
      done: true,
      message: { content: "Hi" },
      prompt_eval_count,
      eval_count,
    }),
    "AI SDK": (inputTokens, outputTokens, cachedInputTokens) => ({
      steps: [{ content: [], response: { modelId: "gpt-4o" } }],
      totalUsage: { inputTokens, outputTokens, cachedInputTokens },
    }),
    LangChain: (input_tokens, output_tokens, cache_read) => ({
      lc_namespace: [],
      type: "ai",
      content: "Hi",
      response_metadata: { model_name: "gpt-4o" },
      usage_metadata: { input_tokens, output_tokens, input_token_details: { cache_read } },
    }),
  };
  const BAD: readonly unknown[] = [
    -1,
    -0.5,
    0.5,
    Number.NaN,
    Infinity,
    -Infinity,
    1e300,
    Number.MAX_SAFE_INTEGER,
    "5",
    "",
    null,
    undefined,
    true,
    5n,
    {},
    [],
    [5],
    Symbol("5"),
    () => 5,
  ];

  test.each(Object.entries(COUNTS))("of %s never corrupts totals", async (_name, answer) => {
    const trace = await traceOf(async () => {
      for (const bad of BAD) {
        tracked.returned(answer(bad, 2, 1));
        tracked.returned(answer(10, bad, 1));
        tracked.returned(answer(10, 2, bad));
        tracked.returned(answer(bad, bad, bad));
      }
    });
    expect(trace.spans.length).toBe(4 * BAD.length);
    let [input, output] = [0, 0];
    for (const { usage, cost, status } of trace.spans) {
      expect(status).toBe("success");
      if (usage === null) continue;
      const { total_tokens, input_tokens, output_tokens } = usage;
      for (const count of Object.values(usage)) expect([0, 1, 2, 10, 11, 12, 13]).toContain(count);
      expect(total_tokens).toBe(input_tokens + output_tokens);
      if (cost !== null) expect(cost.total_cost).toBeGreaterThanOrEqual(0);
      input += input_tokens;
      output += output_tokens;
    }
    expect(trace.token_usage).toEqual({
      total_input_tokens: input,
      total_output_tokens: output,
      total_tokens: input + output,
    });
    expect(trace.cost.total_cost ?? 0).toBeLessThan(1);
  });

  test("a cache larger than the input is left out", async () => {
    const details = { cached_tokens: 99 };
    const span = await spanOfResult(
      chat({ prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: details }),
    );
    expect(span.usage).toEqual({ input_tokens: 10, output_tokens: 2, total_tokens: 12 });
    expect(span.cost?.input_cost).toBeCloseTo((10 * 0.15) / 1e6, 12);
  });
});
