// OpenAI Chat Completions, whole or as chunks, and legacy `text_completion` → Fold.
// Formats: `ChatCompletion`, `ChatCompletionChunk` of `openai` 7.x; many compatible servers speak
// it. Groq's and Mistral's forms are this one with differences of their own (groq.ts, mistral.ts).
import type { Fold } from "../fold.ts";
import {
  asCount,
  asText,
  either,
  field,
  firstItem,
  isObject,
  items,
  textField,
} from "../../platform/own-properties.ts";
import type { Vendor } from "../reply.ts";
import { vendorOf } from "./vendor.ts";

const OBJECTS: ReadonlySet<unknown> = new Set([
  "chat.completion",
  "chat.completion.chunk",
  "text_completion",
]);

export function openAiChat(part: unknown, fold: Fold): boolean {
  if (!OBJECTS.has(field(part, "object"))) return false;
  foldChat(part, fold, vendorOf(textField(part, "model")));
  return true;
}

/** Choices, usage and model, in either spelling. */
export function foldChat(part: unknown, fold: Fold, vendor: Vendor | undefined): void {
  fold.model ??= textField(part, "model");
  fold.vendor ??= vendor;
  fold.begin(field(part, "id"));
  foldUsage(field(part, "usage"), fold);
  const choice = firstChoice(part);
  if (choice === undefined) return;
  const message = field(choice, "delta") ?? field(choice, "message");
  fold.addText(
    contentText(field(message, "content")) ??
      textField(message, "refusal") ??
      textField(choice, "text"),
  );
  const calls = items(either(message, "tool_calls", "toolCalls"));
  for (let at = 0; at < calls.length; at++) {
    const call = calls[at];
    const invoked = field(call, "function") ?? field(call, "custom");
    const given = field(invoked, "arguments") ?? field(invoked, "input");
    fold.call(asCount(field(call, "index")) ?? at, {
      id: field(call, "id"),
      name: field(invoked, "name"),
      arguments: given,
      input: given,
    });
  }
  const older = field(message, "function_call");
  if (isObject(older))
    fold.call("function_call", {
      name: field(older, "name"),
      arguments: field(older, "arguments"),
    });
  fold.finish(
    asText(either(choice, "finish_reason", "finishReason")) ??
      // Mistral's and DeepSeek's bodies on Bedrock.
      textField(choice, "stop_reason"),
  );
}

/** Of several answers (`n`), the first one. A chunk brings a piece of any of them. */
function firstChoice(part: unknown): unknown {
  const choice = firstItem(field(part, "choices"));
  return (asCount(field(choice, "index")) ?? 0) === 0 ? choice : undefined;
}

/** A text, or parts of which some are text. */
function contentText(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const texts = items(content)
    .map((piece) => textField(piece, "text"))
    .filter((text) => text !== undefined);
  return texts.length > 0 ? texts.join("") : undefined;
}

export function foldUsage(usage: unknown, fold: Fold): void {
  const inputDetails = either(usage, "prompt_tokens_details", "promptTokensDetails");
  const outputDetails = either(usage, "completion_tokens_details", "completionTokensDetails");
  fold.count({
    input: asCount(either(usage, "prompt_tokens", "promptTokens")),
    output: asCount(either(usage, "completion_tokens", "completionTokens")),
    cached:
      asCount(either(inputDetails, "cached_tokens", "cachedTokens")) ??
      // DeepSeek
      asCount(field(usage, "prompt_cache_hit_tokens")),
    cacheWrite: asCount(field(inputDetails, "cache_write_tokens")),
    reasoning: asCount(either(outputDetails, "reasoning_tokens", "reasoningTokens")),
  });
}
