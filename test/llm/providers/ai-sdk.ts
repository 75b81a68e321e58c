// Vercel AI SDK with its providers of OpenAI, Anthropic and Google: `generateText`, `streamText`.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, type LanguageModel, streamText, type ToolSet } from "ai";
import { type Calls, type Provider, TOOL } from "../provider.ts";
import { anthropic } from "./anthropic.ts";
import { gemini } from "./gemini.ts";
import { chatAnswer, openAiChat } from "./openai-chat.ts";
import { openAiResponses } from "./openai-responses.ts";

// No `execute`: the call is the answer.
const tools: ToolSet = {
  [TOOL]: { inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }) },
};

/** What the provider answers, by way of the AI SDK. */
function aiSdkOf(
  name: string,
  provider: Provider,
  modelAt: (url: string) => LanguageModel,
  statusMessage: RegExp,
): Provider {
  return {
    ...provider,
    name: `AI SDK, ${name}`,
    statusMessage,
    finishReason: { plain: "stop", tool: "tool-calls" },
    silentAbort: false,
    chunksOf: (result) => (result as { fullStream: AsyncIterable<unknown> }).fullStream,
    connect(url): Calls {
      const request = { model: modelAt(url), tools, maxRetries: 0 };
      return {
        ask: (prompt) => generateText({ ...request, prompt }),
        stream: (prompt, abortSignal) =>
          streamText({ ...request, prompt, abortSignal, onError: () => undefined }),
      };
    },
  };
}

export const aiSdk: Provider = aiSdkOf(
  "OpenAI's chat",
  {
    ...openAiChat,
    answer: (scenario, streamed) => chatAnswer("gpt-4o-mini-2024-07-18", scenario, streamed),
  },
  (url) => createOpenAI({ apiKey: "none", baseURL: `${url}/v1` }).chat("gpt-4o-mini"),
  /^Too many tokens \(HTTP 429, rate_limit_exceeded, request id req_429, retry after 7 s\)$/,
);

export const aiSdkProviders: readonly Provider[] = [
  aiSdk,
  aiSdkOf(
    "OpenAI's Responses",
    openAiResponses,
    (url) => createOpenAI({ apiKey: "none", baseURL: `${url}/v1` })("gpt-4o-mini"),
    /^Too many tokens \(HTTP 429, rate_limit_exceeded, request id req_429, retry after 7 s\)$/,
  ),
  aiSdkOf(
    "Anthropic",
    anthropic,
    (url) => createAnthropic({ apiKey: "none", baseURL: `${url}/v1` })("claude-sonnet-5"),
    /^Too many tokens \(HTTP 429, rate_limit_error, request id req_429, retry after 7 s\)$/,
  ),
  aiSdkOf(
    "Google",
    gemini,
    (url) => createGoogle({ apiKey: "none", baseURL: url })("gemini-2.5-flash"),
    /^Too many tokens \(HTTP 429, RESOURCE_EXHAUSTED, request id req_429, retry after 7 s\)$/,
  ),
];
