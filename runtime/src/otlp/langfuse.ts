// Traces → OTLP as Langfuse reads it, and the bodies of its scores.
// Invariant: usage is disjoint by kind: Langfuse adds it up. There is no `gen_ai.*` key, which it
// would read by other rules.
import type { Json } from "../wire/schema-type.ts";
import type { WireSpan } from "../wire/schema.ts";
import { Attributes, filled, isEmpty, jsonText, LANGFUSE, NAME } from "./attributes.ts";
import { ownMetadata } from "./fields.ts";
import { exceptionOf } from "./genai.ts";
import { otelTraceId } from "./ids.ts";
import {
  type ExportTraceServiceRequest,
  type Mapped,
  type MappedTrace,
  type Mapping,
  requestOf,
} from "./request.ts";

const INTERNAL = 1;
const CLIENT = 3;

/** The request that sends some traces to Langfuse; a pure function, without I/O. */
export function langfuseRequest(traces: readonly MappedTrace[]): ExportTraceServiceRequest {
  return requestOf(traces, langfuseMapping, {});
}

export const langfuseMapping: Mapping = { shared: ofTrace, root: rootOf, span: spanOf };

function rootOf(trace: MappedTrace, attributes: Attributes): Mapped {
  const failed = trace.status === "error";
  attributes
    .text(LANGFUSE.type, "span")
    .boolean(LANGFUSE.isRoot, true)
    .json(LANGFUSE.input, trace.trace_input)
    .json(LANGFUSE.output, trace.trace_output)
    .text(LANGFUSE.level, failed ? "ERROR" : "DEFAULT")
    .text(LANGFUSE.statusMessage, trace.status_message);
  return { name: trace.trace_name ?? "", kind: INTERNAL };
}

/** What Langfuse wants on every span: it knows a trace by its spans alone. */
function ofTrace(trace: MappedTrace): Attributes {
  return new Attributes()
    .text(LANGFUSE.traceName, trace.project_id)
    .text(LANGFUSE.environment, fitEnvironment(trace.environment ?? ""))
    .text(NAME.userId, trace.user_id)
    .text(NAME.sessionId, trace.session_id)
    .textMembers(LANGFUSE.traceMetadata, trace.metadata)
    .text(`${LANGFUSE.traceMetadata}operation_name`, trace.trace_name)
    .texts(LANGFUSE.traceTags, trace.tags);
}

function spanOf(span: WireSpan, _trace: MappedTrace, attributes: Attributes): Mapped {
  const generation = span.span_type === "generation";
  const { stream, code } = span;
  attributes
    .text(LANGFUSE.type, generation ? "generation" : "span")
    .textMembers(LANGFUSE.metadata, ownMetadata(span))
    .text(LANGFUSE.level, span.level ?? "DEFAULT")
    .text(LANGFUSE.statusMessage, span.status_message ?? span.error?.message)
    .json(`${LANGFUSE.metadata}tags`, span.tags)
    .text(`${LANGFUSE.metadata}finish_reason`, span.finish_reason)
    .json(`${LANGFUSE.metadata}tool_calls`, span.tool_calls)
    .text(`${LANGFUSE.metadata}unfinished`, span.unfinished === true ? "true" : null)
    .text(NAME.codeFunction, code?.function)
    .text(NAME.codeFile, code?.file)
    .integer(NAME.codeLine, code?.line)
    .integer(NAME.codeColumn, code?.column);
  addContent(attributes, span, generation);
  if (generation) {
    attributes
      .text(LANGFUSE.model, span.model_id)
      .json(LANGFUSE.usage, span.repeats === true ? NOTHING : usageOf(span))
      .json(LANGFUSE.cost, span.repeats === true ? NOTHING : costOf(span));
    const first = stream?.time_to_first_chunk_ms;
    if (first != null)
      attributes.text(
        LANGFUSE.completionStart,
        new Date(Math.round(span.start_time * 1000 + first)).toISOString(),
      );
  }
  return {
    name: span.span_name ?? "",
    kind: generation ? CLIENT : INTERNAL,
    events: exceptionOf(span),
  };
}

