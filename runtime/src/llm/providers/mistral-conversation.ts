// Mistral's conversations, also with agents: a response, or the events of its stream → Fold.
// Formats: `ConversationResponse`, `ConversationEvents` of `@mistralai/mistralai` 2.x.
import type { Fold } from "../fold.ts";
import { countField, field, items, textField } from "../../platform/own-properties.ts";

export function mistralConversation(part: unknown, fold: Fold): boolean {
  if (field(part, "object") === "conversation.response") {
    if (fold.beginWhole(undefined, part))
      for (const entry of items(field(part, "outputs"))) foldEntry(entry, entry, fold);
    foldUsage(field(part, "usage"), fold);
    fold.finish("done");
  } else if (!foldEvent(field(part, "data"), fold)) return false;
  fold.vendor = "mistral";
  fold.host = "mistral";
  return true;
}

function foldEvent(event: unknown, fold: Fold): boolean {
  switch (field(event, "type")) {
    case "conversation.response.started":
      fold.begin(event, true);
      return true;
    case "message.output.delta":
    case "function.call.delta":
      foldEntry(event, field(event, "id"), fold);
      return true;
    case "conversation.response.done":
      foldUsage(field(event, "usage"), fold);
      fold.finish("done");
      return true;
    case "conversation.response.error":
      fold.failure = event;
      return true;
    case "tool.execution.started":
    case "tool.execution.delta":
    case "tool.execution.done":
    case "agent.handoff.started":
    case "agent.handoff.done":
      return true;
    default:
      return false;
  }
}

/** @param key of its pieces */
function foldEntry(entry: unknown, key: unknown, fold: Fold): void {
  fold.model = textField(entry, "model") ?? fold.model;
  const content = field(entry, "content");
  if (typeof content === "string") fold.addText(content);
  else for (const piece of pieces(content)) foldPiece(piece, fold);
  if (textField(entry, "toolCallId") !== undefined)
    fold.call(key, {
      id: field(entry, "toolCallId"),
      name: field(entry, "name"),
      arguments: field(entry, "arguments"),
      input: field(entry, "arguments"),
    });
}

/** An entry has a list of them, an event one. */
function pieces(content: unknown): readonly unknown[] {
  const list = items(content);
  return list.length > 0 ? list : [content];
}

function foldPiece(piece: unknown, fold: Fold): void {
  fold.addText(textField(piece, "text"));
  for (const thought of items(field(piece, "thinking")))
    fold.addReasoning(textField(thought, "text"));
}

function foldUsage(usage: unknown, fold: Fold): void {
  const prompt = countField(usage, "promptTokens");
  const output = countField(usage, "completionTokens");
  const connectors = countField(usage, "connectorTokens") ?? 0;
  const total = countField(usage, "totalTokens");
  // What built-in tools brought in is input that the prompt does not count: the sum tells.
  const apart = total === (prompt ?? 0) + (output ?? 0) + connectors ? connectors : 0;
  fold.count({ input: prompt === undefined ? undefined : prompt + apart, output });
}
