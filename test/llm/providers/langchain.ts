// LangChain's chat model for OpenAI: `AIMessage`, and a stream of `AIMessageChunk`.
import { ChatOpenAI } from "@langchain/openai";
import type { Calls, Provider } from "../provider.ts";
import { chatAnswer } from "./openai-chat.ts";

export const langChain: Provider = {
  name: "LangChain",
  model: "gpt-4o-mini",
  statusMessage: /\(HTTP 429, .*request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 20,
    output_tokens: 9,
    total_tokens: 29,
    cached_input_tokens: 8,
    reasoning_tokens: 3,
  },
  modelSource: "response",
  finishReason: { plain: "stop", tool: "tool_calls" },
  answer: (scenario, streamed) => chatAnswer("gpt-4o-mini-2024-07-18", scenario, streamed),
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const chat = new ChatOpenAI({
      apiKey: "none",
      model: "gpt-4o-mini",
      maxRetries: 0,
      configuration: { baseURL: `${url}/v1` },
    });
    return {
      ask: (prompt) => chat.invoke(prompt),
      stream: (prompt, signal) => chat.stream(prompt, { signal }),
    };
  },
};
