// A finished trace and its spans → the trace's JSON text, as the wire has it (wire.ts types it).
// Invariant: what was snapshotted as JSON text is joined, never parsed again; every key of the format is there.
import type { Encoder } from "./encode.ts";
import { quote } from "./encode-text.ts";
import type { Options } from "./options.ts";
import { type Cost, costOf } from "./pricing.ts";
import type { Span } from "./span.ts";
import type { Trace, TraceOptions } from "./trace.ts";
import { SDK_NAME, SDK_VERSION } from "./version.ts";

/** Ids, totals and texts that all spans of one trace share. */
interface Frame {
  readonly trace: Trace;
  readonly encoder: Encoder;
  readonly options: Options;
  readonly environment: string;
  readonly projectId: string;
  readonly totals: { input: number; output: number; cost: number | null; generations: number };
}

export function assembleTrace(
  trace: Trace,
  spans: readonly Span[],
  encoder: Encoder,
  options: Options,
): string {
  const { name, userId, sessionId, tags, metadata } = trace.options;
  const { result } = trace;
  const environment = trace.options.environment ?? options.environment;
  const projectId = trace.options.projectId ?? options.projectId;
  const totals = { input: 0, output: 0, cost: null, generations: 0 };
  const frame: Frame = { trace, encoder, options, environment, projectId, totals };
  const { traceIo, field } = options.limits;
  const spanTexts = spans.map((span) => spanText(span, frame));
  const tagList = isList(tags) ? tags : [];
  const tagMap = isList(tags) ? {} : tags;
  const end = trace.endedMono;
  const members: readonly (readonly [string, string])[] = [
    ["trace_id", quoted(trace.id)],
    ["trace_name", encoder.value(result.traceName ?? name, field)],
    ["project_id", quoted(projectId)],
    ["environment", quoted(environment)],
    ["user_id", encoder.value(result.userId ?? userId, field)],
    ["session_id", encoder.value(result.sessionId ?? sessionId, field)],
    ["start_time", seconds(trace, trace.startedMono)],
    ["end_time", seconds(trace, end)],
    ["duration_ms", milliseconds(trace.startedMono, end)],
    ["trace_input", encoder.value(result.traceInput, traceIo)],
    ["trace_output", encoder.value(result.traceOutput, traceIo)],
    [
      "token_usage",
      JSON.stringify({
        total_input_tokens: totals.input,
        total_output_tokens: totals.output,
        total_tokens: totals.input + totals.output,
      }),
    ],
    ["cost", JSON.stringify({ total_cost: frame.totals.cost })],
    ["spans", `[${spanTexts.join(",")}]`],
    ["metadata", encoder.value({ ...metadata, ...tagMap }, field)],
    ["tags", encoder.value(tagList, field)],
    ["total_spans", String(spans.length)],
    ["total_generations", String(totals.generations)],
    ["sdk_name", quoted(SDK_NAME)],
    ["sdk_version", quoted(SDK_VERSION)],
    ...linked(trace),
    ...(trace.dropped > 0 ? [["dropped", JSON.stringify({ spans: trace.dropped })] as const] : []),
    ...(trace.abandoned
      ? [["status", '"error"'] as const, ["status_message", '"never ended"'] as const]
      : []),
  ];
  return joined(members);
}