/** A generation's input is its prompt, so its arguments and locals go to the metadata. */
function addContent(attributes: Attributes, span: WireSpan, generation: boolean): void {
  const input = filled(span.input_data);
  const text = isEmpty(input) ? null : jsonText(input);
  if (generation && span.prompt != null) {
    attributes.text(LANGFUSE.input, span.prompt);
    attributes.text(`${LANGFUSE.metadata}input_data`, text);
  } else attributes.text(LANGFUSE.input, text);
  if (generation && span.response != null) attributes.text(LANGFUSE.output, span.response);
  else attributes.json(LANGFUSE.output, span.output_data?.output);
}

type Usage = Readonly<Record<string, number>>;

/** Langfuse adds up what spans say, and counts the tokens of texts where nothing is said. */
const NOTHING: Usage = { input: 0, output: 0, total: 0 };

function usageOf({ usage }: WireSpan): Usage | null {
  if (!usage) return null;
  const { cached_input_tokens: cached, cache_write_input_tokens: written } = usage;
  const { input_tokens: input, output_tokens: output, reasoning_tokens: reasoning } = usage;
  return defined({
    input: input == null ? undefined : Math.max(0, input - (cached ?? 0) - (written ?? 0)),
    input_cached_tokens: cached,
    input_cache_creation: written,
    output: output == null ? undefined : Math.max(0, output - (reasoning ?? 0)),
    output_reasoning_tokens: reasoning,
    total: usage.total_tokens,
  });
}

function costOf({ cost }: WireSpan): Usage | null {
  if (!cost) return null;
  return defined({ input: cost.input_cost, output: cost.output_cost, total: cost.total_cost });
}

function defined(counts: Readonly<Record<string, number | null | undefined>>): Usage {
  const entries = Object.entries(counts).filter(([, count]) => count != null);
  return Object.fromEntries(entries) as Record<string, number>;
}

/** Longest name of an environment that Langfuse keeps, in characters. */
const ENVIRONMENT_LENGTH = 40;

/** Langfuse calls `default`, without a word, what does not match `^(?!langfuse)[a-z0-9-_]+$`. */
export function fitEnvironment(environment: string): string {
  const fitted = environment
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replace(/^(?:langfuse[-_]?)+/, "")
    .slice(0, ENVIRONMENT_LENGTH);
  return fitted || "default";
}

/** The body of `POST /api/public/scores`. */
export interface LangfuseScore {
  /** The same for the same score, so that a resend does not add one. */
  readonly id: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** What is judged. */
  readonly name: string;
  /** 1 and 0 for yes and no. */
  readonly value: number | string;
  /** How Langfuse reads the value. */
  readonly dataType: "NUMERIC" | "BOOLEAN" | "CATEGORICAL";
  /** Why. */
  readonly comment?: string;
  /** That of the trace. */
  readonly environment: string;
}

/** The scores of a trace; the same trace gives the same ids, by which Langfuse tells a resend. */
export function langfuseScores(trace: MappedTrace): readonly LangfuseScore[] {
  const own = otelTraceId(trace.trace_id);
  const scores: LangfuseScore[] = [];
  for (const [at, { name, value, comment }] of (trace.scores ?? []).entries()) {
    const typed = typedValue(value);
    if (typed === undefined) continue;
    scores.push({
      // Of our own id: several traces may continue one of a caller.
      id: `${own}-${at}`,
      traceId: trace.trace_parent?.trace_id ?? own,
      name: name?.toWellFormed() || "(unnamed)",
      ...typed,
      ...(comment != null && { comment: comment.toWellFormed() }),
      environment: fitEnvironment(trace.environment ?? ""),
    });
  }
  return scores;
}

function typedValue(value: Json): Pick<LangfuseScore, "value" | "dataType"> | undefined {
  switch (typeof value) {
    case "number":
      return { value, dataType: "NUMERIC" };
    case "boolean":
      return { value: value ? 1 : 0, dataType: "BOOLEAN" };
    case "string":
      return { value: value.toWellFormed(), dataType: "CATEGORICAL" };
    default:
      return undefined;
  }
}
