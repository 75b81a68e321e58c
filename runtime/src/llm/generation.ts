// Arguments and result of a `@trackLlm` function → prompt, model, response text and usage.
// Invariant: told by shape, never by import; an unknown shape yields nothing, never a guess.
import { openAiChat } from "./openai-chat.ts";
import type { Reply } from "./reply.ts";
import { field, items, textField } from "./read.ts";

type Cut = (text: string) => string;

const MODEL_NAMES: readonly string[] = ["modelId", "model_id", "model", "model_name"];
const PROMPT_NAMES: readonly string[] = [
  "prompt",
  "messages",
  "question",
  "query",
  "input",
  "contents",
];

/** The model that the call asks for: a parameter of that name, or a field of the first object argument. */
export function requestedModel(
  values: readonly unknown[],
  args: readonly string[],
  kwargs: readonly string[],
): string | undefined {
  for (const name of MODEL_NAMES) {
    const named = valueNamed(name, values, args, kwargs);
    if (typeof named === "string") return named;
  }
  for (const name of MODEL_NAMES) {
    const inRequest = textField(firstObject(values), name);
    if (inRequest !== undefined) return inRequest;
  }
  return undefined;
}

/** The prompt as text: a prompt parameter or field, chat messages one after the other, or the first text argument. */
export function promptOf(
  values: readonly unknown[],
  args: readonly string[],
  kwargs: readonly string[],
  cut: Cut,
): string | undefined {
  const request = firstObject(values);
  for (const name of PROMPT_NAMES) {
    const prompt =
      promptText(valueNamed(name, values, args, kwargs)) ?? promptText(field(request, name));
    if (prompt !== undefined) return cut(prompt);
  }
  for (let at = 0; at < args.length; at++) {
    const value = values[at];
    const prompt = typeof value === "string" ? value : promptText(value);
    if (prompt !== undefined) return cut(prompt);
  }
  return undefined;
}

export function replyOf(result: unknown, cut: Cut): Reply | undefined {
  const reply =
    typeof result === "string"
      ? { text: result, model: undefined, usage: undefined }
      : openAiChat(result);
  return reply?.text === undefined ? reply : { ...reply, text: cut(reply.text) };
}

function valueNamed(
  name: string,
  values: readonly unknown[],
  args: readonly string[],
  kwargs: readonly string[],
): unknown {
  const position = args.indexOf(name);
  if (position >= 0) return values[position];
  const key = kwargs.indexOf(name);
  return key >= 0 ? values[args.length + key] : undefined;
}

function firstObject(values: readonly unknown[]): unknown {
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  }
  return undefined;
}

/** A text as it is, or `role: content` of each chat message. */
function promptText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const messages = items(value).map((message) => {
    const content = contentText(field(message, "content"));
    const role = textField(message, "role");
    return content === undefined || role === undefined ? undefined : `${role}: ${content}`;
  });
  return messages.length > 0 && messages.every((message) => message !== undefined)
    ? messages.join("\n\n")
    : undefined;
}

function contentText(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const parts = items(content).map((part) => textField(part, "text") ?? "");
  return parts.length > 0 ? parts.join("") : undefined;
}
