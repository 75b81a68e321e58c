// Tool calls piece by piece, as compatible servers send them: with one index or none for all, with
// an empty id and name behind the first piece, with the id repeated, without input.
import { AIMessageChunk } from "@langchain/core/messages";
import { Mistral } from "@mistralai/mistralai";
import { beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { PROMPTS } from "../provider.ts";
import { mistral } from "../providers/mistral.ts";
import { instrumentedCalls, recordAll, spanOf, spanOfResult, spanOfStream } from "../recorded.ts";
import { startLlmServer } from "../server.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

/** A piece of a call; without a name it continues the one before. */
interface Piece {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly args?: string;
}

const chatDelta = (pieces: readonly Piece[]): unknown => ({
  tool_calls: pieces.map(({ index, id, name, args }) => ({
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id }),
    function: { ...(name !== undefined && { name }), arguments: args },
  })),
});
const chatChunk = (pieces: readonly Piece[], more: object = {}): unknown => ({
  id: "1",
  object: "chat.completion.chunk",
  model: "gpt-4o-mini",
  choices: [{ index: 0, delta: chatDelta(pieces) }],
  ...more,
});

/** Forms in which a chunk has pieces of any calls. */
const LISTS: Readonly<Record<string, (pieces: readonly Piece[]) => unknown>> = {
  OpenAI: (pieces) => chatChunk(pieces),
  Groq: (pieces) => chatChunk(pieces, { x_groq: { id: "1" } }),
  "OpenAI's form without `object`": (pieces) => ({
    choices: [{ delta: { role: "assistant", ...(chatDelta(pieces) as object) } }],
  }),
  LangChain: (pieces) =>
    new AIMessageChunk({
      id: "1",
      content: "",
      tool_call_chunks: pieces.map(({ args = "", ...piece }) => ({
        type: "tool_call_chunk",
        args,
        ...piece,
      })),
    }),
};

/** Forms in which one event begins a call, and others bring its arguments. */
const EVENTS: Readonly<Record<string, (piece: Piece) => readonly unknown[]>> = {
  Anthropic: ({ index, id, name, args = "" }) => [
    ...(name === undefined
      ? []
      : [
          {
            type: "content_block_start",
            index,
            content_block: { type: "tool_use", id, name, input: {} },
          },
        ]),
    {
      type: "content_block_delta",
      index,
      delta: { type: "input_json_delta", partial_json: args },
    },
  ],
  Responses: ({ index, id, name, args = "" }) => [
    ...(name === undefined
      ? []
      : [
          {
            type: "response.output_item.added",
            output_index: index,
            item: { type: "function_call", call_id: id, name, arguments: "" },
          },
        ]),
    { type: "response.function_call_arguments.delta", output_index: index, delta: args },
  ],
  Cohere: ({ index, id, name, args = "" }) => [
    {
      type: name === undefined ? "tool-call-delta" : "tool-call-start",
      index,
      delta: { message: { toolCalls: { id, function: { name, arguments: args } } } },
    },
  ],
  Bedrock: ({ index: contentBlockIndex, id, name, args = "" }) => [
    ...(name === undefined
      ? []
      : [
          {
            contentBlockStart: { contentBlockIndex, start: { toolUse: { toolUseId: id, name } } },
          },
        ]),
    { contentBlockDelta: { contentBlockIndex, delta: { toolUse: { input: args } } } },
  ],
};

const ONE = { id: "one", name: "read", arguments: { p: 1 } };
const TWO = { id: "two", name: "write", arguments: { p: 2 } };

