// The demo's model server, asked through the real client: OpenAI's wire format, true token counts, nothing that it was not sent.
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startModelServer, type ModelServer } from "../../demo/model-server.ts";

const PASSAGES = `Question: Which animal barks at night?

[1] Animals › Night
The dog barks at night. Cats sleep on the sofa all day.

[2] Plants
Trees do not move around much. Nobody has heard an oak tree bark.`;

let server: ModelServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startModelServer();
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: "any", maxRetries: 0 });
});
afterAll(() => server.close());

function post(path: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${server.baseUrl}${path}`, { method: "POST", headers, body: "{" });
}

function ask(content: string, options: object = {}): Promise<OpenAI.ChatCompletion> {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content }];
  return client.chat.completions.create({ model: "gpt-4o-mini", messages, ...options });
}

test("answers with sentences of the passages", async () => {
  const completion = await ask(PASSAGES, { max_completion_tokens: 8 });
  expect(completion).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-[\w]+$/) as string,
    object: "chat.completion",
    created: expect.any(Number) as number,
    model: "gpt-4o-mini-2024-07-18",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "The dog barks at night.", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
  });
  expect(completion.choices).toHaveLength(1);
});

test("answers the same question the same way", async () => {
  const [first, second] = await Promise.all([ask(PASSAGES), ask(PASSAGES)]);
  expect(first.choices).toEqual(second.choices);
  expect(first.id).not.toBe(second.id);
});

test("counts tokens as the model does", async () => {
  const { usage, choices } = await ask(PASSAGES);
  // Each message costs three tokens beside its role and content, and the reply is primed with three.
  const prompt = 3 + countTokens("user") + countTokens(PASSAGES) + 3;
  const completion = countTokens(choices[0]?.message.content ?? "");
  expect(usage).toMatchObject({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0 },
  });
});

test("takes text that looks like a control token as text", async () => {
  const completion = await ask(`${PASSAGES}\nThe night dog barks <|endoftext|> twice.`);
  expect(completion.usage?.prompt_tokens).toBeGreaterThan(0);
});

test("cuts an answer at the limit, and says so", async () => {
  const completion = await ask(PASSAGES, { max_completion_tokens: 3 });
  expect(completion.choices[0]).toMatchObject({
    // " barks" is two tokens.
    message: { content: "The dog b" },
    finish_reason: "length",
  });
  expect(completion.usage?.completion_tokens).toBe(3);
});

test("says when the passages hold no answer", async () => {
  const completion = await ask("Question: What is the capital of France?\n\n[1] A\nNo idea here.");
  expect(completion.choices[0]?.message.content).toBe("The passages do not answer this question.");
});

test.each([
  ["an unknown model", { model: "gpt-4.5-preview" }, NotFoundError, "model_not_found", null],
  ["no messages", { messages: [] }, BadRequestError, "missing_required_parameter", "messages"],
  [
    "a wrong role",
    { messages: [{ role: "x" }] },
    BadRequestError,
    "invalid_value",
    "messages[0].role",
  ],
  ["a stream", { stream: true }, BadRequestError, "invalid_value", "stream"],
  ["no tokens", { max_tokens: 0 }, BadRequestError, "invalid_value", "max_completion_tokens"],
])("refuses %s in OpenAI's error format", async (_, options, kind, code, param) => {
  const error: unknown = await ask(PASSAGES, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ code, param, type: "invalid_request_error" });
});

test("refuses requests without a key, without JSON, and to elsewhere", async () => {
  expect((await post("/chat/completions", {})).status).toBe(401);
  expect((await post("/chat/completions", { authorization: "Bearer x" })).status).toBe(400);
  expect((await post("/completions", { authorization: "Bearer x" })).status).toBe(404);
});
