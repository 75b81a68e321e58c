// A loop that calls tools asks a model several times and hands all on as one stream, or as one
// result: all answers count, each priced by itself.
import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount, jsonSchema, streamText } from "ai";
import { calculateCost } from "llmops-observability";
import type { WireSpan } from "llmops-observability/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { PROMPTS, TEXT, TOOL, TOOL_INPUT } from "../provider.ts";
import { aiSdk } from "../providers/ai-sdk.ts";
import { instrumentedCalls, recordAll, spanOf, spanOfResult, spanOfStream } from "../recorded.ts";
import { type LlmServer, startLlmServer } from "../server.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

type Maker = (id: string, text: string, tool: string) => readonly unknown[];

const chatChunk = (id: string, choice: object, more: object = {}): unknown => ({
  id,
  object: "chat.completion.chunk",
  model: "gpt-4o-mini",
  choices: [{ index: 0, ...choice }],
  ...more,
});
const chatCall = (index: number, name: string): unknown => ({
  index,
  id: `call_${name}`,
  function: { name, arguments: '{"city":"Paris"}' },
});
const usage = { prompt_tokens: 10, completion_tokens: 2 };

/** One answer of 10 tokens in and 2 out, with a text and a call of a tool. */
const ANSWERS: Readonly<Record<string, Maker>> = {
  "OpenAI's chunks": (id, content, name) => [
    chatChunk(id, { delta: { content } }),
    chatChunk(id, { delta: { tool_calls: [chatCall(0, name)] } }),
    chatChunk(id, { delta: {}, finish_reason: "tool_calls" }),
    { ...(chatChunk(id, {}) as object), choices: [], usage },
  ],
  "OpenAI's completions": (id, content, name) => [
    {
      id,
      object: "chat.completion",
      model: "gpt-4o-mini",
      choices: [
        {
          index: 0,
          message: { content, tool_calls: [chatCall(0, name)] },
          finish_reason: "tool_calls",
        },
      ],
      usage,
    },
  ],
  "Groq's chunks": (id, content, name) => [
    chatChunk(id, { delta: { content } }, { x_groq: { id } }),
    chatChunk(id, { delta: { tool_calls: [chatCall(0, name)] } }),
    chatChunk(id, { delta: {}, finish_reason: "tool_calls" }, { x_groq: { id, usage } }),
  ],
  "Mistral's events": (id, content, name) => [
    {
      data: {
        id,
        model: "mistral-large-latest",
        choices: [
          { index: 0, delta: { content, toolCalls: [chatCall(0, name)] }, finishReason: null },
        ],
      },
    },
    {
      data: {
        id,
        model: "mistral-large-latest",
        choices: [{ index: 0, delta: {}, finishReason: "tool_calls" }],
        usage: { promptTokens: 10, completionTokens: 2 },
      },
    },
  ],
  "Responses' events": (id, delta, name) => {
    const response = { id, object: "response", model: "gpt-4o-mini", output: [] };
    return [
      { type: "response.created", response: { ...response, status: "in_progress" } },
      { type: "response.output_text.delta", output_index: 0, delta },
      {
        type: "response.output_item.added",
        output_index: 1,
        item: { type: "function_call", call_id: `call_${name}`, name, arguments: "" },
      },
      {
        type: "response.function_call_arguments.done",
        output_index: 1,
        arguments: '{"city":"Paris"}',
      },
      {
        type: "response.completed",
        response: {
          ...response,
          status: "completed",
          usage: { input_tokens: 10, output_tokens: 2 },
        },
      },
    ];
  },
  "Anthropic's events": (id, text, name) => [
    {
      type: "message_start",
      message: {
        id,
        model: "claude-sonnet-5",
        content: [],
        usage: { input_tokens: 10, output_tokens: 1 },
      },
    },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
    {
      type: "content_block_start",
      index: 1,
      content_block: { type: "tool_use", id: `call_${name}`, name, input: {} },
    },
    {
      type: "content_block_delta",
      index: 1,
      delta: { type: "input_json_delta", partial_json: '{"city":"Paris"}' },
    },
    { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ],
  "Anthropic's messages": (id, text, name) => [
    {
      id,
      type: "message",
      model: "claude-sonnet-5",
      content: [
        { type: "text", text },
        { type: "tool_use", id: `call_${name}`, name, input: TOOL_INPUT },
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 10, output_tokens: 2 },
    },
  ],
  "Bedrock's events": (_id, text, name) => [
    { messageStart: { role: "assistant" } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text } } },
    {
      contentBlockStart: {
        contentBlockIndex: 1,
        start: { toolUse: { toolUseId: `call_${name}`, name } },
      },
    },
    {
      contentBlockDelta: {
        contentBlockIndex: 1,
        delta: { toolUse: { input: '{"city":"Paris"}' } },
      },
    },
    { messageStop: { stopReason: "tool_use" } },
    { metadata: { usage: { inputTokens: 10, outputTokens: 2 } } },
  ],
  "Gemini's chunks": (responseId, text, name) => [
    {
      responseId,
      modelVersion: "gemini-2.5-pro",
      candidates: [{ content: { parts: [{ text }] } }],
    },
    {
      responseId,
      modelVersion: "gemini-2.5-pro",
      candidates: [
        {
          content: { parts: [{ functionCall: { id: `call_${name}`, name, args: TOOL_INPUT } }] },
          finishReason: "STOP",
        },
      ],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2 },
    },
  ],
  "Cohere's events": (id, text, name) => [
    { type: "message-start", id },
    { type: "content-delta", index: 0, delta: { message: { content: { text } } } },
    {
      type: "tool-call-start",
      index: 0,
      delta: {
        message: {
          toolCalls: { id: `call_${name}`, function: { name, arguments: '{"city":"Paris"}' } },
        },
      },
    },
    {
      type: "message-end",
      delta: {
        finishReason: "TOOL_CALL",
        usage: { tokens: { inputTokens: 10, outputTokens: 2 } },
      },
    },
  ],
  "Ollama's lines": (_id, content, name) => [
    { model: "llama3.2", done: false, message: { content } },
    {
      model: "llama3.2",
      done: false,
      message: { content: "", tool_calls: [{ function: { name, arguments: TOOL_INPUT } }] },
    },
    {
      model: "llama3.2",
      done: true,
      done_reason: "stop",
      message: { content: "" },
      prompt_eval_count: 10,
      eval_count: 2,
    },
  ],
};

