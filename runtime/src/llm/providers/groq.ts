// Groq: OpenAI's format, with the usage of a stream in its last chunk's `x_groq` → Fold.
// Format: `ChatCompletionChunk.XGroq` of `groq-sdk` 1.x.
import type { Fold } from "../fold.ts";
import { openAiChat, foldUsage } from "./openai-chat.ts";
import { field, isObject } from "../../platform/own-properties.ts";

export function groq(part: unknown, fold: Fold): boolean {
  const own = field(part, "x_groq");
  // In a stream's first chunk and in its last one.
  if (!isObject(own) && fold.host !== "groq") return false;
  fold.host = "groq";
  if (!openAiChat(part, fold)) return false;
  foldUsage(field(own, "usage"), fold);
  fold.failure ??= field(own, "error") ?? undefined;
  return true;
}
