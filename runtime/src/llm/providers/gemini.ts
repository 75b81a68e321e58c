// Gemini `GenerateContentResponse`, whole or a chunk of its stream, also in `response` → Fold.
// Formats: `@google/genai` 3.x; the older `@google/generative-ai` and Vertex wrap the same.
import type { Fold } from "../fold.ts";
import {
  countField,
  field,
  firstItem,
  isObject,
  items,
  textField,
} from "../../platform/own-properties.ts";

export function gemini(part: unknown, fold: Fold): boolean {
  const nested = field(part, "response");
  const response = isMetadata(part) ? part : nested;
  if (!isMetadata(response)) return false;
  fold.vendor = "google";
  fold.host = "google";
  fold.model = textField(response, "modelVersion") ?? fold.model;
  fold.begin(field(response, "responseId"));
  const candidate = firstCandidate(response);
  fold.finish(textField(candidate, "finishReason"));
  for (const piece of items(field(field(candidate, "content"), "parts"))) {
    if (field(piece, "thought") !== true) fold.addText(textField(piece, "text"));
    const call = field(piece, "functionCall");
    // A whole call each, never a piece of one.
    if (isObject(call))
      fold.call(call, {
        id: field(call, "id"),
        name: field(call, "name"),
        input: field(call, "args"),
      });
  }
  foldUsage(field(response, "usageMetadata"), fold);
  return true;
}

/** Of several answers, the first one. A chunk brings a piece of any of them. */
function firstCandidate(response: unknown): unknown {
  const candidate = firstItem(field(response, "candidates"));
  return (countField(candidate, "index") ?? 0) === 0 ? candidate : undefined;
}

function isMetadata(value: unknown): boolean {
  return (
    Array.isArray(field(value, "candidates")) ||
    (isObject(field(value, "usageMetadata")) && field(value, "modelVersion") !== undefined) ||
    isObject(field(value, "promptFeedback"))
  );
}

function foldUsage(usage: unknown, fold: Fold): void {
  const prompt = countField(usage, "promptTokenCount");
  const thoughts = countField(usage, "thoughtsTokenCount");
  // What tools brought in is input that the prompt does not count.
  const input =
    prompt === undefined ? undefined : prompt + (countField(usage, "toolUsePromptTokenCount") ?? 0);
  // A count of 0 is left out: nothing was said, of a blocked prompt or where thoughts took all
  // there was.
  const silent =
    field(usage, "candidatesTokenCount") === undefined &&
    (thoughts !== undefined || field(usage, "totalTokenCount") === input);
  fold.count({
    input,
    cached: countField(usage, "cachedContentTokenCount"),
    output: countField(usage, "candidatesTokenCount") ?? (silent ? 0 : undefined),
    outputApart: thoughts,
    reasoning: thoughts,
  });
}
