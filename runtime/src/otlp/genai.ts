// Traces → OTLP with OpenTelemetry's GenAI conventions, for any backend.
// Invariant: without `content` no argument, result, local, prompt, response or tool call leaves.
import type { WireSpan } from "../wire/schema.ts";
import { Attributes, filled, isEmpty, jsonText, NAME } from "./attributes.ts";
import { httpOf, ownMetadata } from "./fields.ts";
import {
  type ExportTraceServiceRequest,
  type Mapped,
  type MappedTrace,
  type Mapping,
  requestOf,
  type ResourceOptions,
  type SpanEvent,
} from "./request.ts";

/** What a trace's mapping to OTLP takes from the program. */
export interface OtlpOptions extends ResourceOptions {
  /** With arguments, results, locals, prompts, responses and tool calls. @default false */
  readonly content?: boolean | undefined;
}

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const OPERATION = "chat";

/** The request that exports some traces; a pure function, without I/O. */
export function otlpRequest(
  traces: readonly MappedTrace[],
  options: OtlpOptions = {},
): ExportTraceServiceRequest {
  return requestOf(traces, otlpMapping(options), options);
}

export function otlpMapping(options: Pick<OtlpOptions, "content">): Mapping {
  const content = options.content === true;
  return {
    shared: ofTrace,
    root: (trace, attributes) => rootOf(trace, attributes, content),
    span: (span, trace, attributes) =>
      span.span_type === "generation"
        ? generationOf(span, trace, attributes, content)
        : spanOf(span, attributes, content),
  };
}

function rootOf(trace: MappedTrace, attributes: Attributes, content: boolean): Mapped {
  const http = httpOf(trace);
  attributes.members(NAME.metadata, trace.metadata).texts(NAME.tags, trace.tags);
  if (content) attributes.json(NAME.input, trace.trace_input).json(NAME.output, trace.trace_output);
  if (http !== undefined) {
    attributes
      .text(NAME.httpMethod, http.method)
      .text(NAME.httpRoute, http.route)
      .text(NAME.urlPath, http.path)
      .integer(NAME.httpStatus, http.statusCode)
      .text(NAME.userAgent, http.userAgent)
      .text(NAME.clientAddress, http.clientAddress);
    if (trace.status === "error")
      attributes.text(NAME.errorType, http.aborted ? "aborted" : http.statusCode?.toString());
  }
  const route = [http?.method, http?.route].filter(Boolean).join(" ");
  return {
    name: route || (trace.trace_name ?? ""),
    kind: http === undefined ? INTERNAL : SERVER,
    events: (trace.scores ?? []).map(evaluation),
  };
}

function evaluation(
  score: NonNullable<MappedTrace["scores"]>[number],
): Omit<SpanEvent, "timeUnixNano"> {
  const { name, value, comment } = score;
  const attributes = new Attributes().text(NAME.evaluationName, name);
  if (typeof value === "number" || typeof value === "boolean")
    attributes.double(NAME.evaluationValue, Number(value));
  else attributes.json(NAME.evaluationLabel, value);
  attributes.text(NAME.evaluationExplanation, comment);
  return { name: NAME.evaluation, attributes: attributes.list };
}

function ofTrace(trace: MappedTrace): Attributes {
  return new Attributes().text(NAME.userId, trace.user_id).text(NAME.sessionId, trace.session_id);
}

function spanOf(span: WireSpan, attributes: Attributes, content: boolean): Mapped {
  addCommon(attributes, span, content);
  return { name: span.span_name ?? "", kind: INTERNAL, events: exceptionOf(span) };
}

function generationOf(
  span: WireSpan,
  trace: MappedTrace,
  attributes: Attributes,
  content: boolean,
): Mapped {
  const model = span.model_id || undefined;
  attributes
    .text(NAME.conversationId, trace.session_id)
    .text(NAME.operation, OPERATION)
    .text(NAME.requestModel, model)
    .text(NAME.provider, model === undefined ? undefined : providerOf(model))
    .text(NAME.spanName, span.span_name);
  if (content) {
    attributes.text(NAME.inputMessages, message("user", span.prompt));
    attributes.text(
      NAME.outputMessages,
      message("assistant", span.response, { finish_reason: span.finish_reason }),
    );
  }
  addCommon(attributes, span, content);
  return {
    name: model === undefined ? OPERATION : `${OPERATION} ${model}`,
    kind: CLIENT,
    events: exceptionOf(span),
  };
}

