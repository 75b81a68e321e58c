// A span's attributes by OpenTelemetry's GenAI conventions → what the wire has of a model's call.
// Invariant: calls are those that name a model; what runs agents and tools around them is none.
import type { Json, WireSpan } from "llmops-observability/wire";
import { type Attributes, countIn, isObject, itemsOf, parsed, textIn } from "./otlp-values.ts";

type Generation = Pick<WireSpan, "model_id" | "usage" | "cost" | "prompt" | "response"> &
  Partial<Pick<WireSpan, "finish_reason" | "tool_calls" | "stream">>;

export interface Call {
  readonly generation: Generation;
  /** What was asked, and what came back, where they were recorded. */
  readonly messages: unknown;
  readonly answer: unknown;
}

const NO_CALLS = new Set(["invoke_agent", "create_agent", "execute_tool", "invoke_workflow"]);

export function callOf(attributes: Attributes): Call | undefined {
  const model = textIn(attributes, "gen_ai.response.model", "gen_ai.request.model");
  const operation = textIn(attributes, "gen_ai.operation.name");
  if (model === null || (operation !== null && NO_CALLS.has(operation))) return undefined;
  const messages = messagesIn(
    attributes,
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "ai.prompt.messages",
  );
  const answer = messagesIn(attributes, "gen_ai.output.messages", "gen_ai.completion");
  const finishReason = finishReasonOf(attributes);
  const stream = streamOf(attributes);
  const calls = itemsOf(answer).flatMap((message) =>
    itemsOf(message["parts"]).filter(({ type }) => type === "tool_call"),
  );
  return {
    generation: {
      model_id: model,
      usage: usageOf(attributes),
      cost: costOf(attributes),
      prompt: textOf(messages) ?? textIn(attributes, "ai.prompt"),
      response: textOf(answer) ?? textIn(attributes, "ai.response.text"),
      ...(finishReason !== null && { finish_reason: finishReason }),
      ...(calls.length > 0 && { tool_calls: calls as unknown as Json }),
      ...(stream !== undefined && { stream }),
    },
    messages,
    answer: answer ?? textIn(attributes, "ai.response.text"),
  };
}

function usageOf(attributes: Attributes): WireSpan["usage"] {
  const count = (...names: readonly string[]): number | undefined => {
    return countIn(attributes, ...names.map((name) => `gen_ai.usage.${name}`));
  };
  const input = count("input_tokens", "prompt_tokens");
  const output = count("output_tokens", "completion_tokens");
  if (input === undefined && output === undefined) return null;
  const cached = count("cache_read.input_tokens", "cache_read_input_tokens");
  const written = count("cache_creation.input_tokens", "cache_creation_input_tokens");
  const reasoning = count("reasoning.output_tokens", "reasoning_tokens");
  return {
    input_tokens: input ?? 0,
    output_tokens: output ?? 0,
    total_tokens: (input ?? 0) + (output ?? 0),
    ...(cached !== undefined && { cached_input_tokens: cached }),
    ...(written !== undefined && { cache_write_input_tokens: written }),
    ...(reasoning !== undefined && { reasoning_tokens: reasoning }),
  };
}

function costOf(attributes: Attributes): WireSpan["cost"] {
  const total = attributes["llmops.cost.total"] ?? attributes["gen_ai.usage.cost"];
  return typeof total === "number" ? { input_cost: 0, output_cost: 0, total_cost: total } : null;
}

function finishReasonOf(attributes: Attributes): string | null {
  const reasons = attributes["gen_ai.response.finish_reasons"];
  const first: unknown = Array.isArray(reasons) ? reasons[0] : reasons;
  return typeof first === "string" ? first : null;
}

function streamOf(attributes: Attributes): WireSpan["stream"] {
  const chunks = countIn(attributes, "llmops.stream.chunks");
  const first = attributes["gen_ai.response.time_to_first_chunk"];
  if (chunks === undefined) return undefined;
  const ms = typeof first === "number" ? Math.round(first * 1000) : null;
  return { chunks, time_to_first_chunk_ms: ms };
}

/** A list of messages, as a value or as JSON; or one attribute for each role and each content. */
function messagesIn(attributes: Attributes, ...names: readonly string[]): unknown {
  for (const name of names) {
    const whole = parsed(attributes[name]);
    if (whole !== undefined && whole !== null) return whole;
    const numbered: { role: string; content: string }[] = [];
    for (let at = 0; ; at++) {
      const content = textIn(attributes, `${name}.${at}.content`);
      const role = textIn(attributes, `${name}.${at}.role`);
      if (content === null && role === null) break;
      numbered.push({ role: role ?? "user", content: content ?? "" });
    }
    if (numbered.length > 0) return numbered;
  }
  return undefined;
}

function textOf(messages: unknown): string | null {
  if (typeof messages === "string") return messages;
  const said = itemsOf(messages).flatMap((message) => {
    const text = contentOf(message["content"] ?? message["parts"]);
    return text === "" ? [] : [{ role: message["role"], text }];
  });
  const [only] = said;
  if (only === undefined) return null;
  if (said.length === 1) return only.text;
  return said
    .map(({ role, text }) => `[${typeof role === "string" ? role : "user"}] ${text}`)
    .join("\n\n");
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((part: unknown) => {
      if (typeof part === "string") return part;
      const text = isObject(part) ? (part["content"] ?? part["text"]) : undefined;
      return typeof text === "string" ? text : [];
    })
    .join("\n");
}