/** Chunks of pieces, and the calls that they are. */
const STREAMS: Readonly<Record<string, readonly [readonly (readonly Piece[])[], unknown]>> = {
  "two calls with one index": [
    [
      [{ index: 0, id: "one", name: "read", args: '{"p":1}' }],
      [{ index: 0, id: "two", name: "write", args: '{"p":2}' }],
    ],
    [ONE, TWO],
  ],
  "two calls with one index, in one chunk": [
    [
      [
        { index: 0, id: "one", name: "read", args: '{"p":1}' },
        { index: 0, id: "two", name: "write", args: '{"p":2}' },
      ],
    ],
    [ONE, TWO],
  ],
  "two calls without an index, in pieces": [
    [
      [{ id: "one", name: "read", args: '{"p"' }],
      [{ args: ":1}" }],
      [{ id: "two", name: "write", args: '{"p"' }],
      [{ args: ":2}" }],
    ],
    [ONE, TWO],
  ],
  "two calls without an index in one chunk, of which the last one goes on": [
    [
      [
        { id: "one", name: "read", args: '{"p":1}' },
        { id: "two", name: "write", args: '{"p"' },
      ],
      [{ args: ":2}" }],
    ],
    [ONE, TWO],
  ],
  "two calls with one index, in turn": [
    [
      [{ index: 0, id: "one", name: "read", args: '{"p"' }],
      [{ index: 0, id: "two", name: "write", args: '{"p"' }],
      [{ index: 0, id: "one", args: ":1}" }],
      [{ index: 0, id: "two", args: ":2}" }],
    ],
    [ONE, TWO],
  ],
  "empty id and name in a later piece": [
    [
      [{ index: 0, id: "one", name: "read", args: '{"p"' }],
      [{ index: 0, id: "", name: "", args: ":1}" }],
    ],
    [ONE],
  ],
  "id and name repeated in each piece": [
    [
      [{ index: 0, id: "one", name: "read", args: '{"p"' }],
      [{ index: 0, id: "one", name: "read", args: ":1}" }],
      [{ index: 0, id: "one", name: "read", args: "" }],
    ],
    [ONE],
  ],
  "whole calls without ids, with one index, as Gemini's": [
    [
      [{ index: 0, id: "", name: "read", args: '{"p":1}' }],
      [{ index: 0, id: "", name: "read", args: '{"p":2}' }],
      [{ index: 0, id: "", name: "write", args: '{"p":2}' }],
    ],
    [
      { ...ONE, id: null },
      { ...TWO, id: null, name: "read" },
      { ...TWO, id: null },
    ],
  ],
  "a name repeated in each piece, without an id": [
    [[{ index: 0, name: "read", args: '{"p":' }], [{ index: 0, name: "read", args: "1}" }]],
    [{ ...ONE, id: null }],
  ],
};

describe.each(Object.entries(LISTS))("%s", (_form, chunkOf) => {
  test.each(Object.entries(STREAMS))("%s", async (_name, [chunks, calls]) => {
    const span = await spanOfStream(chunks.map(chunkOf));
    expect(span.tool_calls).toEqual(calls);
  });
});

describe.each(Object.entries(EVENTS))("%s", (_form, eventsOf) => {
  const one = { index: 0, id: "one", name: "read" };
  const two = { index: 0, id: "two", name: "write" };
  test.each<readonly [string, readonly Piece[], unknown]>([
    [
      "two calls with one index",
      [
        { ...one, args: '{"p"' },
        { index: 0, args: ":1}" },
        { ...two, args: '{"p":2}' },
      ],
      [ONE, TWO],
    ],
    [
      "two calls without an index",
      [
        { id: "one", name: "read", args: '{"p":1}' },
        { id: "two", name: "write", args: '{"p"' },
        { args: ":2}" },
      ],
      [ONE, TWO],
    ],
    [
      "empty id and name in a later piece",
      [
        { ...one, args: '{"p"' },
        { index: 0, id: "", name: "", args: ":1}" },
      ],
      [ONE],
    ],
    [
      "id and name repeated in each piece",
      [
        { ...one, args: '{"p"' },
        { ...one, args: ":1}" },
      ],
      [ONE],
    ],
  ])("%s", async (_name, pieces, calls) => {
    const span = await spanOfStream(pieces.flatMap(eventsOf));
    expect(span.tool_calls).toEqual(calls);
  });
});

test('Mistral\'s SDK fills in an index of 0 and an id of "null"', async () => {
  const chunk = (toolCalls: unknown, finish_reason: string | null): unknown => ({
    id: "1",
    object: "chat.completion.chunk",
    created: 1,
    model: "mistral-small-latest",
    choices: [{ index: 0, delta: { tool_calls: toolCalls }, finish_reason }],
  });
  const server = await startLlmServer({
    ...mistral,
    answer: () => ({
      sse: [
        chunk([{ id: "one", function: { name: "read", arguments: '{"p":1}' } }], null),
        chunk([{ id: "two", function: { name: "write", arguments: '{"p"' } }], null),
        chunk([{ function: { name: "", arguments: ":2}" } }], "tool_calls"),
      ],
      done: "[DONE]",
    }),
  });
  const client = new Mistral({ apiKey: "none", serverURL: server.url });
  const span = await spanOf(async () => {
    const events = await tracked.asyncFunction(PROMPTS.tool, () =>
      client.chat.stream({
        model: "mistral-small-latest",
        messages: [{ role: "user", content: PROMPTS.tool }],
      }),
    );
    for await (const _event of events as AsyncIterable<unknown>) void _event;
  });
  await server.close();
  expect(span.tool_calls).toEqual([ONE, TWO]);
});

