// Tokens that providers count each in their way: reasoning within the output, beside it, or in the
// total alone; steps that the counts leave out; vectors.
import { createOpenAI } from "@ai-sdk/openai";
import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { embed, embedMany, generateText, streamText } from "ai";
import { calculateCost, configure } from "llmops-observability";
import type { WireSpan } from "llmops-observability/wire";
import OpenAI from "openai";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { type Answer, PROMPTS } from "../provider.ts";
import { aiSdk } from "../providers/ai-sdk.ts";
import { openAiChat } from "../providers/openai-chat.ts";
import { instrumentedCalls, recordAll, spanOf, spanOfResult, spanOfStream } from "../recorded.ts";
import { type LlmServer, startLlmServer } from "../server.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

interface Counted {
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly reasoning?: number | undefined;
  readonly total: number;
}

/** xAI's own example of grok-4: 17 = 10 + 2 + 5. */
const BESIDE: Counted = { model: "grok-4-0709", input: 10, output: 2, reasoning: 5, total: 17 };
const WITHIN: Counted = { model: "gpt-5", input: 10, output: 7, reasoning: 5, total: 17 };
const NONE: Counted = { model: "gpt-4o-mini", input: 10, output: 7, total: 17 };

const chatUsage = ({ input, output, reasoning, total }: Counted): unknown => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: total,
  completion_tokens_details: { reasoning_tokens: reasoning },
});
const chatChunk = (counted: Counted, choice: object): unknown => ({
  id: "1",
  object: "chat.completion.chunk",
  model: counted.model,
  choices: [{ index: 0, ...choice }],
  usage: chatUsage(counted),
});
const responseUsage = ({ input, output, reasoning, total }: Counted): unknown => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: total,
  output_tokens_details: { reasoning_tokens: reasoning },
});
const message = (counted: Counted, Class: typeof AIMessage | typeof AIMessageChunk): unknown =>
  new Class({
    id: "1",
    content: "Hi",
    response_metadata: { model_name: counted.model, finish_reason: "stop" },
    usage_metadata: {
      input_tokens: counted.input,
      output_tokens: counted.output,
      total_tokens: counted.total,
      output_token_details: { reasoning: counted.reasoning },
    } as never,
  });

const reasoningOf = ({ reasoning = 0 }: Counted): number => reasoning;

/** Answers in pieces; a whole one is the only piece. */
const ANSWERS: Readonly<Record<string, (counted: Counted) => readonly unknown[]>> = {
  "Chat Completions": (counted) => [
    {
      id: "1",
      object: "chat.completion",
      model: counted.model,
      choices: [{ index: 0, message: { content: "Hi" }, finish_reason: "stop" }],
      usage: chatUsage(counted),
    },
  ],
  "chunks of Chat Completions, each with the counts so far": (counted) => [
    chatChunk({ ...counted, output: 1, total: counted.input + 1 + reasoningOf(counted) }, {}),
    chatChunk(counted, { delta: { content: "Hi" }, finish_reason: "stop" }),
  ],
  "Mistral's form": ({ model, input, output, reasoning, total }) => [
    {
      data: {
        id: "1",
        model,
        choices: [{ index: 0, delta: { content: "Hi" }, finishReason: "stop" }],
        usage: {
          promptTokens: input,
          completionTokens: output,
          totalTokens: total,
          completionTokensDetails: { reasoningTokens: reasoning },
        },
      },
    },
  ],
  Responses: (counted) => [
    {
      object: "response",
      id: "1",
      model: counted.model,
      output: [{ type: "message", content: [{ text: "Hi" }] }],
      usage: responseUsage(counted),
    },
  ],
  "Responses' events": (counted) => [
    { type: "response.output_text.delta", delta: "Hi" },
    {
      type: "response.completed",
      response: { model: counted.model, output: [], usage: responseUsage(counted) },
    },
  ],
  "LangChain's message": (counted) => [message(counted, AIMessage)],
  "LangChain's chunks": (counted) => [
    message({ ...counted, input: counted.input - 1, total: counted.total - 1 }, AIMessageChunk),
    message({ ...counted, input: 1, output: 0, reasoning: undefined, total: 1 }, AIMessageChunk),
  ],
};

async function expectUsage(span: WireSpan, model: string, reasoning?: number): Promise<void> {
  expect(span.usage).toMatchObject({ input_tokens: 10, output_tokens: 7, total_tokens: 17 });
  expect(span.usage?.reasoning_tokens).toBe(reasoning);
  const cost = await calculateCost({ modelId: model, inputTokens: 10, outputTokens: 7 });
  expect(cost?.totalCost).toBeGreaterThan(0);
  expect(span.cost?.total_cost).toBeCloseTo(cost?.totalCost ?? 0, 12);
}

describe.each(Object.entries(ANSWERS))("%s", (_name, answer) => {
  test.each([
    ["beside the output", BESIDE],
    ["within the output", WITHIN],
    ["not counted", NONE],
  ])("reasoning %s", async (_where, counted) => {
    await expectUsage(await spanOfStream(answer(counted)), counted.model, counted.reasoning);
  });
});

