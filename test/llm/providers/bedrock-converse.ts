// Bedrock Converse and ConverseStream by `@aws-sdk/client-bedrock-runtime`.
import { ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
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
import { bedrockClient } from "./bedrock-client.ts";

const usage = {
  inputTokens: 12,
  outputTokens: 6,
  totalTokens: 118,
  cacheReadInputTokens: 90,
  cacheWriteInputTokens: 10,
};

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const tool = { toolUseId: "tool_1", name: TOOL };
  const stopReason = scenario === "plain" ? "end_turn" : "tool_use";
  const metrics = { latencyMs: 5 };
  if (!streamed) {
    const content = [
      scenario === "plain" ? { text: TEXT } : { toolUse: { ...tool, input: TOOL_INPUT } },
    ];
    return {
      json: { output: { message: { role: "assistant", content } }, stopReason, usage, metrics },
    };
  }
  const at = { contentBlockIndex: 0 };
  const deltas =
    scenario === "plain"
      ? PIECES.map((text) => ({ text }))
      : TOOL_PIECES.map((input) => ({ toolUse: { input } }));
  return {
    aws: [
      ["messageStart", { role: "assistant" }],
      ...(scenario === "tool"
        ? [["contentBlockStart", { ...at, start: { toolUse: tool } }] as const]
        : []),
      ...deltas.map((delta) => ["contentBlockDelta", { ...at, delta }] as const),
      ["contentBlockStop", at],
      ["messageStop", { stopReason }],
      ["metadata", { usage, metrics }],
    ],
  };
}

const modelId = "us.anthropic.claude-3-5-sonnet-20241022-v2:0";

export const bedrockConverse: Provider = {
  name: "Bedrock Converse",
  model: modelId,
  statusMessage:
    /^Too many tokens \(HTTP 429, ThrottlingException, request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 112,
    output_tokens: 6,
    total_tokens: 118,
    cached_input_tokens: 90,
    cache_write_input_tokens: 10,
  },
  modelSource: "default",
  finishReason: { plain: "end_turn", tool: "tool_use" },
  chunksOf: (result) => (result as { stream: AsyncIterable<unknown> }).stream,
  answer,
  error: bedrockError,
  isStreamed: (path) => path.endsWith("/converse-stream"),
  connect(url): Calls {
    const client = bedrockClient(url);
    const request = (prompt: string) => ({
      modelId,
      messages: [{ role: "user" as const, content: [{ text: prompt }] }],
    });
    return {
      ask: (prompt) => client.send(new ConverseCommand(request(prompt))),
      stream: (prompt, abortSignal) =>
        client.send(new ConverseStreamCommand(request(prompt)), { abortSignal }),
    };
  },
};

export function bedrockError(): Answer {
  return {
    ...RATE_LIMITED,
    headers: {
      "x-amzn-requestid": "req_429",
      "x-amzn-errortype": "ThrottlingException",
      "retry-after": "7",
    },
    json: { message: "Too many tokens" },
  };
}