function message(role: string, text: string | null | undefined, more: object = {}): string | null {
  if (text == null) return null;
  return jsonText([{ role, parts: [{ type: "text", content: text }], ...more }]);
}

function addCommon(attributes: Attributes, span: WireSpan, content: boolean): void {
  const { stream, code, level, finish_reason: finishReason } = span;
  // Readers add up what spans say: an answer that is handed on counts with the span that got it.
  const { usage, cost } = span.repeats === true ? {} : span;
  attributes
    .integer(NAME.inputTokens, usage?.input_tokens)
    .integer(NAME.outputTokens, usage?.output_tokens)
    .integer(NAME.cacheReadTokens, usage?.cached_input_tokens)
    .integer(NAME.cacheWriteTokens, usage?.cache_write_input_tokens)
    .integer(NAME.reasoningTokens, usage?.reasoning_tokens)
    .double(NAME.cost, cost?.total_cost)
    .members(NAME.metadata, ownMetadata(span))
    .texts(NAME.tags, span.tags)
    .text(NAME.level, level === "DEFAULT" ? null : level)
    .texts(NAME.finishReasons, finishReason ? [finishReason] : [])
    .text(NAME.errorType, span.error?.type)
    .text(NAME.codeFunction, code?.function)
    .text(NAME.codeFile, code?.file)
    .integer(NAME.codeLine, code?.line)
    .integer(NAME.codeColumn, code?.column);
  if (stream) {
    const { time_to_first_chunk_ms: first, chunks } = stream;
    attributes.double(NAME.timeToFirstChunk, first == null ? null : first / 1000);
    attributes.integer(NAME.chunks, chunks);
  }
  if (span.unfinished === true) attributes.boolean(NAME.unfinished, true);
  if (!content) return;
  const input = filled(span.input_data);
  if (!isEmpty(input)) attributes.text(NAME.input, jsonText(input));
  attributes.json(NAME.output, span.output_data?.output);
  attributes.json(NAME.toolCalls, span.tool_calls);
}

/** What the span failed by, as OpenTelemetry records it. */
export function exceptionOf({ error }: WireSpan): readonly Omit<SpanEvent, "timeUnixNano">[] {
  if (!error) return [];
  const attributes = new Attributes()
    .text(NAME.exceptionType, error.type)
    .text(NAME.exceptionMessage, error.message)
    .text(NAME.exceptionStack, error.stack);
  return [{ name: NAME.exception, attributes: attributes.list }];
}

/** A Bedrock id has its vendor before a dot; an inference profile's has a region before that. */
const BEDROCK =
  /^(?:arn:aws[\w-]*:bedrock:|(?:[a-z]{2,6}(?:-gov)?\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|nvidia|openai|qwen|stability|twelvelabs|writer|zai)\.)/;

/** The conventions' names for providers, by the model's id (2026-11). */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [BEDROCK, "aws.bedrock"],
  [/^groq\b/, "groq"],
  [/^(?:openai\/|gpt-|chatgpt-|o\d(?:$|-)|text-embedding-|davinci|babbage|ft:)/, "openai"],
  [/^(?:anthropic\/)?claude/, "anthropic"],
  [/^(?:google\/|models\/)?gemini/, "gcp.gemini"],
  [/^(?:cohere\/)?(?:command|c4ai|embed-|rerank-)/, "cohere"],
  [
    /^(?:mistralai?\/)?(?:open-)?(?:mi[ns]i?stral|mixtral|codestral|pixtral|magistral|devstral|voxtral)/,
    "mistral_ai",
  ],
];

/**
 * The vendor behind a model's id, as the conventions call it; undefined where the id does not tell.
 */
export function providerOf(model: string): string | undefined {
  const id = model.toLowerCase();
  return PROVIDERS.find(([pattern]) => pattern.test(id))?.[1];
}
