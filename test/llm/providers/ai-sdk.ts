// Vercel AI SDK with its OpenAI provider: `generateText` and `streamText`.
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, streamText, type ToolSet } from "ai";
import { type Calls, type Provider, TOOL } from "../provider.ts";
import { chatAnswer } from "./openai-chat.ts";

// No `execute`: the call is the answer.
const tools: ToolSet = {
  [TOOL]: { inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }) },
};

export const aiSdk: Provider = {
  name: "AI SDK",
  model: "gpt-4o-mini",
  statusMessage:
    /^Too many tokens \(HTTP 429, rate_limit_exceeded, request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 20,
    output_tokens: 9,
    total_tokens: 29,
    cached_input_tokens: 8,
    reasoning_tokens: 3,
  },
  modelSource: "response",
  finishReason: { plain: "stop", tool: "tool-calls" },
  chunksOf: (result) => (result as { fullStream: AsyncIterable<unknown> }).fullStream,
  answer: (scenario, streamed) => chatAnswer("gpt-4o-mini-2024-07-18", scenario, streamed),
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const openai = createOpenAI({ apiKey: "none", baseURL: `${url}/v1` });
    const request = { model: openai.chat("gpt-4o-mini"), tools, maxRetries: 0 };
    return {
      ask: (prompt) => generateText({ ...request, prompt }),
      stream: (prompt, abortSignal) =>
        streamText({ ...request, prompt, abortSignal, onError: () => undefined }),
    };
  },
};
