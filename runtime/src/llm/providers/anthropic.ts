// Anthropic Messages, their stream events, and the legacy text completion → Fold.
// Formats: `Message`, `RawMessageStreamEvent` of `@anthropic-ai/sdk` 1.x; Bedrock's InvokeModel
// answers with the same.
import type { Fold } from "../fold.ts";
import type { Counts } from "../usage.ts";
import { countField, field, isObject, items, textField } from "../../platform/own-properties.ts";

export function anthropic(part: unknown, fold: Fold): boolean {
  switch (field(part, "type")) {
    case "message":
      if (!Array.isArray(field(part, "content"))) return false;
      if (fold.beginWhole(field(part, "id"), part)) foldMessage(part, fold);
      else foldUsage(field(part, "usage"), fold);
      break;
    case "message_start":
      fold.begin(field(field(part, "message"), "id"), true);
      foldMessage(field(part, "message"), fold);
      break;
    case "content_block_start":
      foldBlock(field(part, "content_block"), field(part, "index"), fold);
      break;
    case "content_block_delta":
      foldDelta(field(part, "delta"), field(part, "index"), fold);
      break;
    case "message_delta":
      fold.finish(textField(field(part, "delta"), "stop_reason"));
      foldUsage(field(part, "usage"), fold);
      break;
    case "content_block_stop":
    case "message_stop":
      // OpenAI's and others' events have none of these names.
      break;
    case "completion":
      fold.addText(textField(part, "completion"));
      fold.model = textField(part, "model") ?? fold.model;
      fold.finish(textField(part, "stop_reason"));
      break;
    default:
      return false;
  }
  fold.vendor = "anthropic";
  return true;
}

function foldMessage(message: unknown, fold: Fold): void {
  fold.model = textField(message, "model") ?? fold.model;
  fold.finish(textField(message, "stop_reason"));
  foldUsage(field(message, "usage"), fold);
  const content = items(field(message, "content"));
  for (let at = 0; at < content.length; at++) foldBlock(content[at], at, fold);
}

const CALLS: ReadonlySet<string | undefined> = new Set([
  "tool_use",
  "server_tool_use",
  "mcp_tool_use",
]);

function foldBlock(block: unknown, key: unknown, fold: Fold): void {
  const type = textField(block, "type");
  if (type === "text") fold.addText(textField(block, "text"));
  else if (type === "thinking") fold.addReasoning(textField(block, "thinking"));
  else if (CALLS.has(type)) {
    const input = field(block, "input");
    // A stream begins with an empty one, the pieces of the real one follow.
    const given = isObject(input) && Object.keys(input).length > 0 ? input : undefined;
    fold.call(key, { id: field(block, "id"), name: field(block, "name"), input: given ?? input });
  }
}

function foldDelta(delta: unknown, key: unknown, fold: Fold): void {
  const type = textField(delta, "type");
  if (type === "text_delta") fold.addText(textField(delta, "text"));
  else if (type === "thinking_delta") fold.addReasoning(textField(delta, "thinking"));
  else if (type === "input_json_delta") fold.call(key, { arguments: field(delta, "partial_json") });
}

function foldUsage(usage: unknown, fold: Fold): void {
  fold.count(countsOf(usage));
  const steps = items(field(usage, "iterations"));
  // All other steps are in the counts.
  if (steps.length > 0)
    fold.countBeside(steps.filter((step) => field(step, "type") === "compaction").map(countsOf));
}

function countsOf(usage: unknown): Counts {
  const writes = field(usage, "cache_creation");
  return {
    freshInput: countField(usage, "input_tokens"),
    cached: countField(usage, "cache_read_input_tokens"),
    cacheWrite: countField(usage, "cache_creation_input_tokens"),
    longCacheWrite: countField(writes, "ephemeral_1h_input_tokens"),
    output: countField(usage, "output_tokens"),
    reasoning: countField(field(usage, "output_tokens_details"), "thinking_tokens"),
  };
}
