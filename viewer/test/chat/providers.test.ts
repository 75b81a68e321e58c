// Each provider's own SDK, whole answers and streams, texts and calls of tools → the conversation.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROVIDERS } from "../../../test/llm/providers/index.ts";
import { type Calls, PROMPTS, TEXT, TOOL, TOOL_INPUT } from "../../../test/llm/provider.ts";
import { instrumentedCalls, recordAll, spanOf } from "../../../test/llm/recorded.ts";
import { type LlmServer, startLlmServer } from "../../../test/llm/server.ts";
import { chatOf } from "../../src/chat/chat.ts";
import type { StoredSpan } from "../../src/store.ts";
import type { ChatPart } from "../../src/views.ts";

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
