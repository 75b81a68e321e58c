// OpenAI Chat Completions by `openai`.
import OpenAI from "openai";
import {
  type Answer,
  type Calls,
  PIECES,
  type Provider,
  TEXT,
  TOOL,
  TOOL_PIECES,
} from "../provider.ts";

const usage = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

/** The shortest answer, with whatever for counts. */
export const chat = (counts: unknown): unknown => ({
  object: "chat.completion",
  model: "gpt-4o-mini",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  usage: counts,
});

/** Groq, and servers of the same format, answer so, too. */
export function chatAnswer(model: string, scenario: "plain" | "tool", streamed: boolean): Answer {
  const head = { id: "chatcmpl-1", created: 1, model };
  const call = { id: "call_1", type: "function", function: { name: TOOL, arguments: "" } };
  const reason = scenario === "plain" ? "stop" : "tool_calls";
  if (!streamed) {
    const whole = { ...call, function: { name: TOOL, arguments: TOOL_PIECES.join("") } };
    const message =
      scenario === "plain"
        ? { role: "assistant", content: TEXT, refusal: null }
        : { role: "assistant", content: null, tool_calls: [whole] };
    const choices = [{ index: 0, message, finish_reason: reason, logprobs: null }];
    return { json: { ...head, object: "chat.completion", choices, usage } };
  }
  const chunk = (delta: unknown, finish: string | null = null): unknown => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
  });
  const deltas =
    scenario === "plain"
      ? PIECES.map((content) => chunk({ content }))
      : [
          chunk({ tool_calls: [{ index: 0, ...call }] }),
          ...TOOL_PIECES.map((piece) =>
            chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
          ),
        ];
  const last = { ...head, object: "chat.completion.chunk", choices: [], usage };
  const sse = [chunk({ role: "assistant", content: "" }), ...deltas, chunk({}, reason), last];
  return { sse, done: "[DONE]" };
}

export const openAiChat: Provider = {
  name: "OpenAI Chat Completions",
  model: "gpt-4o-mini",
  statusMessage:
    /^429 Too many tokens \(HTTP 429, rate_limit_exceeded, request id req_429, retry after 7 s\)$/,
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
  answer: (scenario, streamed) => chatAnswer("gpt-4o-mini-2024-07-18", scenario, streamed),
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const client = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0 });
    const request = (prompt: string) => ({
      model: "gpt-4o-mini",
      messages: [{ role: "user" as const, content: prompt }],
    });
    return {
      ask: (prompt) => client.chat.completions.create(request(prompt)),
      stream: (prompt, signal) =>
        client.chat.completions.create(
          { ...request(prompt), stream: true, stream_options: { include_usage: true } },
          { signal },
        ),
    };
  },
};