test.each(Object.entries(ANSWERS))("%s of two answers count twice", async (_name, answer) => {
  const span = await spanOfStream([
    ...answer("1", "One. ", "first"),
    ...answer("2", "Two.", "next"),
  ]);
  expect(span.response).toBe("One. Two.");
  expect(span.usage).toMatchObject({ input_tokens: 20, output_tokens: 4, total_tokens: 24 });
  expect(span.tool_calls).toEqual([
    expect.objectContaining({ name: "first", arguments: TOOL_INPUT }),
    expect.objectContaining({ name: "next", arguments: TOOL_INPUT }),
  ]);
});

test("the price of a long prompt is that of its own answer, not of all together", async () => {
  const modelId = "gemini-2.5-pro";
  const answers = ["1", "2"].map((responseId) => ({
    responseId,
    modelVersion: modelId,
    candidates: [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 150_000, candidatesTokenCount: 1000 },
  }));
  const span = await spanOfStream(answers);
  const one = await calculateCost({ modelId, inputTokens: 150_000, outputTokens: 1000 });
  expect(span.usage?.input_tokens).toBe(300_000);
  expect(span.cost?.total_cost).toBeCloseTo(2 * (one?.totalCost ?? 0), 12);
});

test("LangChain's chunks are added up, as its own `concat` does", async () => {
  const counts = [
    [25, 1],
    [0, 0],
    [0, 14],
  ] as const;
  // As its client of Anthropic streams them.
  const chunks = counts.map(
    ([input_tokens, output_tokens]) =>
      new AIMessageChunk({
        id: "msg_1",
        content: "Hi",
        usage_metadata: {
          input_tokens,
          output_tokens,
          total_tokens: input_tokens + output_tokens,
        } as never,
      }),
  );
  const span = await spanOfStream(chunks);
  const whole = chunks.reduce((one, next) => one.concat(next));
  expect(whole).toMatchObject({ usage_metadata: span.usage });
  expect(span.usage?.total_tokens).toBe(40);
});

describe("the AI SDK, in two steps", () => {
  let server: LlmServer;
  let steps = 0;
  beforeAll(async () => {
    server = await startLlmServer({
      ...aiSdk,
      // The first answer calls the tool, the next one says something.
      answer: (_scenario, streamed) => aiSdk.answer(steps++ % 2 === 0 ? "tool" : "plain", streamed),
    });
  });
  afterAll(() => server.close());

  const request = () => ({
    model: createOpenAI({ apiKey: "none", baseURL: `${server.url}/v1` }).chat("gpt-4o-mini"),
    prompt: PROMPTS.tool,
    maxRetries: 0,
    stopWhen: isStepCount(3),
    tools: {
      [TOOL]: {
        inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }),
        execute: () => Promise.resolve("rain"),
      },
    },
  });
  const expectBoth = (span: WireSpan): void => {
    expect(span).toMatchObject({ status: "success", response: TEXT, finish_reason: "stop" });
    expect(span.usage).toMatchObject({ input_tokens: 40, output_tokens: 18, total_tokens: 58 });
    expect(span.usage).toMatchObject({ cached_input_tokens: 16, reasoning_tokens: 6 });
    expect(span.tool_calls).toMatchObject([{ name: TOOL, arguments: TOOL_INPUT }]);
  };

  test("`generateText`", async () => {
    expectBoth(
      await spanOf(async () => {
        await tracked.promiseReturning(PROMPTS.tool, () => generateText(request()));
      }),
    );
  });

  test("`streamText`", async () => {
    expectBoth(
      await spanOf(async () => {
        const result = tracked.returned(streamText(request())) as ReturnType<typeof streamText>;
        expect(await result.text).toBe(TEXT);
      }),
    );
  });

  test("left in the second step, what the first one cost is told", async () => {
    const span = await spanOf(async () => {
      const result = tracked.returned(streamText(request())) as ReturnType<typeof streamText>;
      let begun = 0;
      for await (const part of result.fullStream)
        if (part.type === "start-step" && ++begun === 2) break;
    });
    expect(span.status).toBe("success");
    expect(span.usage?.input_tokens).toBeGreaterThanOrEqual(20);
  });
});

