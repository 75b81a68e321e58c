// Bedrock InvokeModel → Fold: `{ body }` with JSON in bytes, the parsed body itself, and
// `{ chunk: { bytes } }` of its stream.
// Formats: the model parameters in Bedrock's user guide.
import { types } from "../../platform/node.ts";
import { anthropic } from "./anthropic.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import type { Fold } from "../fold.ts";
import { bareChat } from "./openai-chat.ts";
import {
  asCount,
  countField,
  field,
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
  if (!BODIES.some((known) => known(body, fold))) {
    const chat = bareChat(body, fold);
    if (!chat && !(raw && metricsAlone(body))) return false;
    // Parsed, it could be any server's.
    if (!raw) return true;
  }
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
  const results = items(field(body, "results"));
  const answers = results.length > 0 ? results : [body];
  if (input === undefined || textField(answers[0], "outputText") === undefined)
    return titanChunk(body, fold);
  fold.vendor = "amazon";
  for (let at = 0; at < answers.length; at++)
    fold.addText(textField(answers[at], "outputText"), at);
  fold.finish(textField(answers[0], "completionReason"));
  const counts = results.map((result) => countField(result, "tokenCount"));
  fold.count({
    input,
    output:
      results.length > 0 ? sumOfCounts(counts) : countField(body, "totalOutputTextTokenCount"),
  });
  return true;
}

/** Undefined where one of them is. */
function sumOfCounts(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce((sum, count) =>
    sum === undefined || count === undefined ? undefined : sum + count,
  );
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
  const generations = items(field(body, "generations"));
  const whole = textField(generations[0], "text") !== undefined;
  const answers = whole ? generations : [body];
  const commandR = textField(body, "generation_id") !== undefined;
  const event = textField(body, "event_type");
  if (!whole && !commandR && event === undefined && field(body, "is_finished") === undefined)
    return false;
  fold.vendor = "cohere";
  for (let at = 0; at < answers.length; at++)
    if (event === undefined || event === "text-generation")
      fold.addText(textField(answers[at], "text"), countField(answers[at], "index") ?? at);
  fold.finish(textField(answers[0], "finish_reason"));
  const calls = items(field(body, "tool_calls"));
  for (let at = 0; at < calls.length; at++)
    fold.call(at, { name: field(calls[at], "name"), input: field(calls[at], "parameters") });
  return true;
}

/** Jurassic-2, whose tokens are lists. */
function jurassic(body: object, fold: Fold): boolean {
  const completions = items(field(body, "completions"));
  const answers = completions.map((completion) => field(completion, "data"));
  if (textField(answers[0], "text") === undefined) return false;
  fold.vendor = "ai21";
  for (let at = 0; at < answers.length; at++) fold.addText(textField(answers[at], "text"), at);
  fold.finish(textField(field(completions[0], "finishReason"), "reason"));
  fold.count({
    input: lengthOf(field(field(body, "prompt"), "tokens")),
    output: sumOfCounts(answers.map((answer) => lengthOf(field(answer, "tokens")))),
  });
  return true;
}

function lengthOf(list: unknown): number | undefined {
  return isObject(list) && Array.isArray(list) ? list.length : undefined;
}

/** Mistral's text completion. */
function mistralText(body: object, fold: Fold): boolean {
  const outputs = items(field(body, "outputs"));
  const [output] = outputs;
  if (textField(output, "text") === undefined || field(output, "stop_reason") === undefined)
    return false;
  fold.vendor = "mistral";
  for (let at = 0; at < outputs.length; at++) fold.addText(textField(outputs[at], "text"), at);
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

/** A chunk that has nothing but the metrics. */
function metricsAlone(body: object): boolean {
  const metrics = field(body, "amazon-bedrock-invocationMetrics");
  return asCount(field(metrics, "inputTokenCount")) !== undefined;
}
