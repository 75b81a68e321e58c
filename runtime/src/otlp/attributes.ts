// Values of a trace → OTLP attributes; every attribute name that we write stands in this file.
// Invariant: no attribute for null, [] or {}, no key twice, no lone surrogate.
import type { Json } from "../wire/schema-type.ts";

/**
 * Names of OpenTelemetry's semantic conventions 1.45.0 (2026-08) and of the GenAI conventions as in
 * their own repository (2026-11, all «Development»); `llmops.*` are ours.
 */
export const NAME = {
  serviceName: "service.name",
  environment: "deployment.environment.name",
  sdkName: "telemetry.sdk.name",
  sdkLanguage: "telemetry.sdk.language",
  sdkVersion: "telemetry.sdk.version",
  userId: "user.id",
  sessionId: "session.id",
  conversationId: "gen_ai.conversation.id",
  operation: "gen_ai.operation.name",
  requestModel: "gen_ai.request.model",
  provider: "gen_ai.provider.name",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  cacheWriteTokens: "gen_ai.usage.cache_creation.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  finishReasons: "gen_ai.response.finish_reasons",
  timeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  evaluation: "gen_ai.evaluation.result",
  evaluationName: "gen_ai.evaluation.name",
  evaluationValue: "gen_ai.evaluation.score.value",
  evaluationLabel: "gen_ai.evaluation.score.label",
  evaluationExplanation: "gen_ai.evaluation.explanation",
  httpMethod: "http.request.method",
  httpRoute: "http.route",
  httpStatus: "http.response.status_code",
  urlPath: "url.path",
  userAgent: "user_agent.original",
  clientAddress: "client.address",
  errorType: "error.type",
  exception: "exception",
  exceptionType: "exception.type",
  exceptionMessage: "exception.message",
  exceptionStack: "exception.stacktrace",
  codeFunction: "code.function.name",
  codeFile: "code.file.path",
  codeLine: "code.line.number",
  codeColumn: "code.column.number",
  spanName: "llmops.span.name",
  input: "llmops.input",
  output: "llmops.output",
  metadata: "llmops.metadata.",
  tags: "llmops.tags",
  level: "llmops.level",
  cost: "llmops.cost.total",
  chunks: "llmops.stream.chunks",
  toolCalls: "llmops.tool_calls",
  unfinished: "llmops.unfinished",
} as const;

/**
 * What Langfuse's OTLP reader knows (langfuse/langfuse 6275144, packages/shared/src/server/otel).
 */
export const LANGFUSE = {
  traceName: "langfuse.trace.name",
  traceMetadata: "langfuse.trace.metadata.",
  traceTags: "langfuse.trace.tags",
  environment: "langfuse.environment",
  isRoot: "langfuse.internal.is_app_root",
  type: "langfuse.observation.type",
  input: "langfuse.observation.input",
  output: "langfuse.observation.output",
  metadata: "langfuse.observation.metadata.",
  level: "langfuse.observation.level",
  statusMessage: "langfuse.observation.status_message",
  model: "langfuse.observation.model.name",
  usage: "langfuse.observation.usage_details",
  cost: "langfuse.observation.cost_details",
  completionStart: "langfuse.observation.completion_start_time",
} as const;

/** An attribute's value as OTLP has it. */
export type AttributeValue =
  | {
      /** A text. */
      readonly stringValue: string;
    }
  | {
      /** Yes or no. */
      readonly boolValue: boolean;
    }
  | {
      /** An integer of 64 bits as a decimal text. */
      readonly intValue: string;
    }
  | {
      /** A floating-point number. */
      readonly doubleValue: number;
    }
  | {
      /** A list. */
      readonly arrayValue: {
        /** Its members. */
        readonly values: readonly AttributeValue[];
      };
    };

/** An attribute as OTLP has it. */
export interface Attribute {
  /** Its name, such as `gen_ai.request.model`. */
  readonly key: string;
  /** In the one field that its type has. */
  readonly value: AttributeValue;
}

/** A list of attributes, up to which it is looked through for a key. */
const FEW = 32;

/** A list of attributes in the making. A key that comes again takes the earlier one's place. */
export class Attributes {
  readonly #list: Attribute[];
  /** Where each key stands; of a few keys a look through the list finds it sooner. */
  #places: Map<string, number> | undefined;

  /** @param shared are among them from the beginning */
  constructor(shared?: Attributes) {
    this.#list = shared === undefined ? [] : shared.#list.slice();
  }

  get list(): readonly Attribute[] {
    return this.#list;
  }

  text(key: string, value: string | null | undefined): this {
    return value == null ? this : this.#set(key, { stringValue: value.toWellFormed() });
  }

  integer(key: string, value: number | null | undefined): this {
    return value == null ? this : this.#set(key, { intValue: String(Math.trunc(value)) });
  }

  double(key: string, value: number | null | undefined): this {
    return value == null ? this : this.#set(key, { doubleValue: value });
  }

  boolean(key: string, value: boolean): this {
    return this.#set(key, { boolValue: value });
  }

  texts(key: string, values: readonly string[] | null | undefined): this {
    if (!values?.length) return this;
    // Other writers are careless.
    const list = values.map((value: unknown) => ({ stringValue: String(value).toWellFormed() }));
    return this.#set(key, { arrayValue: { values: list } });
  }

  /** A text as it is, anything else as JSON text. */
  json(key: string, value: Json | undefined): this {
    if (isEmpty(value)) return this;
    return this.text(key, typeof value === "string" ? value : jsonText(value));
  }

  /** Each member under `prefix`: numbers, booleans, texts as they are, all else as JSON text. */
  members(prefix: string, members: Readonly<Record<string, Json>> | null | undefined): this {
    if (members) for (const key of Object.keys(members)) this.#member(prefix + key, members[key]);
    return this;
  }

  /** Each member under `prefix`, all as texts: as they are, or JSON. */
  textMembers(prefix: string, members: Readonly<Record<string, Json>> | null | undefined): this {
    if (members) for (const key of Object.keys(members)) this.json(prefix + key, members[key]);
    return this;
  }

  #member(key: string, value: Json | undefined): void {
    if (typeof value === "boolean") this.boolean(key, value);
    else if (typeof value !== "number") this.json(key, value);
    else if (Number.isSafeInteger(value)) this.integer(key, value);
    else this.double(key, value);
  }

  #set(key: string, value: AttributeValue): this {
    const name = key.toWellFormed();
    const place = this.#placeOf(name);
    this.#list[place] = { key: name, value };
    this.#places?.set(name, place);
    return this;
  }

  /** Of a key that is not there: behind the last one. */
  #placeOf(name: string): number {
    const list = this.#list;
    if (list.length > FEW) {
      this.#places ??= new Map(list.map(({ key }, at) => [key, at]));
      return this.#places.get(name) ?? list.length;
    }
    for (let at = 0; at < list.length; at++) if (list[at]?.key === name) return at;
    return list.length;
  }
}

/** Whether there is nothing to say: null, [] or {}. */
export function isEmpty(value: Json | undefined): value is null | undefined {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Compact JSON. `JSON.stringify` writes lone surrogates as escapes, which readers would decode. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes("\\ud")) return text;
  return text.replaceAll(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
    escape.startsWith("\\ud") ? "\u{FFFD}" : escape,
  );
}

/** The members that hold something. */
export function filled(
  members: Readonly<Record<string, Json | undefined>> | null | undefined,
): Readonly<Record<string, Json>> {
  const entries = Object.entries(members ?? {}).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries) as Record<string, Json>;
}
