// A finished trace and its spans → the trace's JSON text, as the wire has it (wire.ts types it).
// Invariant: texts from the call are joined as they are, copies are encoded here, no key is
// missing.
import type { Encoder } from "../encode/encoder.ts";
import { quote, quoteOrNull } from "../encode/json-text.ts";
import { inputData } from "./input-json.ts";
import { generationAdditions, generationText, type Totals } from "../llm/generation-json.ts";
import type { Options } from "../config/options.ts";
import type { Site } from "../abi.ts";
import { Encoded } from "../encode/encoded.ts";
import type { Span } from "./span.ts";
import { spanIds } from "./span-id.ts";
import type { Trace } from "./trace.ts";
import type { RemoteParent } from "./trace-parent.ts";
import { repeatedJson } from "./repeated-texts.ts";
import { addFields, textJson, type FieldTexts, fieldsText } from "./updates.ts";
import { SDK_NAME, SDK_VERSION } from "../platform/version.ts";
import { CLOSE_SPANS, NEXT_SPAN, OPEN_SPANS } from "../wire/span-marks.ts";

/** What all spans of one trace share. */
interface Assembly {
  readonly trace: Trace<Span>;
  readonly encoder: Encoder;
  readonly options: Options;
  /** What is injected into the metadata of every span. */
  readonly environment: string;
  readonly projectId: string;
  readonly idOf: (number: number) => string;
  readonly totals: Totals;
  /** Made once per site: a trace has few sites and many spans. */
  readonly siteTexts: Map<Site, SiteText>;
}

/** The members of a span that are the same for all of its site. */
interface SiteText {
  readonly name: string;
  readonly type: string;
  readonly metadata: string;
  readonly tags: string;
  /** `code` and `param_names`. */
  readonly code: string;
}

/** Bytes of UTF-8. */
const LONGEST_TAG = 1000;

/** Of a trace without spans, as that of most requests. */
const noIds = (): string => "";

export function assembleTrace(
  trace: Trace<Span>,
  spans: readonly Span[],
  late: boolean,
  encoder: Encoder,
  options: Options,
): string {
  const { name, userId, sessionId } = trace.options;
  const { updates, endedMono } = trace;
  const environment = trace.options.environment ?? options.environment;
  const projectId = trace.options.projectId ?? options.projectId;
  const totals: Totals = { input: 0, output: 0, cost: null, generations: 0 };
  const assembly: Assembly = {
    trace,
    encoder,
    options,
    environment,
    projectId,
    idOf: spans.length === 0 ? noIds : spanIds(trace.id),
    totals,
    siteTexts: new Map(),
  };
  const { field } = options.limits;
  const textOf = (text: string | undefined): string =>
    text === undefined ? "null" : textJson(encoder, text, field);
  const repeated = (text: string): string => repeatedJson(encoder, text, field);
  let spanList = "";
  spans.forEach((span) => {
    spanList += (spanList === "" ? OPEN_SPANS : NEXT_SPAN) + spanText(span, assembly);
  });
  spanList += spanList === "" ? "[]" : CLOSE_SPANS;
  return `{"trace_id":${quote(trace.id)},${parentText(trace.remote)}"trace_name":${updates?.name ?? repeated(name)},\
"project_id":${repeated(projectId)},"environment":${repeated(environment)},\
"user_id":${updates?.userId ?? textOf(userId)},"session_id":${updates?.sessionId ?? textOf(sessionId)},\
"start_time":${seconds(trace, trace.startedMono)},"end_time":${seconds(trace, endedMono)},\
"duration_ms":${milliseconds(trace.startedMono, endedMono)},\
"trace_input":${updates?.input ?? "null"},"trace_output":${updates?.output ?? "null"},\
"token_usage":{"total_input_tokens":${totals.input},"total_output_tokens":${totals.output},"total_tokens":${totals.input + totals.output}},\
"cost":{"total_cost":${totals.cost}},"spans":${spanList},\
"metadata":${updates === undefined ? "{}" : fieldsText(updates.fields, encoder)},"tags":${tagsText(updates?.tags, encoder)},\
"total_spans":${spans.length},"total_generations":${totals.generations},\
"sdk_name":${quote(SDK_NAME)},"sdk_version":${quote(SDK_VERSION)}${additions(trace)}${late ? ',"late":true' : ""}}`;
}

function tagsText(tags: readonly string[] | undefined, encoder: Encoder): string {
  return tags === undefined || tags.length === 0
    ? "[]"
    : `[${tags.map((tag) => textJson(encoder, tag, LONGEST_TAG)).join(",")}]`;
}

/** Members that stand only where there is something to say. */
function additions(trace: Trace<Span>): string {
  const { startedAt, dropped, abandoned, updates, statusMessage: message } = trace;
  let text = "";
  if (updates !== undefined && updates.scores.length > 0)
    text += `,"scores":[${updates.scores.join(",")}]`;
  if (startedAt !== undefined) {
    const { trace: outer, span } = startedAt;
    const spanId = span === undefined ? "null" : quote(spanIds(outer.id)(span.number));
    text += `,"links":[{"trace_id":${quote(outer.id)},"span_id":${spanId}}]`;
  }
  if (dropped > 0) text += `,"dropped":{"spans":${dropped}}`;
  if (abandoned) text += ',"status":"error","status_message":"never ended"';
  else if (message !== undefined) text += `,"status":"error","status_message":${message}`;
  return text;
}

