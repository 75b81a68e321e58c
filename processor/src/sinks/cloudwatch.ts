// The door `llmops-processor/cloudwatch`: traces → lines of the Embedded Metric Format, in a log.
// Invariant: a span counts once: one that was open when its trace was sent counts when it closes.
import type { WireSpan } from "llmops-observability/wire";
import type { Outcome, Sink } from "../sink.ts";
import { nameOf } from "../failure.ts";
import { tokensOf } from "./spans.ts";
import { type MappedTrace, tellsRoot, toldBy } from "./told.ts";

/** Where metrics stand in CloudWatch. */
export interface EmfOptions {
  /** Of the metrics. @default "LLMOps" */
  readonly namespace?: string | undefined;
}

/** Where metrics are written. */
export interface CloudWatchSinkOptions extends EmfOptions {
  /** Takes whole lines. @default the process's stdout */
  readonly write?: ((lines: string) => void | Promise<void>) | undefined;
}

/**
 * docs.aws.amazon.com/AmazonCloudWatch «Specification: Embedded metric format» (read 2026-11-28):
 * 100 metrics a directive, 100 values a metric, 30 dimensions of 1,024 characters, 1 MB a line (256
 * KB before); from 14 days back to 2 hours ahead.
 */
const LIMITS = {
  values: 100,
  dimensionLength: 1024,
  backMs: 14 * 24 * 3_600_000,
  aheadMs: 2 * 3_600_000,
} as const;

/**
 * A destination: the log of a Lambda function. Where it is not Lambda's, the CloudWatch agent reads
 * the lines.
 */
export function cloudwatchSink(options: CloudWatchSinkOptions = {}): Sink {
  const { write = writeOut } = options;
  return {
    name: "cloudwatch",
    async send(entries) {
      const lines = entries.map((entry) => emfLines(toldBy(entry), options));
      const all = lines.flat();
      let outcome: Outcome = { state: "sent" };
      try {
        if (all.length > 0) await write(all.map((text) => `${text}\n`).join(""));
      } catch (error) {
        outcome = { state: "retry", reason: nameOf(error) };
      }
      return entries.map(({ event }, at) => {
        if (event === "trace_start") return { state: "skipped", reason: "nothing to send" };
        return lines[at]?.length === 0 ? { state: "sent" } : outcome;
      });
    },
  };
}

function writeOut(lines: string): void {
  process.stdout.write(lines);
}

/** The lines that count one trace, or one part of it; a pure function, without I/O. */
export function emfLines(trace: MappedTrace, options: EmfOptions = {}): readonly string[] {
  const byModel = new Map<string, WireSpan[]>();
  for (const span of trace.spans ?? []) {
    if (span.span_type !== "generation" || span.unfinished === true) continue;
    const model = dimension(span.model_id);
    byModel.set(model, [...(byModel.get(model) ?? []), span]);
  }
  const lines = tellsRoot(trace) ? [traceLine(trace, options)] : [];
  for (const [model, spans] of byModel) {
    for (let at = 0; at < spans.length; at += LIMITS.values)
      lines.push(modelLine(trace, model, spans.slice(at, at + LIMITS.values), options));
  }
  return lines;
}

interface Metric {
  readonly name: string;
  readonly unit: "Count" | "Milliseconds" | "None";
  readonly value: number | readonly number[];
}

function traceLine(trace: MappedTrace, options: EmfOptions): string {
  const metrics: readonly Metric[] = [
    { name: "Traces", unit: "Count", value: 1 },
    { name: "TraceErrors", unit: "Count", value: trace.status === "error" ? 1 : 0 },
    { name: "TraceDuration", unit: "Milliseconds", value: trace.duration_ms ?? 0 },
  ];
  const properties = { ...placeOf(trace), trace_id: trace.trace_id };
  return line(trace, [["Project", "Environment"]], metrics, properties, options);
}

function modelLine(
  trace: MappedTrace,
  model: string,
  spans: readonly WireSpan[],
  options: EmfOptions,
): string {
  const tokens = spans.map(tokensOf);
  const known = (values: readonly (number | null | undefined)[]): readonly number[] =>
    values.filter((value) => value != null);
  const metrics: readonly Metric[] = [
    { name: "TokenUsage", unit: "Count", value: known(tokens.map(({ total }) => total)) },
    { name: "InputTokens", unit: "Count", value: known(tokens.map(({ input }) => input)) },
    { name: "OutputTokens", unit: "Count", value: known(tokens.map(({ output }) => output)) },
    { name: "Latency", unit: "Milliseconds", value: known(spans.map((span) => span.duration_ms)) },
    // An unknown price is not 0.
    { name: "Cost", unit: "None", value: known(spans.map(costOf)) },
    { name: "Errors", unit: "Count", value: spans.map(({ status }) => Number(status === "error")) },
  ];
  const dimensions = [
    ["Project", "Environment"],
    ["Project", "Environment", "Model"],
  ];
  return line(trace, dimensions, metrics, { ...placeOf(trace), Model: model }, options);
}

function costOf({ cost, repeats }: WireSpan): number | null | undefined {
  return repeats === true ? undefined : cost?.total_cost;
}

function line(
  trace: MappedTrace,
  dimensions: readonly (readonly string[])[],
  metrics: readonly Metric[],
  properties: Readonly<Record<string, string>>,
  { namespace = "LLMOps" }: EmfOptions,
): string {
  const told = metrics.filter(({ value }) => typeof value === "number" || value.length > 0);
  const directive = {
    Namespace: namespace,
    Dimensions: dimensions,
    Metrics: told.map(({ name, unit }) => ({ Name: name, Unit: unit })),
  };
  return JSON.stringify({
    _aws: { Timestamp: timestampOf(trace), CloudWatchMetrics: [directive] },
    ...properties,
    ...Object.fromEntries(told.map(({ name, value }) => [name, value])),
  });
}

/** CloudWatch drops what is too old or too far ahead, without a word. */
function timestampOf({ end_time: end }: MappedTrace): number {
  const ms = Math.round((end ?? 0) * 1000);
  const nowMs = Date.now();
  return ms > nowMs - LIMITS.backMs && ms < nowMs + LIMITS.aheadMs ? ms : nowMs;
}

function placeOf(trace: MappedTrace): { Project: string; Environment: string } {
  return { Project: dimension(trace.project_id), Environment: dimension(trace.environment) };
}

function dimension(value: string | null | undefined): string {
  if (!value?.trim()) return "unknown";
  const printable = Array.from(value, (one) => (/^[ -~]$/.test(one) ? one : "?"));
  return printable.join("").replace(/^:/, "_").slice(0, LIMITS.dimensionLength);
}
