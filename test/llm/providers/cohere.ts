// Cohere v2 chat by `cohere-ai`.
import { CohereClientV2 } from "cohere-ai";
import {
  type Answer,
  type Calls,
  PIECES,
  type Provider,
  TEXT,
  TOOL,
  TOOL_PIECES,
} from "../provider.ts";
import { RATE_LIMITED } from "../server.ts";

const usage = {
  billed_units: { input_tokens: 14, output_tokens: 6 },
  tokens: { input_tokens: 214, output_tokens: 9 },
  cached_tokens: 4,
};

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const finish_reason = scenario === "plain" ? "COMPLETE" : "TOOL_CALL";
  const call = { id: "call_1", type: "function", function: { name: TOOL, arguments: "" } };
  if (!streamed) {
    const whole = { ...call, function: { name: TOOL, arguments: TOOL_PIECES.join("") } };
    const message =
      scenario === "plain"
        ? { role: "assistant", content: [{ type: "text", text: TEXT }] }
        : { role: "assistant", tool_plan: "I look.", tool_calls: [whole] };
    return { json: { id: "chat_1", finish_reason, message, usage } };
  }
  const pieces =
    scenario === "plain"
      ? [
          {
            type: "content-start",
            index: 0,
            delta: { message: { content: { type: "text", text: "" } } },
          },
          ...PIECES.map((text) => ({
            type: "content-delta",
            index: 0,
            delta: { message: { content: { text } } },
          })),
          { type: "content-end", index: 0 },
        ]
      : [
          { type: "tool-call-start", index: 0, delta: { message: { tool_calls: call } } },
          ...TOOL_PIECES.map((piece) => ({
            type: "tool-call-delta",
            index: 0,
            delta: { message: { tool_calls: { function: { arguments: piece } } } },
          })),
          { type: "tool-call-end", index: 0 },
        ];
  const sse = [
    { type: "message-start", id: "chat_1", delta: { message: { role: "assistant" } } },
    ...pieces,
    { type: "message-end", id: "chat_1", delta: { finish_reason, usage } },
  ];
  return { sse, named: true };
}

export const cohere: Provider = {
  name: "Cohere v2",
  model: "command-r-plus-08-2024",
  statusMessage: /\(HTTP 429, request id req_429, retry after 7 s\)$/,
  usage: { input_tokens: 214, output_tokens: 9, total_tokens: 223, cached_input_tokens: 4 },
  modelSource: null,
  finishReason: { plain: "COMPLETE", tool: "TOOL_CALL" },
  answer,
  error: () => ({ ...RATE_LIMITED, json: { message: "Too many tokens" } }),
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const client = new CohereClientV2({ token: "none", baseUrl: url, environment: url });
    const request = (prompt: string) => ({
      model: "command-r-plus-08-2024",
      messages: [{ role: "user" as const, content: prompt }],
    });
    return {
      ask: (prompt) => client.chat(request(prompt), { maxRetries: 0 }),
      stream: (prompt, abortSignal) =>
        client.chatStream(request(prompt), { maxRetries: 0, abortSignal }),
    };
  },
};
