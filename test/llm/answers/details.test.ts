// What providers put into their answers now and then: errors told in the middle of a stream, tools
// of their own kind, counts left out because they are 0, reasoning with a text of its own.
import { createOpenAI } from "@ai-sdk/openai";
import { generateObject, generateText, jsonSchema, Output } from "ai";
import { calculateCost } from "llmops-observability";
import type { WireSpan } from "llmops-observability/wire";
import { beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { type Answer, PIECES, PROMPTS, type Provider } from "../provider.ts";
import { aiSdk } from "../providers/ai-sdk.ts";
import { anthropic } from "../providers/anthropic.ts";
import { bedrockConverse } from "../providers/bedrock-converse.ts";
import { openAiChat } from "../providers/openai-chat.ts";
import { instrumentedCalls, recordAll, spanOf, spanOfResult, spanOfStream } from "../recorded.ts";
import { startLlmServer } from "../server.ts";

const SO_FAR = PIECES.slice(0, 2).join("");
let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

test.each<readonly [name: string, chunks: readonly unknown[], told: string]>([
  [
    "OpenAI's Responses",
    [
      { type: "response.output_text.delta", output_index: 0, delta: "Hel" },
      { type: "error", code: "server_error", message: "Overloaded", param: null },
    ],
    "Overloaded",
  ],
  [
    "Groq",
    [
      {
        id: "1",
        object: "chat.completion.chunk",
        model: "llama-3.1-8b-instant",
        choices: [{ index: 0, delta: { content: "Hel" } }],
        x_groq: { id: "1" },
      },
      {
        id: "1",
        object: "chat.completion.chunk",
        model: "llama-3.1-8b-instant",
        choices: [],
        x_groq: { error: "Overloaded" },
      },
    ],
    "Overloaded",
  ],
  [
    "Cohere",
    [
      { type: "content-delta", index: 0, delta: { message: { content: { text: "Hel" } } } },
      { type: "message-end", delta: { finishReason: "ERROR", error: "Overloaded" } },
    ],
    "Overloaded",
  ],
])("an error that %s streams is the span's", async (_name, chunks, told) => {
  const span = await spanOfStream(chunks);
  expect(span).toMatchObject({ status: "error", response: "Hel" });
  expect(span.status_message).toContain(told);
});

/** What each SDK makes an error of, in the middle of its stream. */
const MIDWAY: readonly (readonly [
  provider: Provider,
  fail: (answer: Answer) => Answer,
  told: RegExp,
])[] = [
  [
    openAiChat,
    ({ sse = [] }) => ({
      sse: [...sse.slice(0, 3), { error: { message: "Overloaded", code: "server_error" } }],
    }),
    /Overloaded/,
  ],
  [
    anthropic,
    ({ sse = [] }) => ({
      named: true,
      sse: [
        ...sse.slice(0, 4),
        { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      ],
    }),
    /Overloaded/,
  ],
  [
    bedrockConverse,
    ({ aws = [] }) => ({
      aws: [
        ...aws.slice(0, 3),
        ["modelStreamErrorException", { message: "Overloaded" }, "exception"],
      ],
    }),
    /Overloaded/,
  ],
];

test.each(MIDWAY.map((row) => [row[0].name, row] as const))(
  "an error in the middle of the stream of %s is the span's, behind the text so far",
  async (_name, [provider, fail, told]) => {
    const server = await startLlmServer({
      ...provider,
      answer: (scenario, streamed) => fail(provider.answer(scenario, streamed)),
    });
    const client = await provider.connect(server.url);
    const chunksOf = provider.chunksOf ?? ((answer: unknown) => answer as AsyncIterable<unknown>);
    const { signal } = new AbortController();
    const thrown: unknown[] = [];
    const span = await spanOf(async () => {
      const answer = await tracked.asyncFunction(PROMPTS.plain, (asked) =>
        client.stream(asked, signal),
      );
      try {
        for await (const chunk of chunksOf(answer)) expect(chunk).toBeDefined();
      } catch (error) {
        thrown.push(error);
      }
    });
    await server.close();
    expect(thrown).toEqual([expect.any(Error)]);
    expect(span).toMatchObject({ status: "error", response: SO_FAR });
    expect(span.status_message).toMatch(told);
  },
);

test("secrets in what a provider says of an error are masked", async () => {
  const key = `sk-${"a1B2".repeat(10)}`;
  const thrown = Object.assign(new Error(`Incorrect API key provided: ${key}`), {
    status: 401,
    code: "invalid_api_key",
    requestID: key,
    headers: new Headers({ "retry-after": "7" }),
  });
  const span = await spanOf(async () => {
    const failing = tracked.asyncFunction("?", () => Promise.reject(thrown));
    await expect(failing).rejects.toBe(thrown);
  });
  expect(span.status_message).toMatch(/HTTP 401, invalid_api_key, .*retry after 7 s/);
  expect(JSON.stringify(span)).not.toContain("a1B2");
});

describe("OpenAI's Responses", () => {
  const output = [
    { type: "reasoning", content: [{ type: "reasoning_text", text: "Hm. " }] },
    { type: "message", content: [{ type: "output_text", text: "Hi" }] },
    { type: "custom_tool_call", call_id: "call_1", name: "run", input: "ls -l" },
  ];
  const usage = { input_tokens: 5, output_tokens: 3 };
  const response = { id: "resp_1", object: "response", model: "gpt-4o", status: "completed" };

  test("tell reasoning and text apart, and have tools that take a text", async () => {
    const span = await spanOfResult({ ...response, output, usage });
    expect(span.response).toBe("Hi");
    expect(span.tool_calls).toEqual([{ id: "call_1", name: "run", arguments: "ls -l" }]);
  });

  test("so do their streams", async () => {
    const span = await spanOfStream([
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      { type: "response.reasoning_text.delta", output_index: 0, delta: "Hm. " },
      { type: "response.output_text.delta", output_index: 1, delta: "Hi" },
      {
        type: "response.output_item.added",
        output_index: 2,
        item: { type: "custom_tool_call", call_id: "call_1", name: "run", input: "" },
      },
      { type: "response.custom_tool_call_input.delta", output_index: 2, delta: "ls" },
      { type: "response.custom_tool_call_input.delta", output_index: 2, delta: " -l" },
      { type: "response.completed", response: { ...response, output, usage } },
    ]);
    expect(span.response).toBe("Hi");
    expect(span.tool_calls).toEqual([{ id: "call_1", name: "run", arguments: "ls -l" }]);
    expect(span.usage?.total_tokens).toBe(8);
  });

  test("of a stream that was resumed have their whole text", async () => {
    const span = await spanOfStream([
      { type: "response.completed", response: { ...response, output, usage } },
    ]);
    expect(span.response).toBe("Hi");
  });
});

test("OpenAI's older functions are tools, too", async () => {
  const function_call = { name: "look", arguments: '{"city":"Paris"}' };
  const span = await spanOfResult({
    object: "chat.completion",
    model: "gpt-4",
    choices: [
      { index: 0, message: { content: null, function_call }, finish_reason: "function_call" },
    ],
  });
  expect(span.tool_calls).toEqual([{ id: null, name: "look", arguments: { city: "Paris" } }]);
});

test("Mistral's chat bodies on Bedrock have a stop reason", async () => {
  const body = {
    choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, stop_reason: "stop" }],
  };
  const span = await spanOfResult({ body: Buffer.from(JSON.stringify(body)) });
  expect(span).toMatchObject({ response: "Hi", finish_reason: "stop" });
});

