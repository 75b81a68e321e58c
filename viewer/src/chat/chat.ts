// A generation's span → the conversation, from the call's messages where they were recorded.
// Invariant: whatever was recorded, there is an answer; it never throws.
import type { StoredSpan } from "../store.ts";
import type { ChatMessage, ChatPart, ChatRole, ChatView } from "../views.ts";
import { partsOf, result } from "./parts.ts";
import { type Fields, fieldsOf, isFields, listOf, textOf } from "./values.ts";

export function chatOf(span: StoredSpan): ChatView {
  const asked = messagesAsked(span);
  const answer = answerOf(span);
  const before =
    asked ?? (span.prompt == null ? [] : [said("user", [{ type: "text", text: span.prompt }])]);
  return {
    messages: [...before, ...answer],
    model: span.model_id ?? null,
    finish_reason: span.finish_reason ?? null,
    usage: span.usage ?? null,
    cost: span.cost ?? null,
    stream: span.stream ?? null,
    source: asked === undefined ? "prompt" : "input",
  };
}

/** Of the arguments, else of a local that was recorded: the request is often put together in one. */
function messagesAsked({ input_data: input }: StoredSpan): ChatMessage[] | undefined {
  const kwargs = fieldsOf(input?.kwargs);
  const args = listOf(input?.args);
  const candidates = [kwargs, ...args, ...Object.values(fieldsOf(input?.locals))];
  for (const candidate of candidates) {
    const found = conversationIn(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where providers have the messages of a request. */
const LISTS = ["messages", "contents", "input"] as const;
const SYSTEMS = ["system", "instructions", "systemInstruction", "system_instruction"] as const;

function conversationIn(request: unknown, depth = 0): ChatMessage[] | undefined {
  if (Array.isArray(request)) return isConversation(request) ? messagesOf(request) : undefined;
  if (!isFields(request)) return undefined;
  const config = fieldsOf(request["config"]);
  const system = SYSTEMS.flatMap((key) => partsOf(request[key] ?? config[key]));
  const list = LISTS.map((key) => request[key]).find(
    (value) => (Array.isArray(value) && isConversation(value)) || typeof value === "string",
  );
  if (list === undefined) {
    const prompt = textOf(request["prompt"]);
    if (prompt !== undefined && system.length > 0)
      return [said("system", system), said("user", [{ type: "text", text: prompt }])];
    // AWS's commands have it in `input`; wrappers in `body` or `request`.
    const inner =
      depth > 0 ? [] : ["input", "body", "request", "params"].map((key) => request[key]);
    return inner.map((one) => conversationIn(one, 1)).find((one) => one !== undefined);
  }
  const messages =
    typeof list === "string" ? [said("user", partsOf(list))] : messagesOf(listOf(list));
  return system.length > 0 ? [said("system", system), ...messages] : messages;
}

function isConversation(list: readonly unknown[]): boolean {
  return list.length > 0 && list.every(isTurn);
}

/** OpenAI's Responses have items beside messages. */
function isTurn(value: unknown): boolean {
  const { role, type, content, parts } = fieldsOf(value);
  if (typeof role === "string")
    return content !== undefined || parts !== undefined || isFields(value);
  return typeof type === "string" && /^(?:message|reasoning|function_call(?:_output)?)$/.test(type);
}

function messagesOf(list: readonly unknown[]): ChatMessage[] {
  return list.map((value) => messageOf(fieldsOf(value)));
}

function messageOf(message: Fields): ChatMessage {
  const { role, content, parts: gemini } = message;
  if (typeof role !== "string") {
    const parts = partsOf(message["type"] === "message" ? content : message);
    return said(roleOfParts(parts, "assistant"), parts);
  }
  if (role === "tool" || role === "function") {
    const known = partsOf(content).filter(({ type }) => type === "tool_result");
    return said(
      "tool",
      known.length > 0 ? known : [result(message["tool_call_id"] ?? message["name"], content)],
    );
  }
  const thought = textOf(message["reasoning_content"] ?? message["reasoning"]);
  const parts: ChatPart[] = [
    ...(thought === undefined ? [] : [{ type: "reasoning" as const, text: thought }]),
    ...partsOf(content ?? gemini),
    ...partsOf(message["refusal"]),
    ...partsOf(message["tool_calls"]),
    ...listOf(message["tool_plan"]).flatMap(partsOf),
  ];
  return said(roleOfParts(parts, ROLES.get(role) ?? "user"), parts);
}

const ROLES: ReadonlyMap<string, ChatRole> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["model", "assistant"],
  ["ai", "assistant"],
]);

/** Anthropic and Bedrock send tools' results as the user's. */
function roleOfParts(parts: readonly ChatPart[], role: ChatRole): ChatRole {
  return parts.length > 0 && parts.every(({ type }) => type === "tool_result") ? "tool" : role;
}

function answerOf(span: StoredSpan): ChatMessage[] {
  const parts = answerIn(span.output_data?.output) ?? [];
  const has = (type: ChatPart["type"]): boolean => parts.some((part) => part.type === type);
  const told: ChatPart[] = [
    ...(span.reasoning !== undefined && !has("reasoning")
      ? [{ type: "reasoning" as const, text: span.reasoning }]
      : []),
    ...(span.response != null && !has("text") && !has("tool_call") && parts.length === 0
      ? [{ type: "text" as const, text: span.response }]
      : []),
    ...parts,
    ...(has("tool_call") ? [] : partsOf(span.tool_calls)),
  ];
  return told.length === 0 ? [] : [said("assistant", told)];
}

/** Undefined: no provider's answer. */
function answerIn(output: unknown): ChatPart[] | undefined {
  if (typeof output === "string") return output === "" ? undefined : partsOf(output);
  if (!isFields(output)) return undefined;
  const choice = fieldsOf(listOf(output["choices"])[0]);
  if (isFields(choice["message"]))
    return [...messageOf({ role: "assistant", ...choice["message"] }).parts];
  if (typeof choice["text"] === "string") return partsOf(choice["text"]);
  const candidate = fieldsOf(fieldsOf(listOf(output["candidates"])[0])["content"]);
  if (Array.isArray(candidate["parts"])) return partsOf(candidate["parts"]);
  const message = fieldsOf(output["output"])["message"] ?? output["message"];
  if (isFields(message)) return [...messageOf({ role: "assistant", ...message }).parts];
  if (Array.isArray(output["output"]) && isConversation(output["output"]))
    return messagesOf(output["output"]).flatMap(({ parts }) => parts);
  if (Array.isArray(output["content"])) return partsOf(output["content"]);
  if (Array.isArray(output["toolCalls"]) || typeof output["text"] === "string")
    return [
      ...(typeof output["text"] === "string" && output["text"] !== ""
        ? partsOf(output["text"])
        : []),
      ...listOf(output["toolCalls"]).flatMap((one) =>
        partsOf({ type: "tool-call", ...fieldsOf(one) }),
      ),
    ];
  return undefined;
}

function said(role: ChatRole, parts: readonly ChatPart[]): ChatMessage {
  return { role, parts };
}
