// Vectors that a model returned for texts → Fold: input tokens alone, and the model's name.
// Formats: `CreateEmbeddingResponse` of `openai`, Mistral's same; `EmbedResult` and
// `EmbedManyResult` of `ai`; Ollama's and Cohere's `EmbedResponse`; Titan's body on Bedrock.
import type { Fold } from "../fold.ts";
import {
  asCount,
  countField,
  either,
  field,
  firstItem,
  isObject,
  items,
  textField,
} from "../../platform/own-properties.ts";

export function embeddings(part: unknown, fold: Fold): boolean {
  if (!VECTORS.some((name) => Array.isArray(vectorsIn(part, name)))) return false;
  const usage = field(part, "usage");
  const input =
    asCount(either(usage, "prompt_tokens", "promptTokens")) ??
    countField(usage, "tokens") ??
    countField(part, "prompt_eval_count") ??
    countField(part, "inputTextTokenCount") ??
    billedIn(field(part, "meta"));
  if (input === undefined) return false;
  fold.vendor = "none";
  fold.count({ input, output: 0 });
  const raw = field(part, "response") ?? firstItem(field(part, "responses"));
  fold.model = textField(part, "model") ?? textField(field(raw, "body"), "model") ?? fold.model;
  return true;
}

const VECTORS = ["embedding", "embeddings", "data"] as const;

/** OpenAI's list says of each of its items what it is. */
function vectorsIn(part: unknown, name: (typeof VECTORS)[number]): unknown {
  const list = field(part, name);
  if (!isObject(list)) return undefined;
  if (name === "data") return field(firstItem(list), "object") === "embedding" ? list : undefined;
  // Cohere's has a member for each type of number.
  return Array.isArray(list) ? list : items(field(list, "float"));
}

function billedIn(meta: unknown): number | undefined {
  const units = either(meta, "billedUnits", "billed_units");
  return asCount(either(units, "inputTokens", "input_tokens"));
}
