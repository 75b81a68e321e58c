// LangChain `AIMessage`, `AIMessageChunk` of its streams, also in a `[message, metadata]` pair, and
// an agent's state with its messages → Fold.
// Formats: `@langchain/core` 1.x; of the older 0.x the same members.
import type { Fold } from "../fold.ts";
import {
  asCount,
  asText,
  countField,
  either,
  field,
  isObject,
  items,
  textField,
} from "../../platform/own-properties.ts";
import { hostOf } from "./vendor.ts";

export function langChain(part: unknown, fold: Fold): boolean {
  const messages = messagesIn(part) ?? messagesIn(onlyMember(part));
  if (messages === undefined) {
    const message = Array.isArray(part) ? field(part, 0) : part;
    if (kindOf(message) === "ai") fold.begin(field(message, "id"));
    return foldMessage(message, fold);
  }
  // What was said before the last question was paid for before.
  const asked = messages.findLastIndex((message) => kindOf(message) === "human");
  for (const message of messages.slice(asked + 1)) {
    const id = textField(message, "id");
    // A stream of states brings a message with each of them.
    if (kindOf(message) !== "ai" || !(id === undefined || fold.isNewId(id))) continue;
    if (isObject(message) && fold.beginWhole(undefined, message)) foldMessage(message, fold);
  }
  return true;
}

/** An agent's state. */
function messagesIn(part: unknown): readonly unknown[] | undefined {
  const messages = items(field(part, "messages"));
  return messages.length > 0 && messages.every((message) => kindOf(message) !== undefined)
    ? messages
    : undefined;
}

/** An update of a graph's: the state that one of its nodes made. */
function onlyMember(part: unknown): unknown {
  if (!isObject(part)) return undefined;
  const [name, other] = Object.keys(part);
  return name === undefined || other !== undefined ? undefined : field(part, name);
}

/** `ai`, `human`, `tool`; undefined for what is no message of LangChain's. */
function kindOf(message: unknown): string | undefined {
  const named = Array.isArray(field(message, "lc_namespace"));
  return named ? (textField(message, "type") ?? "ai") : undefined;
}

function foldMessage(message: unknown, fold: Fold): boolean {
  const facts = field(message, "response_metadata");
  if (kindOf(message) !== "ai" || !isObject(facts)) return false;
  const content = field(message, "content");
  fold.addText(contentText(content, "text"));
  fold.addReasoning(
    contentText(content, "thinking") ??
      contentText(content, "reasoning") ??
      textField(field(message, "additional_kwargs"), "reasoning_content"),
  );
  foldCalls(message, fold);
  fold.model = asText(either(facts, "model_name", "model")) ?? fold.model;
  fold.finish(
    asText(either(facts, "finish_reason", "stop_reason")) ?? textField(facts, "stopReason"),
  );
  fold.host = hostOf(textField(facts, "model_provider")) ?? fold.host;
  const usage = field(message, "usage_metadata");
  const inputDetails = field(usage, "input_token_details");
  // As its own `concat` does.
  fold.add({
    input: countField(usage, "input_tokens"),
    output: countField(usage, "output_tokens"),
    cached: countField(inputDetails, "cache_read"),
    cacheWrite: countField(inputDetails, "cache_creation"),
    reasoning: countField(field(usage, "output_token_details"), "reasoning"),
    total: countField(usage, "total_tokens"),
  });
  return true;
}

function foldCalls(message: unknown, fold: Fold): void {
  const pieces = items(field(message, "tool_call_chunks"));
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at];
    fold.call(asCount(field(piece, "index")) ?? (pieces.length > 1 ? at : undefined), {
      id: field(piece, "id"),
      name: field(piece, "name"),
      arguments: field(piece, "args"),
    });
  }
  if (pieces.length > 0) return;
  for (const call of items(field(message, "tool_calls")))
    fold.call(call, {
      id: field(call, "id"),
      name: field(call, "name"),
      input: field(call, "args"),
    });
}

/** A text, or blocks of which some have one under that name. */
function contentText(content: unknown, name: string): string | undefined {
  if (typeof content === "string") return name === "text" ? content : undefined;
  const texts = items(content)
    .map((block) => textField(block, name))
    .filter((text) => text !== undefined);
  return texts.length > 0 ? texts.join("") : undefined;
}
