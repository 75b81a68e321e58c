// Answers that name no model, or are of no text: which model is claimed for them, and what they hold.
import { createOpenAI } from "@ai-sdk/openai";
import { jsonSchema, streamObject } from "ai";
import { configure } from "llmops-observability";
import type { WireSpan } from "llmops-observability/wire";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { PROMPTS } from "../provider.ts";
import { aiSdk } from "../providers/ai-sdk.ts";
import { instrumentedCalls, recordAll, spanOf, spanOfResult, spanOfStream } from "../recorded.ts";
import { startLlmServer } from "../server.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

describe("an answer that names no model", () => {
  afterEach(() => configure({ modelId: undefined }));
  const jamba = {
    id: "chat-1",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Hi", tool_calls: null },
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    meta: { requestDurationMillis: 120 },
  };

  test("of AI21 on Bedrock, parsed by the program", async () => {
    const answer = JSON.parse(Buffer.from(JSON.stringify(jamba)).toString()) as unknown;
    const span = await spanOfResult(answer);
    expect(span).toMatchObject({ response: "Hi", finish_reason: "stop", model_id: null });
    expect(span).toMatchObject({ usage: { input_tokens: 5, output_tokens: 3 }, cost: null });
    configure({ modelId: "ai21.jamba-1-5-mini-v1:0" });
    expect((await spanOfResult(answer)).cost?.model_source).toBe("MODEL_ID");
  });

  test.each<readonly [name: string, answer: unknown]>([
    ["Mistral", { choices: [{ message: { content: "Hi" }, stop_reason: "stop" }] }],
    ["DeepSeek", { choices: [{ text: "Hi", stop_reason: "stop" }] }],
    ["a server without `object`", { choices: [{ message: { role: "assistant", content: "Hi" } }] }],
  ])("of %s, parsed", async (_name, answer) => {
    expect(await spanOfResult(answer)).toMatchObject({ response: "Hi", model_id: null });
    expect(await spanOfStream([answer])).toMatchObject({ response: "Hi", model_id: null });
  });

  test("chunks of a server without `object`", async () => {
    const chunks = ["H", "i"].map((content) => ({ choices: [{ delta: { content } }] }));
    expect(await spanOfStream(chunks)).toMatchObject({ response: "Hi", model_id: null });
  });

  test("is not taken for one of a vendor with a form of its own", async () => {
    configure({ modelId: "anthropic.claude-3-haiku-20240307-v1:0" });
    expect(await spanOfResult(jamba)).toMatchObject({ model_id: null, cost: null });
    configure({ modelId: "gpt-4o" });
    expect(await spanOfResult(jamba)).toMatchObject({ model_id: "gpt-4o" });
  });

  test.each([
    ["a text", "Hi"],
    ["a result of unknown form", { answer: "Hi" }],
    ["an image", { created: 1, data: [{ b64_json: "AA==" }] }],
    ["nothing", undefined],
  ])("nor tokens: %s", async (_name, answer) => {
    expect(await spanOfResult(answer)).toMatchObject({ model_id: null, cost: null });
  });

  test.each(["other", { choices: "none" }, { choices: [{ name: "a", message: "b" }] }])(
    "a program's own %j is no answer",
    async (value) => {
      const span = await spanOfResult(value);
      expect(span.usage).toBeNull();
      if (typeof value !== "string") expect(span.response).toBeNull();
    },
  );
});

describe("`streamObject`", () => {
  const schema = jsonSchema<{ city: string }>({
    type: "object",
    properties: { city: { type: "string" } },
  });
  const pieces = ['{"city"', ':"Paris"}'];

  async function spanOfObject(read: (result: ObjectStream) => Promise<unknown>): Promise<WireSpan> {
    const server = await startLlmServer({
      ...aiSdk,
      answer: (scenario, streamed) => {
        const answer = aiSdk.answer(scenario, streamed);
        const sse = (answer.sse ?? []) as { choices: { delta: { content?: string } }[] }[];
        const [first, second, ...others] = sse.filter(({ choices }) => choices[0]?.delta.content);
        for (const [at, part] of [first, second].entries())
          if (part?.choices[0] !== undefined) part.choices[0].delta.content = pieces[at] ?? "";
        return { ...answer, sse: sse.filter((part) => !others.includes(part)) };
      },
    });
    const model = createOpenAI({ apiKey: "none", baseURL: `${server.url}/v1` }).chat("gpt-4o-mini");
    const span = await spanOf(async () => {
      await read(
        tracked.returned(
          streamObject({ model, prompt: PROMPTS.plain, schema, maxRetries: 0 }),
        ) as ObjectStream,
      );
    });
    await server.close();
    return span;
  }
  type ObjectStream = ReturnType<typeof streamObject<typeof schema, "object", { city: string }>>;
  const readAll = async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _part of stream) void _part;
  };

  test.each<readonly [string, (result: ObjectStream) => Promise<unknown>]>([
    ["`partialObjectStream`", (result) => readAll(result.partialObjectStream)],
    ["`fullStream`", (result) => readAll(result.fullStream)],
    ["`textStream`", (result) => readAll(result.textStream)],
  ])("by %s", async (_name, read) => {
    const span = await spanOfObject(read);
    expect(span).toMatchObject({ status: "success", response: '{"city":"Paris"}' });
    expect(span.usage).toEqual(aiSdk.usage);
    expect(span.model_id).toContain("gpt-4o-mini");
    expect(span.cost).toMatchObject({ model_source: "response" });
  });
});
