// What a call is asked, in the form of each provider's requests → the span's prompt.
import { ConverseCommand, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { createOpenAI } from "@ai-sdk/openai";
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { instrumentedCalls, recordAll, spanOf } from "../recorded.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

describe("the prompt", () => {
  test.each<readonly [name: string, request: unknown, prompt: string]>([
    ["a text", { prompt: "Hi?" }, "Hi?"],
    [
      "chat messages",
      {
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is " },
              { type: "image_url", image_url: {} },
            ],
          },
        ],
      },
      "system: Be brief.\n\nuser: What is [image_url]",
    ],
    [
      "Anthropic's, with its system instructions",
      {
        system: [{ type: "text", text: "Be brief." }],
        messages: [{ role: "user", content: "Hi?" }],
      },
      "system: Be brief.\n\nuser: Hi?",
    ],
    [
      "Responses', with instructions",
      { instructions: "Be brief.", input: "Hi?" },
      "system: Be brief.\n\nuser: Hi?",
    ],
    [
      "Gemini's contents, with its config",
      {
        contents: [{ role: "user", parts: [{ text: "Hi?" }] }],
        config: { systemInstruction: "Be brief." },
      },
      "system: Be brief.\n\nuser: Hi?",
    ],
    [
      "a command of the AWS SDK",
      {
        input: {
          modelId: "m",
          system: [{ text: "Be brief." }],
          messages: [{ role: "user", content: [{ text: "Hi?" }] }],
        },
      },
      "system: Be brief.\n\nuser: Hi?",
    ],
    ["an InvokeModel body", { modelId: "m", body: JSON.stringify({ inputText: "Hi?" }) }, "Hi?"],
    [
      "a conversation with tools",
      {
        messages: [
          { role: "assistant", content: null, tool_calls: [{ function: { name: "look" } }] },
          { role: "tool", content: "found" },
        ],
      },
      "assistant: [tool call look]\n\ntool: found",
    ],
    [
      "LangChain's pairs",
      {
        messages: [
          ["system", "Be brief."],
          ["human", "Hi?"],
        ],
      },
      "system: Be brief.\n\nhuman: Hi?",
    ],
  ])("of %s", async (_name, request, prompt) => {
    const span = await spanOf(async () => void (await tracked.withRequest(request, () => "Hi")));
    expect(span.prompt).toBe(prompt);
    expect(span.response).toBe("Hi");
  });

  test("and the model of destructured parameters", async () => {
    const span = await spanOf(async () => {
      const messages = [{ role: "user", content: "Hi?" }];
      tracked.destructured({ modelId: "gpt-4.1", messages, reply: "Hi" });
    });
    expect(span).toMatchObject({ model_id: "gpt-4.1", prompt: "user: Hi?", response: "Hi" });
  });

  test("and the model of the SDKs' own objects", async () => {
    const messages = [{ role: "user" as const, content: [{ text: "Hi?" }] }];
    const command = new ConverseCommand({
      modelId: "m",
      system: [{ text: "Be brief." }],
      messages,
    });
    const body = JSON.stringify({
      system: "Be brief.",
      messages: [{ role: "user", content: "Hi?" }],
    });
    const model = createOpenAI({ apiKey: "none" }).chat("m");
    const requests = [
      command,
      new InvokeModelCommand({ modelId: "m", body }),
      { model, system: "Be brief.", messages: [{ role: "user", content: "Hi?" }] },
      {
        model: "m",
        messages: [new SystemMessage("Be brief."), new HumanMessage("Hi?")],
      },
    ];
    for (const request of requests) {
      const span = await spanOf(async () => void (await tracked.withRequest(request, () => "Hi")));
      expect(span.model_id).toBe("m");
      expect(span.prompt).toMatch(/^system: Be brief\.\n\n(?:user|human): Hi\?$/);
    }
  });

  test("is not made of a vector", async () => {
    const vector = Array.from({ length: 1_000_000 }, (_, at) => at);
    const span = await spanOf(async () => {
      await tracked.withRequest(vector, () => "Hi");
      vector.length = 0;
    });
    expect(span).toMatchObject({ prompt: null, response: "Hi" });
  });

  test("and the answer are cut, and their secrets masked", async () => {
    const key = `sk-${"a1B2".repeat(10)}`;
    const long = `${key} ${"x".repeat(50_000)}`;
    const span = await spanOf(async () => void (await tracked.asyncFunction(long, () => long)));
    for (const text of [span.prompt, span.response]) {
      expect(Buffer.byteLength(text ?? "")).toBeLessThanOrEqual(10_000);
      expect(text).not.toContain("a1B2");
      expect(text).toContain("x".repeat(1000));
    }
  });
});
