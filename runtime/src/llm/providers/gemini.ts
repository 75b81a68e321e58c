// Gemini `GenerateContentResponse`, whole or a chunk of its stream, also in `response` → Fold.
// Formats: `@google/genai` 3.x; the older `@google/generative-ai` and Vertex wrap the same.
import type { Fold } from "../fold.ts";
import { countField, field, isObject, items, textField } from "../../platform/own-properties.ts";

export function gemini(part: unknown, fold: Fold): boolean {
  const nested = field(part, "response");
  const response = isMetadata(part) ? part : nested;
  if (!isMetadata(response)) return false;
  fold.vendor = "google";
  fold.host = "google";
  fold.model = textField(response, "modelVersion") ?? fold.model;
  fold.begin(field(response, "responseId"));
  const candidates = items(field(response, "candidates"));
  for (let at = 0; at < candidates.length; at++)
    foldCandidate(candidates[at], countField(candidates[at], "index") ?? at, fold);
  foldUsage(field(response, "usageMetadata"), fold);
  return true;
}

function foldCandidate(candidate: unknown, number: number, fold: Fold): void {
  if (number === 0) fold.finish(textField(candidate, "finishReason"));
  for (const piece of items(field(field(candidate, "content"), "parts"))) {
    const text = textField(piece, "text");
    if (field(piece, "thought") !== true) fold.addText(text, number);
    else if (number === 0) fold.addReasoning(text);
    const call = field(piece, "functionCall");
    if (isObject(call)) foldCall(call, fold);
  }
}

/** A whole call or, where Vertex streams its arguments, a piece: only the first one has a name. */
function foldCall(call: object, fold: Fold): void {
  const name = textField(call, "name");
  const pieces = items(field(call, "partialArgs"));
  if (name === undefined && pieces.length === 0) return;
  fold.call(name === undefined ? undefined : call, {
    id: field(call, "id"),
    name,
    input: field(call, "args"),
    pieces,
  });
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