test("Gemini on Vertex streams a call's arguments one by one", async () => {
  const chunk = (functionCall: unknown): unknown => ({
    responseId: "1",
    modelVersion: "gemini-3-pro",
    candidates: [{ content: { parts: [{ functionCall }] } }],
  });
  const piece = (jsonPath: string, value: object): unknown =>
    chunk({ partialArgs: [{ jsonPath, ...value }], willContinue: true });
  const span = await spanOfStream([
    chunk({ name: "read", willContinue: true }),
    piece("$.city", { stringValue: "Par", willContinue: true }),
    piece("$.city", { stringValue: "is" }),
    piece("$.days[0].rain", { boolValue: false }),
    piece("$.days[1].rain", { boolValue: true }),
    piece("$['max temp']", { numberValue: 7 }),
    piece("$.wind", { nullValue: "NULL_VALUE" }),
    chunk({}),
    chunk({ name: "read", args: { city: "Rome" } }),
  ]);
  expect(span.tool_calls).toEqual([
    {
      id: null,
      name: "read",
      arguments: {
        city: "Paris",
        days: [{ rain: false }, { rain: true }],
        "max temp": 7,
        wind: null,
      },
    },
    { id: null, name: "read", arguments: { city: "Rome" } },
  ]);
});

test("pieces stay within the limit", async () => {
  const calls = Array.from({ length: 500 }, (_, at) => ({
    index: 0,
    id: `call ${at}`,
    name: "read",
    args: '{"p":"',
  }));
  const span = await spanOfStream([
    chatChunk([{ index: 0, id: "long", name: "read", args: "{" }]),
    ...Array.from({ length: 50 }, () => chatChunk([{ index: 0, args: " ".repeat(5000) }])),
    ...calls.map((call) => chatChunk([call])),
  ]);
  expect(JSON.stringify(span.tool_calls).length).toBeLessThan(12_000);
});

/** A whole answer that calls a tool, with whatever a provider has for no input. */
const WITHOUT_INPUT: Readonly<Record<string, unknown>> = {
  "OpenAI, nothing": chatAnswer({ name: "now" }),
  "OpenAI, an empty text": chatAnswer({ name: "now", arguments: "" }),
  "OpenAI, {}": chatAnswer({ name: "now", arguments: "{}" }),
  "OpenAI, null": chatAnswer({ name: "now", arguments: "null" }),
  Responses: {
    object: "response",
    model: "gpt-4o-mini",
    output: [{ type: "function_call", call_id: "one", name: "now", arguments: "" }],
  },
  Anthropic: {
    type: "message",
    model: "claude-sonnet-5",
    content: [{ type: "tool_use", id: "one", name: "now", input: {} }],
  },
  Bedrock: {
    output: {
      message: { role: "assistant", content: [{ toolUse: { toolUseId: "one", name: "now" } }] },
    },
  },
  Gemini: {
    modelVersion: "gemini-2.5-pro",
    candidates: [{ content: { parts: [{ functionCall: { id: "one", name: "now" } }] } }],
  },
  Cohere: {
    message: {
      role: "assistant",
      toolCalls: [{ id: "one", type: "function", function: { name: "now" } }],
    },
    finishReason: "TOOL_CALL",
  },
  "Cohere Command R": {
    text: "",
    generation_id: "1",
    tool_calls: [{ name: "now", parameters: null }],
  },
  Ollama: {
    model: "llama3.2",
    done: true,
    message: { content: "", tool_calls: [{ function: { name: "now", arguments: {} } }] },
  },
  "AI SDK": {
    steps: [{ content: [{ type: "tool-call", toolCallId: "one", toolName: "now" }] }],
    totalUsage: {},
  },
};

function chatAnswer(invoked: unknown): unknown {
  return {
    object: "chat.completion",
    model: "gpt-4o-mini",
    choices: [{ message: { role: "assistant", tool_calls: [{ id: "one", function: invoked }] } }],
  };
}

test.each(Object.entries(WITHOUT_INPUT))("a call without input: %s", async (_name, answer) => {
  const span = await spanOfResult(answer);
  const calls = span.tool_calls as { id: string | null }[];
  expect(calls.map((call) => ({ ...call, id: call.id ?? "one" }))).toEqual([
    { id: "one", name: "now", arguments: {} },
  ]);
});

test.each([
  ["Anthropic", EVENTS["Anthropic"]],
  ["Responses", EVENTS["Responses"]],
  ["Cohere", EVENTS["Cohere"]],
  ["Bedrock", EVENTS["Bedrock"]],
  ["OpenAI", (piece: Piece) => [chatChunk([piece])]],
])("a streamed call without input: %s", async (_name, eventsOf) => {
  const span = await spanOfStream(eventsOf?.({ index: 0, id: "one", name: "now" }) ?? []);
  expect(span.tool_calls).toEqual([{ id: "one", name: "now", arguments: {} }]);
});