describe("Gemini", () => {
  const modelVersion = "gemini-2.5-flash";

  test("leaves out a count of 0: a blocked prompt was read nevertheless", async () => {
    const span = await spanOfResult({
      modelVersion,
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 1000, totalTokenCount: 1000 },
    });
    expect(span.usage).toEqual({ input_tokens: 1000, output_tokens: 0, total_tokens: 1000 });
    expect(span.cost?.total_cost).toBeCloseTo((1000 * 0.3) / 1e6, 12);
  });

  test("streams several candidates", async () => {
    const chunk = (index: number, text: string): unknown => ({
      modelVersion,
      candidates: [{ index, content: { parts: [{ text }] } }],
    });
    const span = await spanOfStream([chunk(0, "One"), chunk(1, "Other"), chunk(0, ".")]);
    expect(span.response).toBe("One.\n\nOther");
  });
});

test("what Bedrock keeps for an hour has a price of its own", async () => {
  const modelId = "global.anthropic.claude-sonnet-4-5-20250929-v1:0";
  const answer = {
    output: { message: { role: "assistant", content: [{ text: "Hi" }] } },
    stopReason: "end_turn",
    usage: {
      inputTokens: 10,
      outputTokens: 0,
      totalTokens: 3010,
      cacheWriteInputTokens: 3000,
      cacheDetails: [
        { ttl: "1h", inputTokens: 1000 },
        { ttl: "5m", inputTokens: 2000 },
      ],
    },
  };
  const span = await spanOf(async () => void (await tracked.withModel(modelId, "?", () => answer)));
  const plain = await calculateCost({ modelId, inputTokens: 1e6, outputTokens: 0 });
  const rate = (plain?.inputCost ?? 0) / 1e6;
  expect(span.cost?.input_cost).toBeCloseTo((10 + 2000 * 1.25 + 1000 * 2) * rate, 12);
});

describe("the AI SDK's objects", () => {
  const object = { city: "Paris" };
  const schema = jsonSchema<typeof object>({
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  });

  async function spanOfCall(
    call: (model: ReturnType<ReturnType<typeof createOpenAI>["chat"]>) => Promise<unknown>,
  ): Promise<WireSpan> {
    const server = await startLlmServer({ ...aiSdk, answer: jsonAnswer });
    const model = createOpenAI({ apiKey: "none", baseURL: `${server.url}/v1` }).chat("gpt-4o-mini");
    const span = await spanOf(async () => {
      await tracked.promiseReturning(PROMPTS.plain, () => call(model));
    });
    await server.close();
    return span;
  }

  function jsonAnswer(): Answer {
    const { json } = aiSdk.answer("plain", false) as { json: { choices: [{ message: object }] } };
    const [choice] = json.choices;
    const message = { role: "assistant", content: JSON.stringify(object) };
    return { json: { ...json, choices: [{ ...choice, message }] } };
  }

  test.each([
    [
      "`Output.object`",
      (model) => generateText({ model, prompt: PROMPTS.plain, output: Output.object({ schema }) }),
    ],
    ["`generateObject`", (model) => generateObject({ model, prompt: PROMPTS.plain, schema })],
  ] as readonly (readonly [string, Parameters<typeof spanOfCall>[0]])[])(
    "by %s",
    async (_name, call) => {
      const span = await spanOfCall(call);
      expect(span).toMatchObject({ status: "success", finish_reason: "stop" });
      expect(JSON.parse(span.response ?? "")).toEqual(object);
      expect(span.usage).toEqual(aiSdk.usage);
      expect(span.cost).toMatchObject({ model_source: "response" });
    },
  );
});
