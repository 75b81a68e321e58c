// A generation's span → the conversation, from the call's messages where they were recorded.
// Invariant: whatever was recorded, there is an answer; it never throws.
import type { StoredSpan } from "../store.ts";
import type { ChatMessage, ChatPart, ChatRole, ChatView } from "../views.ts";
import { partsOf, result } from "./parts.ts";
import {
  type Fields,
  fieldsOf,
  firstText,
  isFields,
  listOf,
  parsedJson,
  textOf,
} from "./values.ts";

export function chatOf(span: StoredSpan): ChatView {
  const answer = answerOf(span);
  const asked = withoutAnswer(messagesAsked(span), answer);
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

/** Programs put the answer behind the messages that they asked with. */
function withoutAnswer(
  asked: ChatMessage[] | undefined,
  [answer]: readonly ChatMessage[],
): ChatMessage[] | undefined {
  const last = asked?.at(-1);
  if (last?.role !== "assistant" || answer === undefined) return asked;
  return JSON.stringify(last.parts) === JSON.stringify(answer.parts) ? asked?.slice(0, -1) : asked;
}

/** Where providers have the messages of a request. */
const LISTS = ["messages", "contents", "input"] as const;
const SYSTEMS = ["system", "instructions", "systemInstruction", "system_instruction"] as const;

function conversationIn(given: unknown, depth = 0): ChatMessage[] | undefined {
  // The body of Bedrock's InvokeModel.
  const request = depth > 0 && typeof given === "string" ? parsedJson(given) : given;
  if (Array.isArray(request)) return isConversation(request) ? messagesOf(request) : undefined;
  if (!isFields(request)) return undefined;
  const config = fieldsOf(request["config"]);
  const system = SYSTEMS.flatMap((key) => partsOf(request[key] ?? config[key]));
  const list = LISTS.map((key) => request[key]).find(
    (value) => (Array.isArray(value) && isConversation(value)) || typeof value === "string",
  );
  // Gemini takes the parts of one message, or the message, for a list of them.
  const { contents } = request;
  if (list === undefined && (Array.isArray(contents) || isFields(contents))) {
    const one = isTurn(contents) ? messagesOf([contents]) : [said("user", partsOf(contents))];
    return system.length > 0 ? [said("system", system), ...one] : one;
  }
  if (list === undefined) {
    const prompt = textOf(request["prompt"]);
    if (prompt !== undefined && system.length > 0)
      return [said("system", system), said("user", [{ type: "text", text: prompt }])];
    // AWS's commands have it in `input`; wrappers in `body` or `request`.
    const inner =
      depth > 1 ? [] : ["input", "body", "request", "params"].map((key) => request[key]);
    for (const one of inner) {
      const found = conversationIn(one, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const messages =
    typeof list === "string" ? [said("user", partsOf(list))] : messagesOf(listOf(list));
  return system.length > 0 ? [said("system", system), ...messages] : messages;
}

/** Messages that were cut as they are too large stand among others. */
function isConversation(list: readonly unknown[]): boolean {
  return list.some(isTurn) && list.every((one) => isTurn(one) || isCut(one));
}

const isCut = (value: unknown): boolean => fieldsOf(value)["_truncated"] === true;

/** OpenAI's Responses have items beside messages. */
function isTurn(value: unknown): boolean {
  const { role, type } = plainMessage(fieldsOf(value));
  if (typeof role === "string") return true;
  return typeof type === "string" && /^(?:message|reasoning|function_call(?:_output)?)$/.test(type);
}

/** LangChain's messages, of its classes or as it writes them, have a type and no role. */
function plainMessage(message: Fields): Fields {
  const { lc, kwargs, lc_kwargs: own, id, role } = message;
  if (lc === 1 && isFields(kwargs)) {
    const name = textOf(listOf(id).at(-1)) ?? "";
    return { ...kwargs, role: name.replace(/Message(?:Chunk)?$/, "").toLowerCase() };
  }
  const whole: Fields = isFields(own) ? { ...own, ...message } : message;
  if (typeof role === "string") return whole;
  const { type, content } = whole;
  const known = typeof type === "string" && (ROLES.has(type) || type === "tool");
  return known && content !== undefined ? { ...whole, role: type } : whole;
}

function messagesOf(list: readonly unknown[]): ChatMessage[] {
  return list.map((value) => messageOf(plainMessage(fieldsOf(value))));
}

function messageOf(message: Fields): ChatMessage {
  const { role, content, parts: others } = message;
  if (typeof role !== "string") {
    const parts = partsOf(message["type"] === "message" ? content : message);
    return said(roleOfParts(parts, isCut(message) ? "user" : "assistant"), parts);
  }
  if (role === "tool" || role === "function") {
    const known = partsOf(content).filter(({ type }) => type === "tool_result");
    const id = message["tool_call_id"] ?? message["toolCallId"] ?? message["name"];
    return said("tool", known.length > 0 ? known : [result(id, content)]);
  }
  const thought = firstText(
    message["reasoning_content"],
    message["reasoning"],
    message["thinking"],
    message["tool_plan"],
    message["toolPlan"],
  );
  const inContent = partsOf(content ?? others);
  // LangChain has Anthropic's calls in both.
  const calls = inContent.some(({ type }) => type === "tool_call")
    ? []
    : partsOf(message["tool_calls"] ?? message["toolCalls"]);
  const parts: ChatPart[] = [
    ...(thought === null ? [] : [{ type: "reasoning" as const, text: thought }]),
    ...inContent.filter((part) => part.type !== "text" || part.text !== ""),
    ...partsOf(message["refusal"]),
    ...calls,
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
  ["chatbot", "assistant"],
]);

/** Anthropic and Bedrock send tools' results as the user's. */
function roleOfParts(parts: readonly ChatPart[], role: ChatRole): ChatRole {
  return parts.length > 0 && parts.every(({ type }) => type === "tool_result") ? "tool" : role;
}

/** As the provider's answer orders it; what that does not show, as the runtime read it. */
function answerOf(span: StoredSpan): ChatMessage[] {
  const parts = answerIn(span.output_data?.output);
  const has = (type: ChatPart["type"]): boolean => parts.some((part) => part.type === type);
  const { reasoning, response } = span;
  const thought: ChatPart[] =
    typeof reasoning === "string" && !has("reasoning")
      ? [{ type: "reasoning", text: reasoning }]
      : [];
  const text: ChatPart[] =
    typeof response === "string" && !has("text") ? [{ type: "text", text: response }] : [];
  const calls = has("tool_call") ? [] : partsOf(span.tool_calls);
  const all = [...thought, ...text, ...parts, ...calls];
  if (all.length > 0) return [said("assistant", all)];
  const output = textOf(span.output_data?.output) ?? "";
  return output === "" ? [] : [said("assistant", [{ type: "text", text: output }])];
}

/** Empty: no provider's answer. */
function answerIn(output: unknown): ChatPart[] {
  if (Array.isArray(output)) return isCalls(output) ? partsOf(output) : [];
  if (!isFields(output)) return [];
  for (const shape of ANSWERS) {
    const found = shape(output);
    if (found !== undefined) return found;
  }
  return [];
}

const isCalls = (list: readonly unknown[]): boolean =>
  partsOf(list).every(({ type }) => type === "tool_call");

/** First match counts. */
const ANSWERS: readonly ((output: Fields) => ChatPart[] | undefined)[] = [
  // OpenAI's chat, and those that answer as it does.
  ({ choices }) => {
    const { message, text } = fieldsOf(listOf(choices)[0]);
    if (isFields(message)) return assistantsParts(message);
    return typeof text === "string" ? partsOf(text) : undefined;
  },
  // Gemini.
  ({ candidates }) => {
    const { parts } = fieldsOf(fieldsOf(listOf(candidates)[0])["content"]);
    return Array.isArray(parts) ? partsOf(parts) : undefined;
  },
  // Bedrock's Converse, Cohere, Ollama.
  ({ output, message }) => {
    const found = fieldsOf(output)["message"] ?? message;
    return isFields(found) ? assistantsParts(found) : undefined;
  },
  // OpenAI's Responses.
  ({ output }) =>
    Array.isArray(output) && isConversation(output)
      ? messagesOf(output).flatMap(({ parts }) => parts)
      : undefined,
  // The AI SDK.
  ({ steps }) => {
    const last = listOf(steps).flatMap((step) => listOf(fieldsOf(step)["content"]));
    return last.length > 0 ? partsOf(last) : undefined;
  },
  // Anthropic, and LangChain.
  (output) =>
    Array.isArray(output["content"]) || output["lc_serializable"] === true
      ? assistantsParts(output)
      : undefined,
];

function assistantsParts(message: Fields): ChatPart[] {
  return [...messageOf({ ...plainMessage(message), role: "assistant" }).parts];
}

function said(role: ChatRole, parts: readonly ChatPart[]): ChatMessage {
  return { role, parts };
}
