// Anthropic Messages by `@anthropic-ai/sdk`.
import Anthropic from "@anthropic-ai/sdk";
import {
  type Answer,
  type Calls,
  PIECES,
  type Provider,
  TEXT,
  TOOL,
  TOOL_INPUT,
  TOOL_PIECES,
} from "../provider.ts";
import { RATE_LIMITED } from "../server.ts";

const usage = {
  input_tokens: 10,
  output_tokens: 7,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 40,
};

/** Bedrock's InvokeModel answers with the same. */
export function messagesAnswer(
  model: string,
  scenario: "plain" | "tool",
  streamed: boolean,
): Answer {
  const head = { id: "msg_1", type: "message", role: "assistant", model, stop_sequence: null };
  const tool = { type: "tool_use", id: "toolu_1", name: TOOL };
  const reason = scenario === "plain" ? "end_turn" : "tool_use";
  if (!streamed) {
    const content = [
      scenario === "plain" ? { type: "text", text: TEXT } : { ...tool, input: TOOL_INPUT },
    ];
    return { json: { ...head, content, stop_reason: reason, usage } };
  }
  const begun = { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  const at = { index: 0 };
  const block = scenario === "plain" ? { type: "text", text: "" } : { ...tool, input: {} };
  const deltas =
    scenario === "plain"
      ? PIECES.map((text) => ({ type: "text_delta", text }))
      : TOOL_PIECES.map((partial_json) => ({ type: "input_json_delta", partial_json }));
  const sse = [
    { type: "message_start", message: begun },
    { type: "content_block_start", ...at, content_block: block },
    ...deltas.map((delta) => ({ type: "content_block_delta", ...at, delta })),
    { type: "content_block_stop", ...at },
    {
      type: "message_delta",
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    },
    { type: "message_stop" },
  ];
  return { sse, named: true };
}

export const anthropic: Provider = {
  name: "Anthropic Messages",
  model: "claude-sonnet-5",
  statusMessage: /\(HTTP 429, rate_limit_error, request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 150,
    output_tokens: 7,
    total_tokens: 157,
    cached_input_tokens: 100,
    cache_write_input_tokens: 40,
  },
  modelSource: "response",
  finishReason: { plain: "end_turn", tool: "tool_use" },
  silentAbort: true,
  answer: (scenario, streamed) => messagesAnswer("claude-sonnet-5", scenario, streamed),
  error: () => ({
    ...RATE_LIMITED,
    headers: { "request-id": "req_429", "retry-after": "7" },
    json: { type: "error", error: { type: "rate_limit_error", message: "Too many tokens" } },
  }),
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const client = new Anthropic({ apiKey: "none", baseURL: url, maxRetries: 0 });
    const request = (prompt: string) => ({
      model: "claude-sonnet-5",
      max_tokens: 100,
      messages: [{ role: "user" as const, content: prompt }],
    });
    return {
      ask: (prompt) => client.messages.create(request(prompt)),
      stream: (prompt, signal) =>
        client.messages.create({ ...request(prompt), stream: true }, { signal }),
    };
  },
};
