// OpenAI Responses (`object: "response"`) and its stream events (`response.…`) → Fold.
// Formats: `Response`, `ResponseStreamEvent` of `openai` 7.x.
import type { Fold } from "../fold.ts";
import { countField, field, isObject, items, textField } from "../../platform/own-properties.ts";

export function openAiResponses(part: unknown, fold: Fold): boolean {
  if (field(part, "object") === "response") {
    foldResponse(part, fold);
    return true;
  }
  const type = textField(part, "type");
  // The SDK hands it on as an event like any other.
  if (
    type === "error" &&
    textField(part, "message") !== undefined &&
    Object.hasOwn(part as object, "code")
  ) {
    fold.failure = part;
    return true;
  }
  if (type === undefined || !type.startsWith("response.")) return false;
  foldEvent(type, part, fold);
  return true;
}

const TEXT_DELTA: ReadonlySet<string> = new Set([
  "response.output_text.delta",
  "response.refusal.delta",
]);
const REASONING_DELTA: ReadonlySet<string> = new Set([
  "response.reasoning_summary_text.delta",
  "response.reasoning_text.delta",
]);
const ARGUMENTS_DELTA: ReadonlySet<string> = new Set([
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
  "response.mcp_call_arguments.delta",
]);
const ARGUMENTS_DONE: ReadonlySet<string> = new Set([
  "response.function_call_arguments.done",
  "response.custom_tool_call_input.done",
  "response.mcp_call_arguments.done",
]);
/** Items by which the model calls a tool. */
const CALLS: ReadonlySet<unknown> = new Set(["function_call", "custom_tool_call", "mcp_call"]);

function foldEvent(type: string, event: unknown, fold: Fold): void {
  fold.vendor = "openai";
  const response = field(event, "response");
  const key = field(event, "output_index");
  if (TEXT_DELTA.has(type)) fold.addText(textField(event, "delta"));
  else if (REASONING_DELTA.has(type)) fold.addReasoning(textField(event, "delta"));
  else if (type === "response.output_item.added") foldItem(field(event, "item"), key, fold);
  else if (type === "response.output_item.done") foldWholeItem(field(event, "item"), key, fold);
  else if (ARGUMENTS_DELTA.has(type)) fold.call(key, { arguments: field(event, "delta") });
  else if (ARGUMENTS_DONE.has(type))
    fold.setArguments(key, textField(event, "arguments") ?? textField(event, "input"));
  else if (isObject(response)) {
    // Created, in progress, completed, incomplete, failed: the response as it stands.
    fold.begin(field(response, "id"), type === "response.created");
    foldFacts(response, fold);
    const ended = type === "response.completed" || type === "response.incomplete";
    // Of a stream that was resumed behind its text.
    if (ended && fold.text === undefined && outputText(response) !== "")
      fold.addText(outputText(response));
    if (type === "response.failed") fold.failure = field(response, "error") ?? response;
  }
}

function foldResponse(response: unknown, fold: Fold): void {
  const begun = fold.beginWhole(field(response, "id"), response);
  foldFacts(response, fold);
  if (!begun) return;
  fold.addText(outputText(response));
  const output = items(field(response, "output"));
  for (let at = 0; at < output.length; at++) {
    foldItem(output[at], at, fold);
    foldReasoning(output[at], fold);
  }
}

function foldFacts(response: unknown, fold: Fold): void {
  fold.vendor = "openai";
  fold.model = textField(response, "model") ?? fold.model;
  const status = textField(response, "status");
  if (status !== undefined && status !== "in_progress" && status !== "queued")
    fold.finish(textField(field(response, "incomplete_details"), "reason") ?? status);
  const usage = field(response, "usage");
  const details = field(usage, "input_tokens_details");
  fold.count({
    input: countField(usage, "input_tokens"),
    output: countField(usage, "output_tokens"),
    cached: countField(details, "cached_tokens"),
    cacheWrite: countField(details, "cache_write_tokens"),
    reasoning: countField(field(usage, "output_tokens_details"), "reasoning_tokens"),
    total: countField(usage, "total_tokens"),
  });
}

function foldItem(item: unknown, key: unknown, fold: Fold): void {
  if (!CALLS.has(field(item, "type"))) return;
  fold.call(key, {
    id: field(item, "call_id") ?? field(item, "id"),
    name: field(item, "name"),
    arguments: field(item, "arguments") ?? field(item, "input"),
  });
}

/** Some servers send it without its pieces. */
function foldWholeItem(item: unknown, key: unknown, fold: Fold): void {
  if (!CALLS.has(field(item, "type"))) return;
  fold.call(key, { id: field(item, "call_id") ?? field(item, "id"), name: field(item, "name") });
  fold.setArguments(key, textField(item, "arguments") ?? textField(item, "input"));
}

/** A summary, or the text of open models. */
function foldReasoning(item: unknown, fold: Fold): void {
  if (field(item, "type") !== "reasoning") return;
  for (const piece of [...items(field(item, "summary")), ...items(field(item, "content"))])
    fold.addReasoning(textField(piece, "text"));
}

function outputText(response: unknown): string {
  let text = "";
  for (const item of items(field(response, "output"))) {
    // Reasoning may have a text of its own.
    if (field(item, "type") !== "message") continue;
    for (const content of items(field(item, "content")))
      text += textField(content, "text") ?? textField(content, "refusal") ?? "";
  }
  return text;
}
