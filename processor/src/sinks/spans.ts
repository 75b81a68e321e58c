// A span of the wire → what destinations of our own mapping want to know of it.
// Invariant: what is not known is left out: nothing is made up for an absent count, text or error.
import type { Json, WireSpan } from "llmops-observability/wire";
import { filled, isEmpty, jsonText } from "../from-runtime.ts";

/** Texts as they are, anything else as JSON; undefined for null, [] and {}. */
export function jsonOrText(value: Json | undefined): string | undefined {
  if (isEmpty(value)) return undefined;
  return typeof value === "string" ? value : jsonText(value);
}

/** Arguments and locals without those that are empty, and the result. */
export function contentOf({ input_data: given, output_data: result }: WireSpan): {
  readonly input: string | undefined;
  readonly output: string | undefined;
} {
  const input = filled(given);
  return {
    input: isEmpty(input) ? undefined : jsonText(input),
    output: jsonOrText(result?.output),
  };
}

export function errorOf({
  error,
}: WireSpan): { type: string; message: string; stack?: string } | undefined {
  if (!error) return undefined;
  const { type, message, stack } = error;
  return { type, message, ...(stack && { stack }) };
}

/** Of an answer that is handed on, none. An event of the older form may know the total alone. */
export function tokensOf({ usage, repeats }: WireSpan): {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly total: number | undefined;
} {
  const counted = repeats === true ? undefined : usage;
  const { input_tokens: input, output_tokens: output, total_tokens: total } = counted ?? {};
  return { input: input ?? undefined, output: output ?? undefined, total: total ?? undefined };
}
