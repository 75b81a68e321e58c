// Each provider's own SDK, whole answers and streams, texts and calls of tools → the conversation.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Calls,
  PROMPTS,
  type Provider,
  TEXT,
  TOOL,
  TOOL_INPUT,
} from "../../../test/llm/provider.ts";
import { aiSdkProviders } from "../../../test/llm/providers/ai-sdk.ts";
import { anthropic } from "../../../test/llm/providers/anthropic.ts";
import { bedrockConverse } from "../../../test/llm/providers/bedrock-converse.ts";
import { bedrockInvoke } from "../../../test/llm/providers/bedrock-invoke.ts";
import { cohere } from "../../../test/llm/providers/cohere.ts";
import { gemini } from "../../../test/llm/providers/gemini.ts";
import { groq } from "../../../test/llm/providers/groq.ts";
import { langChain } from "../../../test/llm/providers/langchain.ts";
import { mistral } from "../../../test/llm/providers/mistral.ts";
import { ollama } from "../../../test/llm/providers/ollama.ts";
import { openAiChat } from "../../../test/llm/providers/openai-chat.ts";
import { openAiResponses } from "../../../test/llm/providers/openai-responses.ts";
import { instrumentedCalls, recordAll, spanOf } from "../../../test/llm/recorded.ts";
import { type LlmServer, startLlmServer } from "../../../test/llm/server.ts";
import { chatOf } from "../../src/chat/chat.ts";
import type { StoredSpan } from "../../src/store.ts";
import type { ChatPart } from "../../src/views.ts";

const PROVIDERS: readonly Provider[] = [
  openAiChat,
  openAiResponses,
  anthropic,
  bedrockConverse,
  bedrockInvoke,
  gemini,
  cohere,
  mistral,
  groq,
  ollama,
  ...aiSdkProviders,
  langChain,
];
const calls = instrumentedCalls();

describe.each(PROVIDERS)("$name", (provider) => {
  let server: LlmServer;
  let client: Calls;
  beforeAll(async () => {
    recordAll();
    server = await startLlmServer(provider);
    client = await provider.connect(server.url);
  });
  afterAll(() => server.close());

  test.each([
    ["plain", false],
    ["plain", true],
    ["tool", false],
    ["tool", true],
  ] as const)("%s, streamed: %s", async (scenario, streamed) => {
    const span = await spanOf(async () => {
      const { signal } = new AbortController();
      const answer = await calls.asyncFunction(PROMPTS[scenario], (prompt: string) =>
        streamed ? client.stream(prompt, signal) : client.ask(prompt),
      );
      if (!streamed) return;
      const chunks = provider.chunksOf?.(answer) ?? (answer as AsyncIterable<unknown>);
      for await (const _ of chunks) void _;
    });
    const { messages, model, source } = chatOf(span as unknown as StoredSpan);
    expect(source).toBe("prompt");
    expect(model).toBe(span.model_id);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(messages[0]?.parts).toEqual([{ type: "text", text: PROMPTS[scenario] }]);
    const parts = messages[1]?.parts ?? [];
    if (scenario === "plain") expect(parts).toEqual([{ type: "text", text: TEXT }]);
    else expect(parts.filter(isCall)).toMatchObject([{ name: TOOL, arguments: TOOL_INPUT }]);
  });
});

const isCall = ({ type }: ChatPart): boolean => type === "tool_call";
