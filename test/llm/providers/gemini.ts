// Gemini by `@google/genai`.
import { GoogleGenAI } from "@google/genai";
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

const usageMetadata = {
  promptTokenCount: 40,
  candidatesTokenCount: 8,
  thoughtsTokenCount: 5,
  cachedContentTokenCount: 16,
  totalTokenCount: 53,
};

function part(piece: unknown, last: boolean): unknown {
  return {
    candidates: [
      {
        content: { role: "model", parts: [piece] },
        index: 0,
        ...(last ? { finishReason: "STOP" } : {}),
      },
    ],
    modelVersion: "gemini-2.5-flash",
    responseId: "resp_1",
    ...(last ? { usageMetadata } : {}),
  };
}

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const call = { functionCall: { id: "call_1", name: TOOL, args: TOOL_INPUT } };
  if (!streamed) return { json: part(scenario === "plain" ? { text: TEXT } : call, true) };
  const pieces = scenario === "plain" ? PIECES.map((text) => ({ text })) : [call];
  return { sse: pieces.map((piece, at) => part(piece, at === pieces.length - 1)) };
}

export const gemini: Provider = {
  name: "Gemini",
  model: "gemini-2.5-flash",
  statusMessage: /\(HTTP 429, RESOURCE_EXHAUSTED\)$/,
  usage: {
    input_tokens: 40,
    output_tokens: 13,
    total_tokens: 53,
    cached_input_tokens: 16,
    reasoning_tokens: 5,
  },
  modelSource: "response",
  finishReason: { plain: "STOP", tool: "STOP" },
  answer,
  error: () => ({
    ...RATE_LIMITED,
    json: { error: { code: 429, message: "Too many tokens", status: "RESOURCE_EXHAUSTED" } },
  }),
  isStreamed: (path) => path.includes(":streamGenerateContent"),
  connect(url): Calls {
    const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: url } });
    const model = "gemini-2.5-flash";
    return {
      ask: (prompt) => client.models.generateContent({ model, contents: prompt }),
      stream: (prompt, abortSignal) =>
        client.models.generateContentStream({ model, contents: prompt, config: { abortSignal } }),
    };
  },
};
