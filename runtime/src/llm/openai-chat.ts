// OpenAI Chat Completions, non-streaming (`object: "chat.completion"`) → text, model and usage.
// Format: the `ChatCompletion` type of the `openai` package, 7.x.
import type { Reply, Usage } from "./reply.ts";
import { countField, field, items, textField } from "./read.ts";

export function openAiChat(response: unknown): Reply | undefined {
  if (textField(response, "object") !== "chat.completion") return undefined;
  const [choice] = items(field(response, "choices"));
  const text = textField(field(choice, "message"), "content");
  return { text, model: textField(response, "model"), usage: usageOf(field(response, "usage")) };
}

function usageOf(usage: unknown): Usage | undefined {
  const inputTokens = countField(usage, "prompt_tokens");
  const outputTokens = countField(usage, "completion_tokens");
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: countField(field(usage, "prompt_tokens_details"), "cached_tokens"),
    reasoningTokens: countField(field(usage, "completion_tokens_details"), "reasoning_tokens"),
  };
}