describe("an agent's messages, as LangGraph has them", () => {
  const tool = { id: "call_1", name: TOOL, args: TOOL_INPUT };
  const answer = (id: string, content: string, more: object = {}): AIMessage =>
    new AIMessage({
      id,
      content,
      response_metadata: { model_name: "gpt-4o-mini", finish_reason: "stop" },
      usage_metadata: { input_tokens: 10, output_tokens: 2, total_tokens: 12 } as never,
      ...more,
    });
  const [earlier, first, last] = [
    answer("0", "Hello."),
    answer("1", "", { tool_calls: [tool] }),
    answer("2", "Rain."),
  ];
  const question = new HumanMessage("And the weather?");
  const result = new ToolMessage({ tool_call_id: "call_1", content: "rain" });
  const messages = [new HumanMessage("Hi"), earlier, question, first, result, last];

  function expectTwo(span: WireSpan): void {
    expect(span).toMatchObject({ response: "Rain.", tool_calls: [{ name: TOOL }] });
    expect(span.usage).toMatchObject({ input_tokens: 20, output_tokens: 4 });
  }

  test("as the result, with the conversation before", async () => {
    expectTwo(await spanOfResult({ messages }));
  });

  test("streamed as states, each with all messages so far", async () => {
    const states = [3, 4, 5, 6].map((count) => ({ messages: messages.slice(0, count) }));
    expectTwo(await spanOfStream(states));
    const copies = states.map((state) => ({
      messages: state.messages.map((message) =>
        message instanceof AIMessage ? new AIMessage(message.lc_kwargs as never) : message,
      ),
    }));
    expectTwo(await spanOfStream(copies));
  });

  test("streamed as updates", async () => {
    const updates = [
      { agent: { messages: [first] } },
      { tools: { messages: [result] } },
      { agent: { messages: [last] } },
    ];
    expectTwo(await spanOfStream(updates));
  });
});

describe("Mistral's conversations", () => {
  const counts = { promptTokens: 10, completionTokens: 2, totalTokens: 42, connectorTokens: 30 };
  const model = "mistral-medium-latest";
  const call = { toolCallId: "call_1", name: TOOL };

  function expectOne(span: WireSpan): void {
    expect(span).toMatchObject({ response: "Rain.", model_id: model });
    expect(span.tool_calls).toEqual([{ id: "call_1", name: TOOL, arguments: TOOL_INPUT }]);
    expect(span.usage).toMatchObject({ input_tokens: 40, output_tokens: 2 });
  }

  test("a response", async () => {
    expectOne(
      await spanOfResult({
        object: "conversation.response",
        conversationId: "conv_1",
        outputs: [
          { type: "function.call", id: "1", ...call, arguments: TOOL_INPUT },
          { type: "message.output", id: "2", model, content: [{ type: "text", text: "Rain." }] },
        ],
        usage: counts,
      }),
    );
  });

  test("events", async () => {
    const events = [
      { type: "conversation.response.started", conversationId: "conv_1" },
      { type: "function.call.delta", id: "1", outputIndex: 0, ...call, arguments: '{"city"' },
      { type: "function.call.delta", id: "1", outputIndex: 0, ...call, arguments: ':"Paris"}' },
      { type: "message.output.delta", id: "2", outputIndex: 1, model, content: "Rain" },
      {
        type: "message.output.delta",
        id: "2",
        outputIndex: 1,
        model,
        content: { type: "text", text: "." },
      },
      { type: "conversation.response.done", usage: counts },
    ];
    expectOne(await spanOfStream(events.map((data) => ({ event: data.type, data }))));
  });

  test("an error among the events", async () => {
    const data = { type: "conversation.response.error", message: "Overloaded", code: 3505 };
    expect(await spanOfStream([{ event: data.type, data }])).toMatchObject({
      status: "error",
      error: { type: "conversation.response.error", message: "Overloaded" },
    });
  });
});
