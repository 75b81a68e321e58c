// Mistral by `@mistralai/mistralai`.
import { Mistral } from "@mistralai/mistralai";
import { type Answer, type Calls, type Provider, TOOL, TOOL_PIECES } from "../provider.ts";
import { chatAnswer } from "./openai-chat.ts";

/** A tool call comes whole, and the usage with the last piece. */
function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const found = chatAnswer("mistral-large-latest", scenario, streamed);
  if (!streamed) return found;
  const chunks = (found.sse ?? []) as { usage?: unknown; choices: { finish_reason: unknown }[] }[];
  const usage = chunks.at(-1)?.usage;
  const pieces = chunks.filter(({ choices }) => choices.length > 0);
  const own = pieces.map((chunk) =>
    chunk.choices[0]?.finish_reason === null ? chunk : { ...chunk, usage },
  );
  if (scenario === "plain") return { sse: own, done: "[DONE]" };
  const call = {
    id: "call_1",
    index: 0,
    function: { name: TOOL, arguments: TOOL_PIECES.join("") },
  };
  const delta = { role: "assistant", content: "", tool_calls: [call] };
  const last = { index: 0, delta, finish_reason: "tool_calls" };
  return { sse: [{ ...own.at(-1), choices: [last] }], done: "[DONE]" };
}

export const mistral: Provider = {
  name: "Mistral",
  model: "mistral-large-latest",
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
  answer,
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const client = new Mistral({
      apiKey: "none",
      serverURL: url,
      retryConfig: { strategy: "none" },
    });
    const request = (prompt: string) => ({
      model: "mistral-large-latest",
      messages: [{ role: "user" as const, content: prompt }],
    });
    return {
      ask: (prompt) => client.chat.complete(request(prompt)),
      stream: (prompt, signal) => client.chat.stream(request(prompt), { fetchOptions: { signal } }),
    };
  },
};
