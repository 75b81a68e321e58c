// Anything that an LLM call returned or streamed → the first format that knows it.
// Invariant: told by shape, never by import; no format takes an answer of another's.
import { aiSdk } from "./ai-sdk.ts";
import { anthropic } from "./anthropic.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import { bedrockInvoke } from "./bedrock-invoke.ts";
import { cohere } from "./cohere.ts";
import { embeddings } from "./embeddings.ts";
import type { Fold } from "../fold.ts";
import { gemini } from "./gemini.ts";
import { groq } from "./groq.ts";
import { langChain } from "./langchain.ts";
import { mistralConversation } from "./mistral-conversation.ts";
import { mistral } from "./mistral.ts";
import { ollama } from "./ollama.ts";
import { openAiChat } from "./openai-chat.ts";
import { openAiResponses } from "./openai-responses.ts";

/** Folds a whole response, or one chunk. False: it is of another format, and nothing was folded. */
export type Format = (part: unknown, fold: Fold) => boolean;

/** A piece of text, as of the AI SDK's `textStream` or of a generator of the program's own. */
const plainText: Format = (part, fold) => {
  if (typeof part !== "string") return false;
  fold.addText(part);
  return true;
};

const FORMATS: readonly Format[] = [
  plainText,
  groq,
  // Before OpenAI's, whose `object` Mistral's SDK keeps.
  mistral,
  mistralConversation,
  openAiChat,
  openAiResponses,
  anthropic,
  gemini,
  ollama,
  langChain,
  aiSdk,
  bedrockConverse,
  cohere,
  embeddings,
  // Last: some of its bodies are told by little.
  bedrockInvoke,
];

/** Folds `part` and returns its format; `first`: the one that knew the chunk before. */
export function foldPart(part: unknown, fold: Fold, first?: Format): Format | undefined {
  if (first?.(part, fold) === true) return first;
  return FORMATS.find((format) => format !== first && format(part, fold));
}
