// Groq by `groq-sdk`: OpenAI's format, with the usage of streams in `x_groq`.
import Groq from "groq-sdk";
import type { Answer, Calls, Provider } from "../provider.ts";
import { chatAnswer } from "./openai-chat.ts";

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const found = chatAnswer("llama-3.3-70b-versatile", scenario, streamed);
  if (!streamed) return { json: { ...(found.json as object), x_groq: { id: "req_1" } } };
  const chunks = (found.sse ?? []) as { usage?: unknown }[];
  const usage = chunks.at(-1)?.usage;
  const own = chunks.slice(0, -1).map((chunk, at, all) => {
    if (at === 0) return { ...chunk, x_groq: { id: "req_1" } };
    return at === all.length - 1 ? { ...chunk, x_groq: { id: "req_1", usage } } : chunk;
  });
  return { sse: own, done: "[DONE]" };
}

export const groq: Provider = {
  name: "Groq",
  model: "llama-3.3-70b-versatile",
  statusMessage: /\(HTTP 429, rate_limit_exceeded, request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 20,
    output_tokens: 9,
    total_tokens: 29,
    cached_input_tokens: 8,
    reasoning_tokens: 3,
  },
  modelSource: "response",
  finishReason: { plain: "stop", tool: "tool_calls" },
  silentAbort: true,
  answer,
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const client = new Groq({ apiKey: "none", baseURL: url, maxRetries: 0 });
    const request = (prompt: string) => ({
      model: "llama-3.3-70b-versatile",
      messages: [{ role: "user" as const, content: prompt }],
    });
    return {
      ask: (prompt) => client.chat.completions.create(request(prompt)),
      stream: (prompt, signal) =>
        client.chat.completions.create({ ...request(prompt), stream: true }, { signal }),
    };
  },
};
