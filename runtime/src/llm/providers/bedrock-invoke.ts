// Bedrock InvokeModel → Fold: `{ body }` with JSON in bytes, the parsed body itself, and
// `{ chunk: { bytes } }` of its stream.
// Formats: the model parameters in Bedrock's user guide.
import { types } from "../../platform/node.ts";
import { anthropic } from "./anthropic.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import type { Fold } from "../fold.ts";
import { foldChat } from "./openai-chat.ts";
import {
  asCount,
  countField,
  field,
  firstItem,
  isObject,
  items,
  parsedJson,
  textField,
} from "../../platform/own-properties.ts";

export function bedrockInvoke(part: unknown, fold: Fold): boolean {
  const bytes = field(field(part, "chunk"), "bytes") ?? field(part, "body");
  const raw = types.isUint8Array(bytes);
  const body = raw ? parsedJson(bytes) : part;
  if (!isObject(body)) return false;
  if (!BODIES.some((known) => known(body, fold)) && !(raw && vendorless(body, fold))) return false;
  fold.host = "aws";
  // In the last chunk of every model's stream.
  const metrics = field(body, "amazon-bedrock-invocationMetrics");
  fold.count({
    freshInput: countField(metrics, "inputTokenCount"),
    output: countField(metrics, "outputTokenCount"),
    cached: countField(metrics, "cacheReadInputTokenCount"),
    cacheWrite: countField(metrics, "cacheWriteInputTokenCount"),
  });
  return true;
}

type Body = (body: object, fold: Fold) => boolean;

function titan(body: object, fold: Fold): boolean {
  const input = countField(body, "inputTextTokenCount");
  const result = firstItem(field(body, "results"));
  const chunk = textField(body, "outputText");
  if (input === undefined || (result === undefined && chunk === undefined))
    return titanChunk(body, fold);
  fold.vendor = "amazon";
  const answer = result ?? body;
  fold.addText(textField(answer, "outputText"));
  fold.finish(textField(answer, "completionReason"));
  fold.count({
    input,
    output: countField(answer, "tokenCount") ?? countField(body, "totalOutputTextTokenCount"),
  });
  return true;
}

/** The pieces of a stream count what was written so far, and their input in the last one alone. */
function titanChunk(body: object, fold: Fold): boolean {
  const text = textField(body, "outputText");
  if (text === undefined || field(body, "index") === undefined) return false;
  fold.vendor = "amazon";
  fold.addText(text);
  fold.finish(textField(body, "completionReason"));
  fold.count({ output: countField(body, "totalOutputTextTokenCount") });
  return true;
}

function llama(body: object, fold: Fold): boolean {
  const text = textField(body, "generation");
  if (text === undefined || field(body, "stop_reason") === undefined) return false;
  fold.vendor = "meta";
  fold.addText(text);
  fold.finish(textField(body, "stop_reason"));
  fold.count({
    input: countField(body, "prompt_token_count"),
    output: countField(body, "generation_token_count"),
  });
  return true;
}

/**
 * Command: `generations`; Command R: `text` with a `generation_id`. Their tokens stand in headers,
 * or in a stream's metrics.
 */
function cohereCommand(body: object, fold: Fold): boolean {
  const generation = firstItem(field(body, "generations"));
  const whole = isObject(generation) && textField(generation, "text") !== undefined;
  const answer = whole ? generation : body;
  const commandR = textField(body, "generation_id") !== undefined;
  const event = textField(body, "event_type");
  if (!whole && !commandR && event === undefined && field(body, "is_finished") === undefined)
    return false;
  fold.vendor = "cohere";
  if (event === undefined || event === "text-generation") fold.addText(textField(answer, "text"));
  fold.finish(textField(answer, "finish_reason"));
  const calls = items(field(body, "tool_calls"));
  for (let at = 0; at < calls.length; at++)
    fold.call(at, { name: field(calls[at], "name"), input: field(calls[at], "parameters") });
  return true;
}

/** Jurassic-2, whose tokens are lists. */
function jurassic(body: object, fold: Fold): boolean {
  const completion = firstItem(field(body, "completions"));
  const text = textField(field(completion, "data"), "text");
  if (text === undefined) return false;
  fold.vendor = "ai21";
  fold.addText(text);
  fold.finish(textField(field(completion, "finishReason"), "reason"));
  const input = field(field(body, "prompt"), "tokens");
  const output = field(field(completion, "data"), "tokens");
  fold.count({
    input: Array.isArray(input) ? input.length : undefined,
    output: Array.isArray(output) ? output.length : undefined,
  });
  return true;
}

/** Mistral's text completion. */
function mistralText(body: object, fold: Fold): boolean {
  const output = firstItem(field(body, "outputs"));
  const text = textField(output, "text");
  if (text === undefined || field(output, "stop_reason") === undefined) return false;
  fold.vendor = "mistral";
  fold.addText(text);
  fold.finish(textField(output, "stop_reason"));
  return true;
}

/** Claude 2 and Claude Instant: no `type`. */
function claudeText(body: object, fold: Fold): boolean {
  const text = textField(body, "completion");
  if (text === undefined || field(body, "stop_reason") === undefined) return false;
  fold.vendor = "anthropic";
  fold.addText(text);
  fold.finish(textField(body, "stop_reason"));
  return true;
}

const BODIES: readonly Body[] = [
  anthropic,
  bedrockConverse,
  titan,
  llama,
  cohereCommand,
  jurassic,
  mistralText,
  claudeText,
];

/**
 * Chat bodies of AI21's Jamba, Mistral and others on Bedrock, which lack OpenAI's `object`; and a
 * chunk of metrics alone.
 */
function vendorless(body: object, fold: Fold): boolean {
  if (Array.isArray(field(body, "choices"))) {
    foldChat(body, fold, undefined);
    return true;
  }
  return (
    asCount(field(field(body, "amazon-bedrock-invocationMetrics"), "inputTokenCount")) !== undefined
  );
}
