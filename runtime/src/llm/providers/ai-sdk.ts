// Vercel AI SDK: results of `generateText` and `generateObject`, parts of `streamText` → Fold.
// Formats: `GenerateTextResult`, `TextStreamPart` of `ai` 7.x, 6.x, 5.x. Their text and usage are
// getters, which are not read.
import type { Fold } from "../fold.ts";
import type { Counts } from "../usage.ts";
import { countField, field, isObject, items, textField } from "../../platform/own-properties.ts";
import { hostOf } from "./vendor.ts";

export function aiSdk(part: unknown, fold: Fold): boolean {
  const steps = field(part, "steps");
  if (Array.isArray(steps) && steps.length > 0 && isObject(field(part, "totalUsage"))) {
    for (const step of items(steps)) foldStep(step, fold);
    if (!fold.counted) fold.count(countsOf(field(part, "totalUsage")));
    return true;
  }
  if (isGeneratedObject(part)) {
    fold.begin(part, true);
    fold.addValue(field(part, "object"));
    fold.count(countsOf(field(part, "usage")));
    fold.finish(textField(part, "finishReason"));
    foldModel(field(part, "response"), undefined, fold);
    return true;
  }
  // What is inside of a result of `streamText` wraps each part.
  const inner = field(part, "part");
  return foldStreamPart(isObject(inner) ? inner : part, fold);
}

/** Of `generateObject`. */
function isGeneratedObject(part: unknown): boolean {
  return (
    field(part, "object") !== undefined &&
    isObject(field(part, "usage")) &&
    isObject(field(part, "response")) &&
    textField(part, "finishReason") !== undefined
  );
}

/** The answer's text is that of the last step; tools are called in any of them. */
function foldStep(step: unknown, fold: Fold): void {
  let text = "";
  fold.begin(step);
  fold.count(countsOf(field(step, "usage")));
  for (const piece of items(field(step, "content"))) {
    const type = field(piece, "type");
    if (type === "text") text += textField(piece, "text") ?? "";
    else if (type === "reasoning") fold.addReasoning(textField(piece, "text"));
    else if (type === "tool-call") foldCall(piece, fold);
  }
  fold.setText(text);
  fold.finish(textField(step, "finishReason"));
  foldModel(field(step, "response"), field(step, "model"), fold);
}

function foldStreamPart(part: unknown, fold: Fold): boolean {
  switch (field(part, "type")) {
    case "text-delta":
      // `streamObject` gives its pieces no id.
      if (field(part, "id") === undefined && field(part, "textDelta") === undefined) return false;
      fold.addText(pieceOf(part));
      return true;
    case "object":
      // What `streamObject` made of the pieces so far.
      return field(part, "object") !== undefined;
    case "reasoning-delta":
      fold.addReasoning(pieceOf(part));
      return true;
    case "tool-call":
      if (field(part, "toolCallId") === undefined) return false;
      foldCall(part, fold);
      return true;
    case "start-step":
      fold.begin(part);
      fold.setText("");
      return true;
    case "finish-step":
      fold.finish(textField(part, "finishReason"));
      foldModel(field(part, "response"), undefined, fold);
      fold.count(countsOf(field(part, "usage")));
      return true;
    case "finish":
      fold.finish(textField(part, "finishReason"));
      if (!fold.counted) fold.count(countsOf(field(part, "totalUsage") ?? field(part, "usage")));
      foldModel(field(part, "response"), undefined, fold);
      return true;
    case "error":
      if (field(part, "error") === undefined) return false;
      fold.failure = field(part, "error");
      return true;
    case "abort":
      fold.aborted = true;
      return true;
    case "start":
    case "text-start":
    case "text-end":
    case "reasoning-start":
    case "reasoning-end":
    case "tool-input-start":
    case "tool-input-delta":
    case "tool-input-end":
    case "tool-result":
    case "tool-error":
    case "source":
      return true;
    default:
      return false;
  }
}

function pieceOf(part: unknown): string | undefined {
  return textField(part, "text") ?? textField(part, "delta") ?? textField(part, "textDelta");
}

function foldCall(part: unknown, fold: Fold): void {
  fold.call(part, {
    id: field(part, "toolCallId"),
    name: field(part, "toolName"),
    input: field(part, "input") ?? field(part, "args"),
  });
}

function foldModel(response: unknown, model: unknown, fold: Fold): void {
  fold.model = textField(response, "modelId") ?? textField(model, "modelId") ?? fold.model;
  fold.host = hostOf(textField(model, "provider")) ?? fold.host;
}

function countsOf(usage: unknown): Counts {
  const input = field(usage, "inputTokenDetails");
  return {
    input: countField(usage, "inputTokens") ?? countField(usage, "promptTokens"),
    output: countField(usage, "outputTokens") ?? countField(usage, "completionTokens"),
    cached: countField(input, "cacheReadTokens") ?? countField(usage, "cachedInputTokens"),
    cacheWrite: countField(input, "cacheWriteTokens"),
    reasoning:
      countField(field(usage, "outputTokenDetails"), "reasoningTokens") ??
      countField(usage, "reasoningTokens"),
    // Its own total is a sum that it makes.
    total: countField(field(usage, "raw"), "total_tokens") ?? countField(usage, "totalTokens"),
  };
}
