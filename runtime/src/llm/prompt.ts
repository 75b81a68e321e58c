// Arguments of a `@trackLlm` function → the prompt as text, and the model that is asked for.
// Invariant: read at the call, no further than the limit; an argument of unknown form yields
// nothing.
import {
  asText,
  field,
  isObject,
  items,
  parsedJson,
  textField,
} from "../platform/own-properties.ts";

const MODEL_NAMES: readonly string[] = ["modelId", "model_id", "model", "model_name"];
/** Instructions that stand beside the prompt. */
const SYSTEM_NAMES: readonly string[] = ["system", "instructions", "preamble", "systemInstruction"];
const PROMPT_NAMES: readonly string[] = [
  "prompt",
  "messages",
  "question",
  "query",
  "input",
  "contents",
  "inputText",
  "message",
];

/** The model that the call asks for: a parameter of that name, or a field of an object argument. */
export function requestedModel(
  values: readonly unknown[],
  args: readonly string[],
  kwargs: readonly string[],
): string | undefined {
  for (const name of MODEL_NAMES) {
    const named = modelIn(valueNamed(name, values, args, kwargs));
    if (named !== undefined) return named;
  }
  for (const request of requestsIn(values))
    for (const name of MODEL_NAMES) {
      const inRequest = modelIn(field(request, name));
      if (inRequest !== undefined) return inRequest;
    }
  return undefined;
}

/** An id, or a model of the AI SDK, which holds its own. */
function modelIn(value: unknown): string | undefined {
  return asText(value) ?? textField(value, "modelId");
}

/**
 * The prompt as text: a prompt parameter or field with the system instructions before it, chat
 * messages one after the other, or the first text argument.
 * @param limit characters that are enough
 */
export function promptText(
  values: readonly unknown[],
  args: readonly string[],
  kwargs: readonly string[],
  limit: number,
): string | undefined {
  const requests = requestsIn(values).map(withBody);
  const find = (names: readonly string[]): string | undefined => {
    for (const name of names) {
      const prompt = textOf(valueNamed(name, values, args, kwargs), limit);
      if (prompt !== undefined) return prompt;
    }
    for (const request of requests)
      for (const name of names) {
        const prompt =
          textOf(field(request, name), limit) ??
          textOf(field(field(request, "config"), name), limit);
        if (prompt !== undefined) return prompt;
      }
    return undefined;
  };
  // Also those that no parameter declares.
  const positional = kwargs.length === 0 ? values.length : args.length;
  const prompt = find(PROMPT_NAMES) ?? firstText(values, positional, limit);
  const system = find(SYSTEM_NAMES);
  if (prompt === undefined || system === undefined || system === prompt) return prompt ?? system;
  return `system: ${system}\n\n${/^\w+: /.test(prompt) ? prompt : `user: ${prompt}`}`;
}

function firstText(
  values: readonly unknown[],
  positional: number,
  limit: number,
): string | undefined {
  for (let at = 0; at < positional; at++) {
    const prompt = textOf(values[at], limit);
    if (prompt !== undefined) return prompt;
  }
  return undefined;
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

/** Object arguments, and what the AWS SDK's commands hold. */
function requestsIn(values: readonly unknown[]): readonly object[] {
  const requests: object[] = [];
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (!isObject(value) || Array.isArray(value)) continue;
    const input = field(value, "input");
    // A command of the AWS SDK has its request in `input`; in OpenAI's requests `input` is a text
    // or a list.
    if (isObject(input) && !Array.isArray(input)) requests.push(input);
    requests.push(value);
  }
  return requests;
}

/** Bedrock's InvokeModel has the request in a JSON body. */
function withBody(request: object): object {
  const body = parsedJson(field(request, "body"));
  return isObject(body) ? body : request;
}

/** A text as it is, or `role: content` of each message; undefined for anything else. */
function textOf(value: unknown, limit: number): string | undefined {
  if (typeof value === "string") return value;
  // A list is read as far as it is needed: it may be a vector of a million numbers.
  const list = isObject(value) && Array.isArray(value) ? value : undefined;
  const messages = list === undefined ? Number(isObject(value)) : list.length;
  const texts: string[] = [];
  let length = 0;
  for (let at = 0; at < messages; at++) {
    const text = messageText(
      list === undefined ? value : field(list, at),
      messages,
      limit - length,
    );
    if (text === undefined) return undefined;
    texts.push(text);
    length += text.length;
    if (length > limit) break;
  }
  return texts.length > 0 ? texts.join("\n\n") : undefined;
}

function messageText(message: unknown, of: number, limit: number): string | undefined {
  if (typeof message === "string") return message;
  if (!isObject(message)) return undefined;
  // LangChain's pairs.
  if (Array.isArray(message)) {
    const [role, said] = [asText(field(message, 0)), asText(field(message, 1))];
    return message.length === 2 && role !== undefined && said !== undefined
      ? `${role}: ${said}`
      : undefined;
  }
  const content = contentText(
    field(message, "content") ?? field(message, "parts") ?? field(message, "output"),
    limit,
  );
  const role = textField(message, "role") ?? langChainRole(message);
  if (role !== undefined) {
    const said = [content, callsText(message)].filter((text) => text !== undefined && text !== "");
    return `${role}: ${said.join("\n")}`;
  }
  // Blocks of system instructions, Gemini's contents without a role, results of tools.
  return (
    content ??
    partText(message, limit) ??
    (of > 1 ? `[${textField(message, "type") ?? "…"}]` : undefined)
  );
}

function langChainRole(message: unknown): string | undefined {
  return Array.isArray(field(message, "lc_namespace"))
    ? (textField(message, "type") ?? "message")
    : undefined;
}

/** A text, or the parts of a message. */
function contentText(content: unknown, limit: number): string | undefined {
  if (typeof content === "string") return content;
  if (!isObject(content)) return undefined;
  if (!Array.isArray(content)) return partText(content, limit);
  let text = "";
  for (let at = 0; at < content.length && text.length <= limit; at++) {
    const part = field(content, at);
    text += typeof part === "string" ? part : (partText(part, limit) ?? `[${partKind(part)}]`);
  }
  return text;
}

function partText(part: unknown, limit: number): string | undefined {
  const text = textField(part, "text");
  if (text !== undefined) return text;
  const tool = field(part, "toolUse") ?? field(part, "functionCall") ?? part;
  const name = textField(tool, "name") ?? textField(tool, "toolName");
  if (name !== undefined) return `[tool call ${name}]`;
  const result = field(part, "toolResult") ?? part;
  const content = field(result, "content") ?? field(part, "output");
  return content === undefined ? undefined : contentText(content, limit);
}

function callsText(message: unknown): string | undefined {
  const calls = items(field(message, "tool_calls") ?? field(message, "toolCalls"));
  if (calls.length === 0) return undefined;
  return calls
    .map((call) => textField(field(call, "function"), "name") ?? textField(call, "name") ?? "?")
    .map((name) => `[tool call ${name}]`)
    .join("\n");
}

/** `image_url`, `input_audio`; of a union such as Bedrock's, the member's name. */
function partKind(part: unknown): string {
  if (!isObject(part)) return typeof part;
  return textField(part, "type") ?? Object.keys(part)[0] ?? "…";
}
