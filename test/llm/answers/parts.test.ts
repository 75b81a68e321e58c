// All that an answer holds, whole and streamed: several choices, what the model thought, the
// provider's own name of an error.
import { AIMessageChunk } from "@langchain/core/messages";
import { beforeAll, describe, expect, test } from "vitest";
import { recordAll, spanOfResult, spanOfStream } from "../recorded.ts";

beforeAll(() => recordAll());

const usage = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };
const chat = (choices: readonly unknown[], more: object = {}): unknown => ({
  id: "1",
  object: "chat.completion",
  model: "gpt-4o-mini",
  choices,
  usage,
  ...more,
});
const chunk = (index: number, delta: object, more: object = {}): unknown => ({
  id: "1",
  object: "chat.completion.chunk",
  model: "gpt-4o-mini",
  choices: [{ index, delta, finish_reason: null, ...more }],
});
const geminiChunk = (index: number, text: string, thought = false): unknown => ({
  responseId: "1",
  modelVersion: "gemini-2.5-pro",
  candidates: [{ index, content: { parts: [{ text, ...(thought && { thought }) }] } }],
});

describe("several choices", () => {
  const call = (id: string): unknown => ({
    index: 0,
    id,
    function: { name: "read", arguments: "{}" },
  });

  test.each<readonly [name: string, parts: readonly unknown[]]>([
    [
      "chunks, one after the other",
      [
        chunk(0, { role: "assistant", content: "Yes" }),
        chunk(1, { role: "assistant", content: "No" }),
        chunk(0, { content: "." }),
        chunk(1, { content: "!" }),
        chunk(1, {}, { finish_reason: "length" }),
        chunk(0, {}, { finish_reason: "stop" }),
        { ...(chunk(0, {}) as object), choices: [], usage },
      ],
    ],
    [
      "a chunk with all of them",
      [
        {
          ...(chunk(0, {}) as object),
          choices: [
            { index: 0, delta: { content: "Yes." }, finish_reason: "stop" },
            { index: 1, delta: { content: "No!" }, finish_reason: "length" },
          ],
          usage,
        },
      ],
    ],
    [
      "a whole answer",
      [
        chat([
          { index: 0, message: { content: "Yes." }, finish_reason: "stop" },
          { index: 1, message: { content: "No!" }, finish_reason: "length" },
        ]),
      ],
    ],
    [
      "a text completion",
      [
        chat(
          [
            { index: 1, text: "No!", finish_reason: "length" },
            { index: 0, text: "Yes.", finish_reason: "stop" },
          ],
          { object: "text_completion" },
        ),
      ],
    ],
    [
      "Mistral's events",
      [
        {
          data: {
            id: "1",
            model: "mistral-small-latest",
            choices: [
              { index: 0, delta: { content: "Yes." }, finishReason: "stop" },
              { index: 1, delta: { content: "No!" }, finishReason: "length" },
            ],
            usage: { promptTokens: 10, completionTokens: 4 },
          },
        },
      ],
    ],
    [
      "Gemini's chunks",
      [
        geminiChunk(0, "Yes"),
        geminiChunk(1, "No!"),
        geminiChunk(0, "."),
        {
          responseId: "1",
          modelVersion: "gemini-2.5-pro",
          candidates: [{ finishReason: "stop" }, { index: 1, finishReason: "length" }],
          usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 4 },
        },
      ],
    ],
    [
      "Titan's results",
      [
        {
          inputTextTokenCount: 10,
          results: [
            { tokenCount: 3, outputText: "Yes.", completionReason: "stop" },
            { tokenCount: 1, outputText: "No!", completionReason: "length" },
          ],
        },
      ],
    ],
    [
      "Jurassic's completions",
      [
        {
          prompt: { tokens: Array.from({ length: 10 }, () => ({})) },
          completions: [
            { data: { text: "Yes.", tokens: [{}, {}, {}] }, finishReason: { reason: "stop" } },
            { data: { text: "No!", tokens: [{}] }, finishReason: { reason: "length" } },
          ],
        },
      ],
    ],
  ])("%s", async (_name, parts) => {
    const span = await spanOfStream(parts);
    expect(span).toMatchObject({ response: "Yes.\n\nNo!", finish_reason: "stop" });
    expect(span.usage).toMatchObject({ input_tokens: 10, output_tokens: 4 });
  });

  test("the calls of each", async () => {
    const both = [{ id: "one" }, { id: "two" }];
    const streamed = await spanOfStream([
      chunk(0, { tool_calls: [call("one")] }),
      chunk(1, { tool_calls: [call("two")] }),
    ]);
    expect(streamed.tool_calls).toMatchObject(both);
    const choices = ["one", "two"].map((id, index) => ({
      index,
      message: { content: null, tool_calls: [call(id)] },
    }));
    expect((await spanOfResult(chat(choices))).tool_calls).toMatchObject(both);
  });

  test("stay within the limit together", async () => {
    const long = "x".repeat(20_000);
    const choices = Array.from({ length: 20 }, (_, index) => chunk(index, { content: long }));
    expect((await spanOfStream(choices)).response?.length).toBeLessThan(11_000);
  });
});

const bedrockDelta = (delta: object): unknown => ({
  contentBlockDelta: { contentBlockIndex: 0, delta },
});