function spanText(span: Span, frame: Frame): string {
  const { trace, encoder, options, totals } = frame;
  const { facts, file } = span.site;
  const unfinished = !span.closed;
  const ended = unfinished ? Math.max(trace.endedMono, span.started) : span.ended;
  const failed = unfinished || span.error !== undefined;
  const model =
    span.model ?? span.reply?.model ?? (facts.llm === true ? options.modelId : undefined);
  if (facts.llm === true) totals.generations++;
  const generation = generationMembers(span, model, frame);
  const input = joined([
    ["args", span.args ?? "[]"],
    ["kwargs", span.kwargs ?? "{}"],
    ["locals", span.locals ?? "{}"],
    ...(span.self === undefined ? [] : [["self", span.self] as const]),
  ]);
  const metadata = {
    ...facts.metadata,
    environment: frame.environment,
    project_id: frame.projectId,
  };
  return joined([
    ["span_id", quoted(spanId(trace.id, span.number))],
    ["span_name", quoted(facts.name)],
    ["span_type", facts.llm === true ? '"generation"' : '"span"'],
    [
      "parent_span_id",
      span.parent === undefined ? "null" : quoted(spanId(trace.id, span.parent.number)),
    ],
    ["start_time", seconds(trace, span.started)],
    ["end_time", seconds(trace, ended)],
    ["duration_ms", milliseconds(span.started, ended)],
    ["input_data", input],
    ["output_data", `{"output":${span.output ?? "null"}}`],
    ["error", span.error ?? "null"],
    ["model_id", facts.llm === true && model !== undefined ? quoted(model) : "null"],
    ["metadata", encoder.value(metadata, options.limits.field)],
    ["tags", JSON.stringify(facts.tags ?? [])],
    ...generation,
    ["status", failed ? '"error"' : '"success"'],
    ["status_message", unfinished ? '"unfinished"' : quoted(span.errorMessage)],
    ["level", quoted(facts.level ?? (failed ? "ERROR" : "DEFAULT"))],
    ...(unfinished ? [["unfinished", "true"] as const] : []),
    ["code", JSON.stringify({ function: facts.fn, file, line: facts.line, column: facts.column })],
    ["param_names", JSON.stringify(span.site.args)],
    ...(facts.generator === true
      ? [["stream", JSON.stringify({ chunks: span.chunks, time_to_first_chunk_ms: null })] as const]
      : []),
  ]);
}

function generationMembers(
  { reply, prompt }: Span,
  model: string | undefined,
  { totals }: Frame,
): (readonly [string, string])[] {
  const usage = reply?.usage;
  let cost: Cost | undefined;
  if (usage !== undefined) {
    totals.input += usage.inputTokens;
    totals.output += usage.outputTokens;
    cost = model === undefined ? undefined : costOf(model, usage);
    if (cost !== undefined) totals.cost = (totals.cost ?? 0) + cost.totalCost;
  }
  const usageText =
    usage &&
    JSON.stringify({
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
      cached_input_tokens: usage.cachedInputTokens,
      reasoning_tokens: usage.reasoningTokens,
    });
  const costText =
    cost &&
    JSON.stringify({
      input_cost: cost.inputCost,
      output_cost: cost.outputCost,
      total_cost: cost.totalCost,
    });
  return [
    ["usage", usageText ?? "null"],
    ["cost", costText ?? "null"],
    ["prompt", quoted(prompt)],
    ["response", quoted(reply?.text)],
  ];
}

/** The trace that it was started in. */
function linked({ startedAt }: Trace): (readonly [string, string])[] {
  if (startedAt === undefined) return [];
  const { trace, span } = startedAt;
  const link = {
    trace_id: trace.id,
    span_id: span === undefined ? null : spanId(trace.id, span.number),
  };
  return [["links", JSON.stringify([link])]];
}

/** The trace's id with its last 12 digits counted on: unique in the trace, and formatted only here. */
function spanId(traceId: string, number: number): string {
  const cut = traceId.length - 12;
  const last = (Number.parseInt(traceId.slice(cut), 16) + number) % 2 ** 48;
  return traceId.slice(0, cut) + last.toString(16).padStart(12, "0");
}

function isList(tags: TraceOptions["tags"]): tags is readonly string[] {
  return Array.isArray(tags);
}

function joined(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `"${key}":${json}`).join(",")}}`;
}

function quoted(text: string | undefined): string {
  return text === undefined ? "null" : quote(text);
}

/** Unix seconds: the wall clock is read once per trace, all else is monotonic. */
function seconds(trace: Trace, mono: number): string {
  return String(Math.round((trace.startedWall + (mono - trace.startedMono)) * 1e3) / 1e6);
}

function milliseconds(from: number, to: number): string {
  return String(Math.max(0, Math.round(to - from)));
}
