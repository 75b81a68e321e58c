// Mistral's SDK: OpenAI's format in camelCase, each chunk in an event's `data` → Fold.
// Formats: `ChatCompletionResponse`, `CompletionEvent` of `@mistralai/mistralai` 2.x.
import type { Fold } from "../fold.ts";
import { foldChat } from "./openai-chat.ts";
import { field, firstItem, isObject, textField } from "../../platform/own-properties.ts";

export function mistral(part: unknown, fold: Fold): boolean {
  const event = field(part, "data");
  const chunk = isObject(event) ? event : part;
  const choices = field(chunk, "choices");
  const model = textField(chunk, "model");
  // Of a whole response, its camelCase tells it from OpenAI's.
  const camel = field(firstItem(choices), "finishReason") !== undefined;
  if (!Array.isArray(choices) || model === undefined || (chunk !== event && !camel)) return false;
  fold.host = "mistral";
  foldChat(chunk, fold, "mistral");
  return true;
}
