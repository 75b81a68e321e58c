// Traces → held against the requests that are made of them: valid for Langfuse and for OpenTelemetry's
// schema, and with the same tokens and cost.
import { expect } from "vitest";
import { langfuseRequest } from "../../src/langfuse.ts";
import { otlpRequest } from "../../src/otlp.ts";
import type { OtlpSpan } from "../../src/otlp/request.ts";
import type { WireSpan, WireTrace } from "../../src/wire.ts";
import { attributesOf, refusedByLangfuse, spansIn, throughProtobuf, withBytes } from "./checks.ts";

/** Requests that a reader takes, whole. */
export function expectValidRequests(traces: readonly WireTrace[]): void {
  for (const request of [otlpRequest(traces, { content: true }), langfuseRequest(traces)]) {
    expect(refusedByLangfuse(request)).toBeUndefined();
    expect(throughProtobuf(request)).toEqual(withBytes(request));
    const spans = spansIn(request);
    expect(spans).toHaveLength(traces.reduce((sum, one) => sum + one.spans.length + 1, 0));
    for (const { attributes } of spans)
      expect(new Set(attributes.map(({ key }) => key)).size).toBe(attributes.length);
  }
  expect(JSON.stringify(langfuseRequest(traces))).not.toContain('"gen_ai.');
}

/** Tokens and cost of a trace, and of each of its spans, in both requests. */
export function expectSameTotals(trace: WireTrace): void {
  const [, ...otlp] = spansIn(otlpRequest([trace]));
  const [, ...langfuse] = spansIn(langfuseRequest([trace]));
  const sum = { input: 0, output: 0, cost: 0 };
  for (const [at, span] of trace.spans.entries()) {
    const told = toldByOtlp(otlp[at]);
    expect(told).toEqual(toldByUs(span));
    expect(toldByLangfuse(langfuse[at])).toEqual(span.repeats === true ? NOTHING : told);
    sum.input += told.input ?? 0;
    sum.output += told.output ?? 0;
    sum.cost += told.cost ?? 0;
  }
  expect(sum.input).toBe(trace.token_usage?.total_input_tokens ?? 0);
  expect(sum.output).toBe(trace.token_usage?.total_output_tokens ?? 0);
  expect(sum.cost).toBeCloseTo(trace.cost?.total_cost ?? 0, 10);
}

const NOTHING = { input: 0, output: 0, cost: 0 };

interface Told {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly cost: number | undefined;
}

function toldByUs({ span_type: type, usage, cost, repeats }: WireSpan): Told {
  if (type !== "generation" || repeats === true)
    return { input: undefined, output: undefined, cost: undefined };
  return {
    input: usage?.input_tokens ?? undefined,
    output: usage?.output_tokens ?? undefined,
    cost: cost?.total_cost ?? undefined,
  };
}

function toldByOtlp(span: OtlpSpan | undefined): Told {
  const attributes = attributesOf(span);
  const count = (key: string): number | undefined =>
    attributes[key] === undefined ? undefined : Number(attributes[key]);
  return {
    input: count("gen_ai.usage.input_tokens"),
    output: count("gen_ai.usage.output_tokens"),
    cost: count("llmops.cost.total"),
  };
}

/** Langfuse adds up what stands under names that begin alike. */
function toldByLangfuse(span: OtlpSpan | undefined): Told {
  const attributes = attributesOf(span);
  const details = (key: string): Readonly<Record<string, number>> =>
    JSON.parse((attributes[key] as string | undefined) ?? "{}") as Record<string, number>;
  const usage = details("langfuse.observation.usage_details");
  const sumOf = (kind: string): number | undefined => {
    const counts = Object.keys(usage).filter((key) => key.startsWith(kind));
    return counts.length === 0
      ? undefined
      : counts.reduce((sum, key) => sum + (usage[key] ?? 0), 0);
  };
  const told = { input: sumOf("input"), output: sumOf("output") };
  if (usage["total"] !== undefined)
    expect(usage["total"]).toBe((told.input ?? 0) + (told.output ?? 0));
  return { ...told, cost: details("langfuse.observation.cost_details")["total"] };
}
