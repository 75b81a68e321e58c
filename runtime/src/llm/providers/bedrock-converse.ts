// Bedrock Converse and the events of ConverseStream → Fold. The request alone names the model.
// Formats: `ConverseCommandOutput`, `ConverseStreamOutput` of `@aws-sdk/client-bedrock-runtime`
// 3.x; Nova's InvokeModel body is the same.
import type { Fold } from "../fold.ts";
import {
  countField,
  either,
  field,
  firstMember,
  isObject,
  items,
  textField,
} from "../../platform/own-properties.ts";

export function bedrockConverse(part: unknown, fold: Fold): boolean {
  const message = field(field(part, "output"), "message");
  if (isObject(message)) {
    fold.host ??= "aws";
    if (fold.beginWhole(undefined, part)) foldMessage(message, fold);
    fold.finish(textField(part, "stopReason"));
    foldUsage(field(part, "usage"), fold);
    return true;
  }
  const event = firstMember(part, EVENTS);
  if (event === undefined) return false;
  fold.host ??= "aws";
  foldEvent(event, field(part, event), fold);
  return true;
}

/** A member of the stream's union: each event has exactly one. */
const EVENTS: readonly string[] = [
  "contentBlockDelta",
  "contentBlockStart",
  "contentBlockStop",
  "messageStart",
  "messageStop",
  "metadata",
];

function foldEvent(name: string, event: unknown, fold: Fold): void {
  const key = field(event, "contentBlockIndex");
  if (name === "messageStart") fold.begin(event, true);
  if (name === "contentBlockDelta") {
    const delta = field(event, "delta");
    fold.addText(textField(delta, "text"));
    fold.addReasoning(textField(field(delta, "reasoningContent"), "text"));
    const tool = field(delta, "toolUse");
    if (isObject(tool)) fold.call(key, { arguments: field(tool, "input") });
  } else if (name === "contentBlockStart") {
    const tool = field(field(event, "start"), "toolUse");
    if (isObject(tool)) fold.call(key, { id: field(tool, "toolUseId"), name: field(tool, "name") });
  } else if (name === "messageStop") {
    fold.finish(textField(event, "stopReason"));
  } else if (name === "metadata") {
    foldUsage(field(event, "usage"), fold);
  }
}

function foldMessage(message: unknown, fold: Fold): void {
  const content = items(field(message, "content"));
  for (let at = 0; at < content.length; at++) {
    const block = content[at];
    fold.addText(textField(block, "text"));
    fold.addReasoning(textField(field(field(block, "reasoningContent"), "reasoningText"), "text"));
    const tool = field(block, "toolUse");
    if (isObject(tool))
      fold.call(at, {
        id: field(tool, "toolUseId"),
        name: field(tool, "name"),
        input: field(tool, "input"),
      });
  }
}

function foldUsage(usage: unknown, fold: Fold): void {
  fold.count({
    freshInput: countField(usage, "inputTokens"),
    output: countField(usage, "outputTokens"),
    cached: countOf(usage, "cacheReadInputTokens", "cacheReadInputTokenCount"),
    cacheWrite: countOf(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount"),
    longCacheWrite: longWrites(usage),
  });
}

/** What is kept for an hour, of all that was written. */
function longWrites(usage: unknown): number | undefined {
  const hour = items(field(usage, "cacheDetails")).find((part) => field(part, "ttl") === "1h");
  return countField(hour, "inputTokens");
}

function countOf(usage: unknown, key: string, other: string): number | undefined {
  const count = either(usage, key, other);
  return count === undefined ? undefined : (countField(usage, key) ?? countField(usage, other));
}
