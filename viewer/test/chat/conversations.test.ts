// Messages of a request, as each SDK takes them and the runtime records them → one conversation.
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { Json } from "llmops-observability/wire";
import { expect, test } from "vitest";
import { instrumentedCalls, recordAll, spanOf } from "../../../test/llm/recorded.ts";
import { chatOf } from "../../src/chat/chat.ts";
import type { StoredSpan } from "../../src/store.ts";
import type { ChatMessage, ChatView } from "../../src/views.ts";

const [SYSTEM, QUESTION, RESULT, ANSWER] = ["Be brief.", "Paris?", "12 °C", "Cold."];
const INPUT = { city: "Paris" };
const JSON_INPUT = JSON.stringify(INPUT);

const openAi = [
  { role: "system", content: SYSTEM },
  { role: "user", content: QUESTION },
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "1", type: "function", function: { name: "get", arguments: JSON_INPUT } }],
  },
  { role: "tool", tool_call_id: "1", content: RESULT },
  { role: "assistant", content: ANSWER },
];
const anthropic = [
  { role: "user", content: [{ type: "text", text: QUESTION }] },
  { role: "assistant", content: [{ type: "tool_use", id: "1", name: "get", input: INPUT }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: RESULT }] },
  { role: "assistant", content: ANSWER },
];
const converse = {
  system: [{ text: SYSTEM }],
  messages: [
    { role: "user", content: [{ text: QUESTION }] },
    { role: "assistant", content: [{ toolUse: { toolUseId: "1", name: "get", input: INPUT } }] },
    {
      role: "user",
      content: [{ toolResult: { toolUseId: "1", content: [{ text: RESULT }] } }],
    },
    { role: "assistant", content: [{ text: ANSWER }] },
  ],
};
const langChain = [
  new SystemMessage(SYSTEM),
  new HumanMessage(QUESTION),
  new AIMessage({ content: "", tool_calls: [{ id: "1", name: "get", args: INPUT }] }),
  new ToolMessage({ content: RESULT, tool_call_id: "1" }),
  new AIMessage(ANSWER),
];

const FORMS: readonly (readonly [string, unknown])[] = [
  ["OpenAI's chat, Groq", { model: "m", messages: openAi }],
  ["a list alone", openAi],
  [
    "OpenAI's Responses",
    {
      instructions: SYSTEM,
      input: [
        { role: "user", content: [{ type: "input_text", text: QUESTION }] },
        { type: "function_call", call_id: "1", name: "get", arguments: JSON_INPUT },
        { type: "function_call_output", call_id: "1", output: RESULT },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: ANSWER }] },
      ],
    },
  ],
  ["Anthropic", { system: SYSTEM, messages: anthropic }],
  ["Bedrock's Converse", converse],
  ["Bedrock's command", { input: converse }],
  [
    "Bedrock's InvokeModel",
    { input: { modelId: "m", body: JSON.stringify({ system: SYSTEM, messages: anthropic }) } },
  ],
  [
    "Gemini",
    {
      config: { systemInstruction: SYSTEM },
      contents: [
        { role: "user", parts: [{ text: QUESTION }] },
        { role: "model", parts: [{ functionCall: { id: "1", name: "get", args: INPUT } }] },
        { role: "user", parts: [{ functionResponse: { id: "1", response: RESULT } }] },
        { role: "model", parts: [{ text: ANSWER }] },
      ],
    },
  ],
  [
    "Mistral, Cohere",
    {
      messages: [
        ...openAi.slice(0, 2),
        {
          role: "assistant",
          toolCalls: [{ id: "1", function: { name: "get", arguments: JSON_INPUT } }],
        },
        { role: "tool", toolCallId: "1", content: [{ type: "text", text: RESULT }] },
        { role: "assistant", content: [{ type: "text", text: ANSWER }] },
      ],
    },
  ],
  [
    "Ollama",
    {
      messages: [
        ...openAi.slice(0, 2),
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "1", function: { name: "get", arguments: INPUT } }],
        },
        ...openAi.slice(3),
      ],
    },
  ],
  [
    "the AI SDK",
    {
      system: SYSTEM,
      messages: [
        { role: "user", content: [{ type: "text", text: QUESTION }] },
        {
          role: "assistant",
          content: [{ type: "tool-call", toolCallId: "1", toolName: "get", input: INPUT }],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "1",
              toolName: "get",
              output: { type: "text", value: RESULT },
            },
          ],
        },
        { role: "assistant", content: ANSWER },
      ],
    },
  ],
  ["LangChain", langChain],
  ["LangChain's JSON", JSON.parse(JSON.stringify(langChain))],
];

const calls = instrumentedCalls();