describe("Gemini behind OpenAI's form", () => {
  const counted: Counted = { model: "gemini-2.5-flash", input: 10, output: 2, total: 17 };
  test.each(["Chat Completions", "chunks of Chat Completions, each with the counts so far"])(
    "tells its thoughts in the total alone: %s",
    async (name) => {
      await expectUsage(await spanOfStream(ANSWERS[name]?.(counted) ?? []), counted.model, 5);
    },
  );

  test("a total of another vendor's that is no sum changes nothing", async () => {
    const others = { ...counted, model: "gpt-4o-mini" };
    const span = await spanOfStream(ANSWERS["Chat Completions"]?.(others) ?? []);
    expect(span.usage).toMatchObject({ input_tokens: 10, output_tokens: 2 });
  });
});

describe("by the SDKs", () => {
  let server: LlmServer;
  afterEach(() => server.close());
  const beside = chatUsage(BESIDE);

  function xai(streamed: boolean): Answer {
    const answer = openAiChat.answer("plain", streamed);
    const grok = (part: unknown): object => ({ ...(part as object), model: BESIDE.model });
    if (answer.sse === undefined) return { json: { ...grok(answer.json), usage: beside } };
    return { ...answer, sse: answer.sse.map((part) => ({ ...grok(part), usage: beside })) };
  }
  const start = async (): Promise<string> => {
    server = await startLlmServer({
      ...openAiChat,
      answer: (_scenario, streamed) => xai(streamed),
    });
    return `${server.url}/v1`;
  };

  test.each([false, true])("`openai`, streamed: %s", async (stream) => {
    const client = new OpenAI({ apiKey: "none", baseURL: await start(), maxRetries: 0 });
    const span = await spanOf(async () => {
      const answer = await tracked.asyncFunction(PROMPTS.plain, () =>
        client.chat.completions.create({
          model: BESIDE.model,
          messages: [{ role: "user", content: PROMPTS.plain }],
          stream,
        }),
      );
      if (stream) for await (const _chunk of answer as AsyncIterable<unknown>) void _chunk;
    });
    await expectUsage(span, BESIDE.model, 5);
  });

  test.each([false, true])("`ai`, streamed: %s", async (stream) => {
    const baseURL = await start();
    const model = createOpenAI({ apiKey: "none", baseURL }).chat(BESIDE.model);
    const request = { model, prompt: PROMPTS.plain, maxRetries: 0 };
    const span = await spanOf(async () => {
      if (!stream) await tracked.promiseReturning(PROMPTS.plain, () => generateText(request));
      else {
        const result = tracked.returned(streamText(request)) as ReturnType<typeof streamText>;
        await result.text;
      }
    });
    await expectUsage(span, BESIDE.model, 5);
  });

  test("vectors: their input alone, and no model of last resort", async () => {
    const vectors = { object: "list", usage: { prompt_tokens: 5, total_tokens: 5 } };
    let named: object = { model: "text-embedding-3-small" };
    server = await startLlmServer({
      ...aiSdk,
      answer: () => ({
        json: { ...vectors, ...named, data: [{ object: "embedding", index: 0, embedding: [1] }] },
      }),
    });
    const provider = createOpenAI({ apiKey: "none", baseURL: `${server.url}/v1` });
    const model = provider.embedding("text-embedding-3-small");
    const value = PROMPTS.plain;
    const one = (): Promise<unknown> => embed({ model, value });
    const many = (): Promise<unknown> => embedMany({ model, values: [value] });
    for (const call of [one, many]) {
      const span = await spanOf(async () => void (await tracked.asyncFunction(value, call)));
      expect(span).toMatchObject({
        model_id: "text-embedding-3-small",
        usage: { input_tokens: 5, output_tokens: 0 },
      });
    }
    named = {};
    for (const call of [one, many]) {
      const span = await spanOf(async () => void (await tracked.asyncFunction(value, call)));
      expect(span).toMatchObject({ model_id: null, usage: { input_tokens: 5 }, cost: null });
    }
  });
});

test.each<readonly [name: string, answer: unknown]>([
  [
    "OpenAI",
    {
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    },
  ],
  [
    "Mistral",
    {
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      usage: { promptTokens: 5, totalTokens: 5 },
    },
  ],
  ["Ollama", { embeddings: [[0.5]], prompt_eval_count: 5 }],
  ["Titan", { embedding: [0.5], inputTextTokenCount: 5 }],
  ["Cohere", { embeddings: { float: [[0.5]] }, meta: { billedUnits: { inputTokens: 5 } } }],
])("of vectors of %s no model of last resort is claimed", async (_name, answer) => {
  for (const modelId of [undefined, "gpt-4o"]) {
    configure({ modelId });
    const span = await spanOfResult(answer);
    configure({ modelId: undefined });
    expect(span).toMatchObject({ model_id: null, usage: { input_tokens: 5 }, cost: null });
  }
});

test("what Anthropic spends on compaction is paid for beside the answer", async () => {
  const own = { input_tokens: 10, output_tokens: 2 };
  const usage = {
    ...own,
    iterations: [
      { type: "compaction", input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 30 },
      { type: "message", ...own },
    ],
  };
  const model = "claude-sonnet-4-5";
  const head = { id: "msg_1", type: "message", model, content: [] };
  const spans = [
    await spanOfResult({ ...head, stop_reason: "end_turn", usage }),
    await spanOfStream([
      { type: "message_start", message: { ...head, usage: { ...own, output_tokens: 1 } } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
    ]),
  ];
  for (const span of spans)
    expect(span.usage).toMatchObject({
      input_tokens: 140,
      output_tokens: 22,
      cached_input_tokens: 30,
    });
  expect(spans[0]?.cost?.total_cost).toBeCloseTo((110 * 3 + 30 * 0.3 + 22 * 15) / 1e6, 12);
});