/** At the front, where delivery reads it without parsing the trace. */
function parentText(remote: RemoteParent | undefined): string {
  if (remote === undefined) return "";
  const { traceId, spanId, flags, tracestate } = remote;
  return `"trace_parent":{"trace_id":"${traceId}","span_id":"${spanId}","flags":"${flags}","tracestate":${quoteOrNull(tracestate)}},`;
}

function spanText(span: Span, assembly: Assembly): string {
  const { trace, idOf } = assembly;
  const { started, closed, parent, site, failure } = span;
  const ended = closed ? span.ended : Math.max(trace.endedMono, started);
  const failed = !closed || failure !== undefined;
  const texts = siteText(site, assembly);
  const { updates } = span;
  const metadata =
    updates === undefined ? texts.metadata : metadataText(site, assembly, updates.fields);
  const tags =
    updates === undefined || updates.tags.length === 0
      ? texts.tags
      : tagsText((site.facts.tags ?? []).concat(updates.tags), assembly.encoder);
  const level = updates?.level ?? site.facts.level ?? (failed ? "ERROR" : "DEFAULT");
  const message = closed
    ? (updates?.statusMessage ?? quoteOrNull(statusMessage(span)))
    : '"unfinished"';
  return `{"span_id":"${idOf(span.number)}","span_name":${texts.name},"span_type":${texts.type},\
"parent_span_id":${parent === undefined ? "null" : `"${idOf(parent.number)}"`},\
"start_time":${seconds(trace, started)},"end_time":${seconds(trace, ended)},"duration_ms":${milliseconds(started, ended)},\
"input_data":${inputData(span, assembly.encoder, assembly.options.limits.spanIo)},"output_data":{"output":${outputText(span, assembly)}},\
"error":${failure?.text ?? "null"},${generationText(span, assembly.options, assembly.totals)},\
"metadata":${metadata},"tags":${tags},"status":${failed ? '"error"' : '"success"'},"status_message":${message},\
"level":"${level}"${closed ? "" : ',"unfinished":true'},${texts.code}\
${generationAdditions(span.generation)}${streamText(span)}}`;
}

function statusMessage({ failure, generation }: Span): string | undefined {
  const note = generation?.note;
  const message = failure?.message;
  return message !== undefined && note !== undefined ? `${message} (${note})` : (message ?? note);
}

function streamText({ site, chunks, generation, started }: Span): string {
  const stream = generation?.stream;
  if (stream === undefined && site.facts.generator !== true) return "";
  const first = generation?.timeToFirstChunk(started);
  return `,"stream":{"chunks":${stream?.chunks ?? chunks},"time_to_first_chunk_ms":${
    first === undefined ? "null" : Math.round(first)
  }}`;
}

function outputText({ output, generation }: Span, { encoder, options }: Assembly): string {
  if (output === undefined) return generation?.output ?? "null";
  return output instanceof Encoded ? output.text : encoder.value(output, options.limits.spanIo);
}

/** The site's own, the program's updates, and what is injected: the last one wins. */
function metadataText(site: Site, assembly: Assembly, more?: FieldTexts): string {
  const { encoder, options, environment, projectId } = assembly;
  const { field } = options.limits;
  const texts: FieldTexts = new Map();
  addFields(texts, site.facts.metadata ?? {}, encoder, field);
  more?.forEach((text, key) => texts.set(key, text));
  texts.set("environment", encoder.value(environment, field));
  texts.set("project_id", encoder.value(projectId, field));
  return fieldsText(texts, encoder);
}

function siteText(site: Site, assembly: Assembly): SiteText {
  const { siteTexts, encoder } = assembly;
  const known = siteTexts.get(site);
  if (known !== undefined) return known;
  const { facts, args } = site;
  const made: SiteText = {
    name: quote(facts.name),
    type: facts.llm === true ? '"generation"' : '"span"',
    metadata: metadataText(site, assembly),
    tags: tagsText(facts.tags, encoder),
    code: `${placeText(site)}"param_names":${JSON.stringify(args)}`,
  };
  siteTexts.set(site, made);
  return made;
}

/** The place of a function that `track` wraps is not known. */
function placeText({ facts, file, id }: Site): string {
  const { fn, line, column, hash } = facts;
  if (line === 0) return "";
  // What was compiled before functions had hashes has no site in a manifest either.
  const site = hash === undefined ? {} : { site: id, hash };
  return `"code":${JSON.stringify({ function: fn, file, line, column, ...site })},`;
}

/** Unix seconds to the microsecond. The wall clock is read once a trace; all else is monotonic. */
function seconds(trace: Trace<Span>, mono: number): string {
  const microseconds = Math.round((trace.startedWall + (mono - trace.startedMono)) * 1e3);
  const whole = Math.floor(microseconds / 1e6);
  // Two small integers are written faster than one large fraction.
  return `${whole}.${String(1e6 + (microseconds - whole * 1e6)).slice(1)}`;
}

function milliseconds(from: number, to: number): number {
  return Math.max(0, Math.round(to - from));
}