/** «think», then «say»: in pieces and, where there is one, as a whole answer. */
const THOUGHTS: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  "`reasoning_content`": [
    [
      chunk(0, { role: "assistant", content: null, reasoning_content: "thi" }),
      chunk(0, { reasoning_content: "nk" }),
      chunk(0, { content: "say" }),
    ],
    [chat([{ message: { reasoning_content: "think", content: "say" } }])],
  ],
  "`reasoning`": [
    [
      chunk(0, { content: "", reasoning: "thi" }),
      chunk(0, { content: "", reasoning: "nk" }),
      chunk(0, { content: "say" }),
    ],
    [chat([{ message: { reasoning: "think", content: "say" } }])],
  ],
  Mistral: [
    [
      {
        data: {
          id: "1",
          model: "magistral-small-latest",
          choices: [
            {
              index: 0,
              delta: {
                content: [{ type: "thinking", thinking: [{ type: "text", text: "think" }] }],
              },
            },
          ],
        },
      },
      {
        data: {
          id: "1",
          model: "magistral-small-latest",
          choices: [{ index: 0, delta: { content: "say" } }],
        },
      },
    ],
  ],
  Anthropic: [
    [
      { type: "message_start", message: { id: "1", content: [] } },
      { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
      {
        type: "content_block_delta",
        index: 0,
        delta: { type: "thinking_delta", thinking: "think" },
      },
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "say" } },
    ],
    [
      {
        type: "message",
        content: [
          { type: "thinking", thinking: "think" },
          { type: "text", text: "say" },
        ],
      },
    ],
  ],
  Bedrock: [
    [
      bedrockDelta({ reasoningContent: { text: "thi" } }),
      bedrockDelta({ reasoningContent: { text: "nk" } }),
      bedrockDelta({ reasoningContent: { signature: "x" } }),
      bedrockDelta({ text: "say" }),
    ],
    [
      {
        output: {
          message: {
            role: "assistant",
            content: [{ reasoningContent: { reasoningText: { text: "think" } } }, { text: "say" }],
          },
        },
      },
    ],
  ],
  Gemini: [[geminiChunk(0, "thi", true), geminiChunk(0, "nk", true), geminiChunk(0, "say")]],
  Responses: [
    [
      { type: "response.reasoning_summary_text.delta", delta: "thi" },
      { type: "response.reasoning_text.delta", delta: "nk" },
      { type: "response.output_text.delta", delta: "say" },
    ],
    [
      {
        object: "response",
        output: [
          { type: "reasoning", summary: [{ type: "summary_text", text: "think" }] },
          { type: "message", content: [{ text: "say" }] },
        ],
      },
    ],
  ],
  Cohere: [
    [
      { type: "content-delta", delta: { message: { content: { thinking: "think" } } } },
      { type: "content-delta", delta: { message: { content: { text: "say" } } } },
    ],
    [
      {
        message: {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "think" },
            { type: "text", text: "say" },
          ],
        },
        finishReason: "COMPLETE",
      },
    ],
  ],
  Ollama: [
    [
      { model: "qwen3", done: false, message: { content: "", thinking: "think" } },
      { model: "qwen3", done: true, message: { content: "say" } },
    ],
  ],
  "AI SDK": [
    [
      { type: "reasoning-delta", id: "0", text: "think" },
      { type: "text-delta", id: "1", text: "say" },
    ],
    [
      {
        steps: [
          {
            content: [
              { type: "reasoning", text: "think" },
              { type: "text", text: "say" },
            ],
          },
        ],
        totalUsage: {},
      },
    ],
  ],
  LangChain: [
    [
      new AIMessageChunk({
        id: "1",
        content: "",
        additional_kwargs: { reasoning_content: "think" },
      }),
      new AIMessageChunk({ id: "1", content: "say" }),
    ],
    [
      new AIMessageChunk({
        id: "1",
        content: [
          { type: "thinking", thinking: "think" },
          { type: "text", text: "say" },
        ],
      }),
    ],
  ],
};

test.each(Object.entries(THOUGHTS))("what a model thinks: %s", async (_name, answers) => {
  for (const parts of answers)
    expect(await spanOfStream(parts)).toMatchObject({ reasoning: "think", response: "say" });
});

test("secrets in thoughts are masked", async () => {
  const secret = "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCD";
  const span = await spanOfStream([chunk(0, { reasoning_content: `the key is ${secret}` })]);
  expect(span.reasoning).toContain("the key is");
  expect(JSON.stringify(span)).not.toContain(secret);
});

test.each<readonly [name: string, chunks: readonly unknown[], type: string, message: string]>([
  [
    "`response.failed`",
    [
      { type: "response.output_text.delta", output_index: 0, delta: "Hel" },
      {
        type: "response.failed",
        response: { status: "failed", error: { code: "server_error", message: "Overloaded" } },
      },
    ],
    "server_error",
    "Overloaded",
  ],
  [
    "an `error` event of Responses",
    [{ type: "error", code: "rate_limit_exceeded", message: "Slow down", param: null }],
    "rate_limit_exceeded",
    "Slow down",
  ],
  [
    "an `error` event of Anthropic's",
    [{ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
    "overloaded_error",
    "Overloaded",
  ],
  [
    "OpenRouter's chunk",
    [
      {
        ...(chunk(0, { content: "" }, { finish_reason: "error" }) as object),
        error: { code: 502, message: "Provider disconnected" },
      },
    ],
    "502",
    "Provider disconnected",
  ],
  [
    "Cohere's text",
    [{ type: "message-end", delta: { finishReason: "ERROR", error: "Overloaded" } }],
    "Error",
    "Overloaded",
  ],
])("%s has the provider's code as its type", async (_name, chunks, type, message) => {
  const span = await spanOfStream(chunks);
  expect(span).toMatchObject({ status: "error", error: { type, message } });
  expect(span.status_message).toContain(message);
});
