// Ollama chat and generate, whole or as a line of its stream (`done: false`) → Fold.
// Formats: `ChatResponse`, `GenerateResponse` of `ollama` 0.6.x.
import type { Fold } from "../fold.ts";
import { countField, field, isObject, items, textField } from "../../platform/own-properties.ts";

export function ollama(part: unknown, fold: Fold): boolean {
  const model = textField(part, "model");
  const message = field(part, "message");
  const generated = textField(part, "response");
  if (model === undefined || typeof field(part, "done") !== "boolean") return false;
  if (!isObject(message) && generated === undefined) return false;
  fold.vendor = "ollama";
  fold.begin(part);
  fold.model = model;
  fold.addText(generated ?? textField(message, "content"));
  fold.addReasoning(textField(message, "thinking") ?? textField(part, "thinking"));
  for (const call of items(field(message, "tool_calls"))) {
    const invoked = field(call, "function");
    // A whole call each, never a piece of one.
    fold.call(call, { name: field(invoked, "name"), input: field(invoked, "arguments") });
  }
  fold.finish(textField(part, "done_reason"));
  fold.count({
    input: countField(part, "prompt_eval_count"),
    output: countField(part, "eval_count"),
  });
  return true;
}