/** Of a call with that request, as it is recorded. */
async function recorded(request: unknown, answer: unknown = null): Promise<ChatView> {
  recordAll();
  const span = await spanOf(async () => {
    await calls.asyncFunction(request as string, () => answer);
  });
  return chatOf(span as unknown as StoredSpan);
}

test.each(FORMS)("%s", async (_, request) => {
  const { messages, source } = await recorded(request);
  expect(source).toBe("input");
  const text = (role: ChatMessage["role"], said: string): ChatMessage => ({
    role,
    parts: [{ type: "text", text: said }],
  });
  expect(messages).toEqual([
    text("system", SYSTEM),
    text("user", QUESTION),
    {
      role: "assistant",
      parts: [
        { type: "tool_call", id: expect.anything() as string, name: "get", arguments: INPUT },
      ],
    },
    {
      role: "tool",
      parts: [{ type: "tool_result", id: expect.anything() as string, text: RESULT }],
    },
    text("assistant", ANSWER),
  ]);
});

test("an answer that the program put behind its messages stands there once", async () => {
  const choices = [{ message: { role: "assistant", content: ANSWER } }];
  const { messages } = await recorded({ messages: openAi }, { choices });
  expect(messages.map(({ role }) => role)).toEqual([
    "system",
    "user",
    "assistant",
    "tool",
    "assistant",
  ]);
});

test("pictures are told by kind and size, small ones of known kinds are there", async () => {
  const png = Buffer.alloc(300, "p").toString("base64");
  const { messages } = await recorded({
    messages: [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
          { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
          { type: "image", image: new Uint8Array(300), mediaType: "image/png" },
          { type: "input_image", image_url: "https://example.com/cat.png" },
          {
            type: "file",
            mediaType: "image/svg+xml",
            data: Buffer.from("<svg/>").toString("base64"),
          },
        ],
      },
    ],
  });
  expect(messages[0]?.parts).toEqual([
    { type: "image", media_type: "image/png", bytes: 300, data: png },
    { type: "image", media_type: "image/png", bytes: 300, data: png },
    { type: "image", media_type: "image/png", bytes: 300 },
    { type: "image", media_type: null, bytes: null },
    { type: "image", media_type: "image/svg+xml", bytes: 6 },
  ]);
});

test("reasoning stands before the answer", async () => {
  const content = [
    { type: "thinking", thinking: "Hm." },
    { type: "text", text: ANSWER },
  ];
  const { messages } = await recorded(openAi.slice(0, 2), {
    type: "message",
    role: "assistant",
    content,
  });
  expect(messages.at(-1)?.parts).toEqual([
    { type: "reasoning", text: "Hm." },
    { type: "text", text: ANSWER },
  ]);
});

const span = (fields: object): StoredSpan =>
  ({ span_id: "1", span_type: "generation", ...fields }) as unknown as StoredSpan;
const withMessages = (messages: Json): StoredSpan =>
  span({ input_data: { args: [], kwargs: { messages }, locals: {} } });

test.each<[string, StoredSpan]>([
  ["nothing", span({})],
  ["nulls", span({ input_data: null, output_data: null, prompt: null, tool_calls: null })],
  ["wrong kinds", span({ input_data: { args: {}, kwargs: [], locals: 1 }, tool_calls: "x" })],
  ["messages of nothing", withMessages([null, 1, [], {}])],
  ["messages with odd roles", withMessages([{ role: "__proto__", content: {} }, { role: "" }])],
  ["a content of contents", withMessages([{ role: "user", content: nested(900) }])],
  ["an answer of odd kinds", span({ output_data: { output: { choices: {}, steps: [null] } } })],
  ["calls without a name", withMessages([{ role: "assistant", tool_calls: [{}, null, 1] }])],
])("%s is a conversation, too", (_, one) => {
  const chat = chatOf(one);
  expect(Array.isArray(chat.messages)).toBe(true);
  expect(JSON.parse(JSON.stringify(chat))).toBeDefined();
});

function nested(levels: number): Json {
  let value: Json = "deep";
  for (let level = 0; level < levels; level++) value = { content: value };
  return value;
}

test("what is not known is shown as JSON, what was cut by its beginning", () => {
  const cut = { _truncated: true, _size_at_least: 9000, preview: '{"role":"user","content":"a' };
  const odd = { role: "user", content: [{ type: "video", url: "x" }] };
  const { messages, source } = chatOf(withMessages([odd, cut]));
  expect(source).toBe("input");
  expect(messages.map(({ role }) => role)).toEqual(["user", "user"]);
  expect(messages[0]?.parts).toEqual([{ type: "text", text: '{"type":"video","url":"x"}' }]);
  expect(JSON.stringify(messages[1])).toContain("a");
});
