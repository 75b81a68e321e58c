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
  firstKey,
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
  foldChat(part, fold);
  return true;
}

/** Choices, usage and model, in either spelling. */
export function foldChat(part: unknown, fold: Fold, vendor?: Vendor): void {
  const model = textField(part, "model");
  fold.model ??= model;
  // Servers of other vendors speak this format too: the model's name tells.
  fold.vendor = vendor ?? vendorOf(model) ?? fold.vendor ?? "compatible";
  // OpenRouter's, in the middle of a stream.
  const error = field(part, "error");
  if (isObject(error)) fold.failure ??= error;
  const choices = items(field(part, "choices"));
  const known = begins(part, choices, fold);
  foldUsage(field(part, "usage"), fold);
  if (known) return;
  for (let at = 0; at < choices.length; at++) foldChoice(choices[at], at, fold);
}

/** Whether all that is in the part is known already. */
function begins(part: unknown, choices: readonly unknown[], fold: Fold): boolean {
  const id = field(part, "id");
  const [choice] = choices;
  const delta = field(choice, "delta");
  if (choice !== undefined && !isObject(delta) && isObject(field(choice, "message")))
    return !fold.beginWhole(id, part);
  // A server may give all answers one id.
  const opens = fold.awaitsTools && field(delta, "role") === "assistant";
  fold.begin(id, opens);
  return false;
}

function foldChoice(choice: unknown, at: number, fold: Fold): void {
  const number = asCount(field(choice, "index")) ?? at;
  const delta = field(choice, "delta");
  const message = delta ?? field(choice, "message");
  const content = field(message, "content");
  fold.addText(
    contentText(content, "text") ?? textField(message, "refusal") ?? textField(choice, "text"),
    number,
  );
  if (number === 0)
    fold.addReasoning(
      // DeepSeek's and xAI's name; Groq's, Ollama's and OpenRouter's; Mistral's part.
      asText(either(message, "reasoning_content", "reasoningContent")) ??
        textField(message, "reasoning") ??
        contentText(content, "thinking"),
    );
  foldCalls(message, number, isObject(delta), fold);
  if (number > 0) return;
  fold.finish(
    asText(either(choice, "finish_reason", "finishReason")) ??
      // Mistral's and DeepSeek's bodies on Bedrock.
      textField(choice, "stop_reason"),
  );
}

function foldCalls(message: unknown, choice: number, streamed: boolean, fold: Fold): void {
  // Of the first choice, a single piece without an index belongs to the call of the piece before.
  const keyOf = (index: unknown): unknown => (choice === 0 ? index : `${choice}:${String(index)}`);
  const calls = items(either(message, "tool_calls", "toolCalls"));
  for (let at = 0; at < calls.length; at++) {
    const call = calls[at];
    const invoked = field(call, "function") ?? field(call, "custom");
    const given = field(invoked, "arguments") ?? field(invoked, "input");
    const place = streamed && calls.length === 1 && choice === 0 ? undefined : at;
    fold.call(keyOf((streamed ? asCount(field(call, "index")) : undefined) ?? place), {
      id: field(call, "id"),
      name: field(invoked, "name"),
      arguments: given,
      input: given,
    });
  }
  const older = field(message, "function_call");
  if (isObject(older))
    fold.call(keyOf("function_call"), {
      name: field(older, "name"),
      arguments: field(older, "arguments"),
    });
}

/** A text, or parts of which some have one under that name; Mistral's thoughts have parts again. */
function contentText(content: unknown, name: "text" | "thinking"): string | undefined {
  if (typeof content === "string") return name === "text" ? content : undefined;
  const texts = items(content)
    .map((piece) => {
      const held = field(piece, name);
      return Array.isArray(held) ? contentText(held, "text") : asText(held);
    })
    .filter((text) => text !== undefined);
  return texts.length > 0 ? texts.join("") : undefined;
}

export function foldUsage(usage: unknown, fold: Fold): void {
  const inputDetails = either(usage, "prompt_tokens_details", "promptTokensDetails");
  const outputDetails = either(usage, "completion_tokens_details", "completionTokensDetails");
  const input = asCount(either(usage, "prompt_tokens", "promptTokens"));
  const output = asCount(either(usage, "completion_tokens", "completionTokens"));
  const total = asCount(either(usage, "total_tokens", "totalTokens"));
  const reasoning = asCount(either(outputDetails, "reasoning_tokens", "reasoningTokens"));
  const thoughts = fold.vendor === "google" ? rest(total, input, output) : undefined;
  fold.count({
    input,
    output,
    cached:
      asCount(either(inputDetails, "cached_tokens", "cachedTokens")) ??
      // DeepSeek
      asCount(field(usage, "prompt_cache_hit_tokens")),
    cacheWrite: asCount(field(inputDetails, "cache_write_tokens")),
    outputApart: thoughts,
    reasoning: reasoning ?? thoughts,
    total,
  });
}

/** Gemini behind this format tells its thoughts in the total alone. */
function rest(total?: number, input?: number, output?: number): number | undefined {
  if (total === undefined || input === undefined || output === undefined) return undefined;
  return total > input + output ? total - input - output : undefined;
}

/** Without OpenAI's `object`: bodies of AI21's Jamba and others on Bedrock, and of some servers. */
export function bareChat(body: unknown, fold: Fold): boolean {
  const choice = firstItem(field(body, "choices"));
  const message = field(choice, "message") ?? field(choice, "delta");
  const known = isObject(message)
    ? firstKey(message, ["role", "content", "tool_calls"]) !== undefined
    : textField(choice, "text") !== undefined && hasReason(choice);
  if (!known) return false;
  foldChat(body, fold);
  return true;
}

function hasReason(choice: unknown): boolean {
  return isObject(choice) && REASONS.some((name) => Object.hasOwn(choice, name));
}

const REASONS: readonly string[] = ["finish_reason", "stop_reason"];
