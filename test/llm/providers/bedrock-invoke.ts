// Bedrock InvokeModel with Claude by `@aws-sdk/client-bedrock-runtime`. The bodies of other models
// are in answers/replies.test.ts.
import {
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import type { Answer, Calls, Provider } from "../provider.ts";
import { messagesAnswer } from "./anthropic.ts";
import { bedrockClient } from "./bedrock-client.ts";
import { bedrockError } from "./bedrock-converse.ts";

const modelId = "anthropic.claude-3-haiku-20240307-v1:0";

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const found = messagesAnswer("claude-3-haiku-20240307", scenario, streamed);
  if (!streamed) return found;
  const metrics = { inputTokenCount: 10, outputTokenCount: 7, invocationLatency: 5 };
  const events = (found.sse ?? []) as { type: string }[];
  return {
    aws: events.map((event) => {
      const last = event.type === "message_stop";
      const whole = last ? { ...event, "amazon-bedrock-invocationMetrics": metrics } : event;
      const bytes = Buffer.from(JSON.stringify(whole)).toString("base64");
      return ["chunk", { bytes }] as const;
    }),
  };
}

export const bedrockInvoke: Provider = {
  name: "Bedrock InvokeModel",
  model: modelId,
  statusMessage:
    /^Too many tokens \(HTTP 429, ThrottlingException, request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 150,
    output_tokens: 7,
    total_tokens: 157,
    cached_input_tokens: 100,
    cache_write_input_tokens: 40,
  },
  modelSource: "response",
  finishReason: { plain: "end_turn", tool: "tool_use" },
  chunksOf: (result) => (result as { body: AsyncIterable<unknown> }).body,
  answer,
  error: bedrockError,
  isStreamed: (path) => path.endsWith("/invoke-with-response-stream"),
  connect(url): Calls {
    const client = bedrockClient(url);
    const request = (prompt: string) => ({
      modelId,
      contentType: "application/json",
      body: JSON.stringify({
        anthropic_version: "bedrock-2023-05-31",
        max_tokens: 100,
        messages: [{ role: "user", content: prompt }],
      }),
    });
    return {
      ask: (prompt) => client.send(new InvokeModelCommand(request(prompt))),
      stream: (prompt, abortSignal) =>
        client.send(new InvokeModelWithResponseStreamCommand(request(prompt)), { abortSignal }),
    };
  },
};
