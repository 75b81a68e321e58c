// Ollama by `ollama`: NDJSON, and no price.
import { Ollama } from "ollama";
import {
  type Answer,
  type Calls,
  PIECES,
  type Provider,
  TEXT,
  TOOL,
  TOOL_INPUT,
} from "../provider.ts";
import { RATE_LIMITED } from "../server.ts";

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const head = { model: "llama3.2", created_at: "2026-11-25T00:00:00Z" };
  const call = { function: { name: TOOL, arguments: TOOL_INPUT } };
  const counts = { done: true, done_reason: "stop", prompt_eval_count: 26, eval_count: 5 };
  const said = (content: string) => ({ role: "assistant", content });
  const calls = { role: "assistant", content: "", tool_calls: [call] };
  if (!streamed)
    return { json: { ...head, message: scenario === "plain" ? said(TEXT) : calls, ...counts } };
  const pieces = scenario === "plain" ? PIECES.map(said) : [calls];
  return {
    ndjson: [
      ...pieces.map((message) => ({ ...head, message, done: false })),
      { ...head, message: said(""), ...counts },
    ],
  };
}

export const ollama: Provider = {
  name: "Ollama",
  model: "llama3.2",
  statusMessage: /^Too many tokens \(HTTP 429\)$/,
  usage: { input_tokens: 26, output_tokens: 5, total_tokens: 31 },
  modelSource: null,
  finishReason: { plain: "stop", tool: "stop" },
  holdsStreams: true,
  answer,
  error: () => ({ ...RATE_LIMITED, json: { error: "Too many tokens" } }),
  isStreamed: (_path, body) => body.stream === true,
  connect(host): Calls {
    const client = new Ollama({ host });
    const request = (prompt: string) => ({
      model: "llama3.2",
      messages: [{ role: "user", content: prompt }],
    });
    return {
      ask: (prompt) => client.chat(request(prompt)),
      async stream(prompt, signal) {
        const answered = await client.chat({ ...request(prompt), stream: true });
        signal.addEventListener("abort", () => answered.abort());
        return answered;
      },
    };
  },
};
