// An ExportTraceServiceRequest in JSON → traces as the wire has them, and the spans that are none.
// Invariant: a bad span costs itself; what has no name of its own in the wire is in `metadata`.
// Format: opentelemetry-proto 1.x, «JSON Protobuf Encoding».
import { readTrace, type WireSpan, type WireTrace } from "llmops-observability/wire";
import { callOf } from "./genai.ts";
import {
  type Attributes,
  attributesOf,
  countIn,
  isObject,
  itemsOf,
  parsed,
  secondsOf,
  textIn,
} from "./otlp-values.ts";

export interface OtlpTraces {
  readonly traces: readonly WireTrace[];
  readonly rejected: number;
  /** Why the first of them was. */
  readonly reason: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

interface Read {
  readonly traceId: string;
  readonly span: WireSpan;
  readonly isRoot: boolean;
  readonly own: Attributes;
  readonly resource: Attributes;
}

/** @returns undefined where there is no list of `resourceSpans` */
export function tracesOfOtlp(request: unknown): OtlpTraces | undefined {
  if (!isObject(request) || !Array.isArray(request["resourceSpans"])) return undefined;
  const read: Read[] = [];
  const reasons: string[] = [];
  for (const { resource, scopeSpans } of itemsOf(request["resourceSpans"])) {
    const shared = attributesOf(isObject(resource) ? resource["attributes"] : undefined);
    for (const { spans, scope } of itemsOf(scopeSpans)) {
      for (const span of Array.isArray(spans) ? spans : []) {
        const found = readSpan(span, shared, isObject(scope) ? scope : {});
        if (typeof found === "string") reasons.push(found);
        else read.push(found);
      }
    }
  }
  const byTrace = new Map<string, Read[]>();
  for (const one of read) {
    const known = byTrace.get(one.traceId);
    if (known === undefined) byTrace.set(one.traceId, [one]);
    else known.push(one);
  }
  return {
    traces: Array.from(byTrace, ([id, spans]) => traceOf(id, spans)),
    rejected: reasons.length,
    reason: reasons[0],
  };
}

const TRACE_ID = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const ZEROS = /^0+$/;
const FAILED = new Set<unknown>([2, "2", "STATUS_CODE_ERROR"]);

/** @returns why it is no span, else what it says */
function readSpan(span: unknown, resource: Attributes, scope: Members): Read | string {
  if (!isObject(span)) return "A span is no object.";
  const { traceId, spanId, parentSpanId, name } = span;
  if (typeof traceId !== "string" || !TRACE_ID.test(traceId) || ZEROS.test(traceId))
    return "A span's traceId is not 32 hexadecimal digits.";
  if (typeof spanId !== "string" || !SPAN_ID.test(spanId) || ZEROS.test(spanId))
    return "A span's spanId is not 16 hexadecimal digits.";
  const start = secondsOf(span["startTimeUnixNano"]);
  if (start === undefined) return "A span's startTimeUnixNano is no time.";
  const ended = secondsOf(span["endTimeUnixNano"]);
  const end = Math.max(start, ended ?? start);
  const own = attributesOf(span["attributes"]);
  const parent =
    typeof parentSpanId === "string" && SPAN_ID.test(parentSpanId)
      ? parentSpanId.toLowerCase()
      : null;
  const call = callOf(own);
  const error = errorOf(span);
  const { code: rawStatus, message } = isObject(span["status"]) ? span["status"] : ({} as Members);
  const failed = FAILED.has(rawStatus) || error !== null;
  const statusMessage = typeof message === "string" && message !== "" ? message : null;
  const code = codeOf(own);
  return {
    traceId: traceId.toLowerCase().replace(TRACE_ID, "$1-$2-$3-$4-$5"),
    isRoot: parent === null,
    own,
    resource,
    span: {
      span_id: spanId.toLowerCase(),
      span_name: textIn(own, "llmops.span.name") ?? (typeof name === "string" ? name : ""),
      span_type: call === undefined ? "span" : "generation",
      parent_span_id: parent,
      start_time: start,
      end_time: end,
      duration_ms: Math.round((end - start) * 1000),
      input_data: inputOf(own, call?.messages) as WireSpan["input_data"],
      output_data: {
        output: (parsed(own["llmops.output"]) ??
          call?.answer ??
          outputOf(own)) as WireSpan["error"],
      },
      error: failed
        ? (error ?? { type: "Error", message: statusMessage ?? "", stack: null })
        : null,
      model_id: null,
      usage: null,
      cost: null,
      prompt: null,
      response: null,
      ...call?.generation,
      metadata: metadataOf(own, scope) as WireSpan["metadata"],
      tags: textsIn(own["llmops.tags"]),
      status: failed ? "error" : "success",
      status_message: statusMessage,
      level: failed ? "ERROR" : "DEFAULT",
      ...(ended === undefined && { unfinished: true as const }),
      ...(code !== undefined && { code }),
    },
  };
}

/** As our own exporter writes it, or as a call's messages. */
function inputOf(own: Attributes, messages: unknown): unknown {
  const input = parsed(own["llmops.input"]);
  const told = isObject(input) ? input : {};
  const kwargs = messages === undefined ? {} : { messages };
  return {
    args: input === undefined || isObject(input) ? [] : [input],
    kwargs,
    locals: {},
    ...told,
  };
}

function outputOf(own: Attributes): unknown {
  return parsed(own["output.value"] ?? own["gen_ai.tool.call.result"] ?? null);
}

function errorOf(span: Members): WireSpan["error"] {
  const exception = itemsOf(span["events"]).findLast(({ name }) => name === "exception");
  if (exception === undefined) return null;
  const attributes = attributesOf(exception["attributes"]);
  return {
    type: textIn(attributes, "exception.type") ?? "Error",
    message: textIn(attributes, "exception.message") ?? "",
    stack: textIn(attributes, "exception.stacktrace"),
  };
}

function codeOf(own: Attributes): WireSpan["code"] {
  const name = textIn(own, "code.function.name", "code.function");
  const file = textIn(own, "code.file.path", "code.filepath");
  if (name === null && file === null) return undefined;
  return {
    function: name ?? "",
    file: file ?? "",
    line: countIn(own, "code.line.number", "code.lineno") ?? 0,
    column: countIn(own, "code.column.number", "code.column") ?? 0,
  };
}

/** What stands elsewhere in the wire's span. */
const ELSEWHERE =
  /^(?:llmops\.(?:span\.name|input|output|tags|cost\.total|stream\.chunks)|code\.|gen_ai\.(?:usage\.|input\.messages|output\.messages|prompt\b|completion\b|request\.model$|response\.model$|response\.finish_reasons$)|session\.id$|user\.id$)/;

function metadataOf(own: Attributes, { name, version }: Members): unknown {
  const rest = Object.entries(own).filter(([key]) => !ELSEWHERE.test(key));
  const scope = [name, version].filter((one) => typeof one === "string" && one !== "").join(" ");
  return {
    ...Object.fromEntries(
      rest.map(([key, value]) => [key.replace(/^llmops\.metadata\./, ""), value]),
    ),
    ...(scope !== "" && { "otel.scope": scope }),
  };
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** Fields that the spans of one request tell; other requests may bring its other spans. */
function traceOf(traceId: string, read: readonly Read[]): WireTrace {
  const root = read.find(({ isRoot }) => isRoot);
  const told = (...names: readonly string[]): string | null => {
    for (const { own, resource } of root === undefined ? read : [root, ...read]) {
      const value = textIn(own, ...names) ?? textIn(resource, ...names);
      if (value !== null) return value;
    }
    return null;
  };
  const spans = read.map(({ span }) => span);
  const start = spans.reduce((least, one) => Math.min(least, one.start_time), Infinity);
  const end = spans.reduce((most, one) => Math.max(most, one.end_time), 0);
  return readTrace(
    JSON.stringify({
      trace_id: traceId,
      trace_name: root?.span.span_name ?? "",
      project_id: told("service.name") ?? "",
      environment: told("deployment.environment.name", "deployment.environment") ?? "",
      user_id: told("user.id", "enduser.id"),
      session_id: told("session.id", "gen_ai.conversation.id"),
      start_time: start,
      end_time: end,
      duration_ms: Math.round((end - start) * 1000),
      sdk_name: told("telemetry.sdk.name") ?? "",
      sdk_version: told("telemetry.sdk.version") ?? "",
      spans,
    }),
  );
}
