// Cohere v2 chat and its stream events → Fold. The request alone names the model.
// Formats: `V2ChatResponse`, `V2ChatStreamResponse` of `cohere-ai` 8.x.
import type { Fold } from "../fold.ts";
import type { Counts } from "../usage.ts";
import {
  asText,
  countField,
  either,
  field,
  isObject,
  items,
  textField,
} from "../../platform/own-properties.ts";

const EVENTS: ReadonlySet<unknown> = new Set([
  "message-start",
  "content-start",
  "content-delta",
  "content-end",
  "tool-plan-delta",
  "tool-call-start",
  "tool-call-delta",
  "tool-call-end",
  "citation-start",
  "citation-end",
  "message-end",
]);

export function cohere(part: unknown, fold: Fold): boolean {
  const type = field(part, "type");
  if (EVENTS.has(type)) foldEvent(type as string, part, fold);
  else if (!foldResponse(part, fold)) return false;
  fold.vendor = "cohere";
  fold.host = "cohere";
  return true;
}

function foldResponse(response: unknown, fold: Fold): boolean {
  const message = field(response, "message");
  const reason = either(response, "finishReason", "finish_reason");
  if (typeof reason !== "string" || field(message, "role") !== "assistant") return false;
  const begun = fold.beginWhole(field(response, "id"), response);
  fold.finish(reason);
  foldUsage(field(response, "usage"), fold);
  if (!begun) return true;
  for (const piece of items(field(message, "content"))) foldPiece(piece, fold);
  fold.addReasoning(asText(either(message, "toolPlan", "tool_plan")));
  const calls = items(either(message, "toolCalls", "tool_calls"));
  for (let at = 0; at < calls.length; at++) foldCall(at, calls[at], fold);
  return true;
}

function foldEvent(type: string, event: unknown, fold: Fold): void {
  if (type === "message-start") fold.begin(field(event, "id"), true);
  const delta = field(event, "delta");
  const message = field(delta, "message");
  if (type === "content-start" || type === "content-delta")
    foldPiece(field(message, "content"), fold);
  else if (type === "tool-plan-delta")
    fold.addReasoning(asText(either(message, "toolPlan", "tool_plan")));
  else if (type === "tool-call-start" || type === "tool-call-delta")
    foldCall(field(event, "index"), either(message, "toolCalls", "tool_calls"), fold);
  else if (type === "message-end") {
    const reason = either(delta, "finishReason", "finish_reason");
    fold.finish(asText(reason));
    fold.failure ??= field(delta, "error") ?? undefined;
    foldUsage(field(delta, "usage"), fold);
  }
}

function foldPiece(piece: unknown, fold: Fold): void {
  fold.addText(textField(piece, "text"));
  fold.addReasoning(textField(piece, "thinking"));
}

function foldCall(key: unknown, call: unknown, fold: Fold): void {
  const invoked = field(call, "function");
  if (!isObject(invoked)) return;
  fold.call(key, {
    id: field(call, "id"),
    name: field(invoked, "name"),
    arguments: field(invoked, "arguments"),
  });
}

/** What is billed leaves out what Cohere adds to the prompt. */
function foldUsage(usage: unknown, fold: Fold): void {
  const billed = countsOf(either(usage, "billedUnits", "billed_units"));
  const tokens = countsOf(field(usage, "tokens"));
  const cached = countField(usage, "cachedTokens") ?? countField(usage, "cached_tokens");
  fold.count({ ...billed, ...(tokens.input === undefined ? {} : tokens), cached });
  fold.bill({ ...billed, cached });
}

function countsOf(tokens: unknown): Counts {
  return {
    input: countField(tokens, "inputTokens") ?? countField(tokens, "input_tokens"),
    output: countField(tokens, "outputTokens") ?? countField(tokens, "output_tokens"),
  };
}
