// A message's content, as any provider has it → parts.
// Invariant: what is not known is shown as its JSON: nothing of a message is left out.
import type { ChatPart } from "../views.ts";
import {
  type Fields,
  fieldsOf,
  firstText,
  isFields,
  listOf,
  parsedJson,
  shown,
  textOf,
} from "./values.ts";

export function partsOf(content: unknown): ChatPart[] {
  if (content === null || content === undefined) return [];
  if (Array.isArray(content)) return content.flatMap(partsOf);
  if (!isFields(content)) return [{ type: "text", text: shown(content) }];
  for (const shape of SHAPES) {
    const parts = shape(content);
    if (parts !== undefined) return parts;
  }
  return [{ type: "text", text: shown(content) }];
}

type Shape = (block: Fields) => ChatPart[] | undefined;

/** First match counts. */
const SHAPES: readonly Shape[] = [reasoning, image, toolCall, toolResult, file, plainText];

function plainText({ type, text, refusal, content }: Fields): ChatPart[] | undefined {
  if (typeof text === "string") return [{ type: "text", text }];
  if (typeof refusal === "string") return [{ type: "text", text: refusal }];
  return type === undefined && content !== undefined ? partsOf(content) : undefined;
}

function reasoning(block: Fields): ChatPart[] | undefined {
  const { type, thought } = block;
  const inner = fieldsOf(fieldsOf(block["reasoningContent"])["reasoningText"]);
  const told = firstText(
    type === "thinking" ? block["thinking"] : undefined,
    type === "reasoning" || thought === true ? block["text"] : undefined,
    inner["text"],
  );
  if (told !== null) return [{ type: "reasoning", text: told }];
  if (type !== "reasoning") return undefined;
  const summary = [...listOf(block["summary"]), ...listOf(block["content"])];
  return summary.map((one) => ({
    type: "reasoning",
    text: firstText(fieldsOf(one)["text"]) ?? shown(one),
  }));
}

function toolCall(block: Fields): ChatPart[] | undefined {
  const { type } = block;
  if (type === "tool_use" || type === "server_tool_use")
    return [call(block["id"], block["name"], block["input"])];
  if (type === "tool-call")
    return [call(block["toolCallId"], block["toolName"], block["input"] ?? block["args"])];
  // LangChain's, and as the runtime records them.
  if (type === "tool_call") return [call(block["id"], block["name"], block["args"])];
  const given = block["arguments"] ?? block["args"];
  if (type === undefined && typeof block["name"] === "string" && given !== undefined)
    return [call(block["id"], block["name"], given)];
  if (type === "function_call") return [call(block["call_id"], block["name"], block["arguments"])];
  if (type === "function" || isFields(block["function"])) {
    const { name, arguments: written } = fieldsOf(block["function"]);
    return [call(block["id"], name, written)];
  }
  const bedrock = block["toolUse"];
  if (isFields(bedrock)) return [call(bedrock["toolUseId"], bedrock["name"], bedrock["input"])];
  const gemini = block["functionCall"];
  return isFields(gemini) ? [call(gemini["id"], gemini["name"], gemini["args"])] : undefined;
}

function call(id: unknown, name: unknown, given: unknown): ChatPart {
  return {
    type: "tool_call",
    id: firstText(id),
    name: firstText(name) ?? "",
    arguments: parsed(given) ?? null,
  };
}

/** OpenAI sends arguments as JSON text, which a model may have written wrongly. */
function parsed(given: unknown): unknown {
  return typeof given === "string" ? (parsedJson(given) ?? given) : given;
}

function toolResult(block: Fields): ChatPart[] | undefined {
  const { type } = block;
  if (type === "tool_result") return [result(block["tool_use_id"], block["content"])];
  if (type === "tool-result")
    return [result(block["toolCallId"], valueIn(block["output"] ?? block["result"]))];
  if (type === "function_call_output") return [result(block["call_id"], block["output"])];
  const bedrock = block["toolResult"];
  if (isFields(bedrock)) return [result(bedrock["toolUseId"], bedrock["content"])];
  const gemini = block["functionResponse"];
  return isFields(gemini)
    ? [result(gemini["id"] ?? gemini["name"], gemini["response"])]
    : undefined;
}

/** The AI SDK says of what kind it is: `{ type: "json", value }`. */
function valueIn(output: unknown): unknown {
  const { type, value } = fieldsOf(output);
  return typeof type === "string" && value !== undefined ? value : output;
}

export function result(id: unknown, content: unknown): ChatPart {
  const parts = Array.isArray(content) ? partsOf(content) : [];
  const texts = parts.map((part) => (part.type === "text" ? part.text : shown(part)));
  return {
    type: "tool_result",
    id: firstText(id),
    text: parts.length > 0 ? texts.join("\n") : shown(content ?? ""),
  };
}

function image(block: Fields): ChatPart[] | undefined {
  const { type } = block;
  if (type === "image_url" || type === "input_image") {
    const url = fieldsOf(block["image_url"])["url"] ?? block["image_url"];
    return [picture(textOf(url) ?? "", null)];
  }
  const source = fieldsOf(block["source"]);
  if (type === "image" && isFields(block["source"]))
    return [
      picture(firstText(source["data"], source["url"]) ?? "", firstText(source["media_type"])),
    ];
  if (type === "image" && block["image"] !== undefined)
    return [picture(block["image"], firstText(block["mediaType"], block["mimeType"]))];
  const inline = block["inlineData"] ?? block["inline_data"];
  if (isFields(inline))
    return [picture(inline["data"], firstText(inline["mimeType"], inline["mime_type"]))];
  const bedrock = block["image"];
  if (!isFields(bedrock)) return undefined;
  const format = textOf(bedrock["format"]);
  return [
    picture(fieldsOf(bedrock["source"])["bytes"], format === undefined ? null : `image/${format}`),
  ];
}

function file(block: Fields): ChatPart[] | undefined {
  if (block["type"] !== "file") return undefined;
  const media = firstText(block["mediaType"], block["mimeType"]);
  if (media?.startsWith("image/") !== true) return undefined;
  return [picture(block["data"], media)];
}

/** The page may draw these; all else is only named. */
const DRAWN: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const LARGEST_DATA = 64 * 1024;

function picture(given: unknown, media: string | null): ChatPart {
  const data = textOf(given) ?? "";
  const { length } = fieldsOf(given);
  const [, typed, inUrl] = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s.exec(data) ?? [];
  const mediaType = typed ?? media;
  const base64 = inUrl ?? data;
  const isData = /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
  const bytes = isData ? Math.floor((base64.replace(/=+$/, "").length * 3) / 4) : null;
  return {
    type: "image",
    media_type: mediaType,
    // A byte array is recorded by its length.
    bytes: typeof length === "number" ? length : bytes,
    ...(isData &&
      base64.length <= LARGEST_DATA &&
      mediaType !== null &&
      DRAWN.has(mediaType) && { data: base64 }),
  };
}
