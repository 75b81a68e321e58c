// CloudWatch: lines against the Embedded Metric Format's published schema and limits, and what they
// count.
// docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
// (read on 2026-11-28): the schema below is its «JSON schema», with the limits of its text.
import { Ajv2020 } from "ajv/dist/2020.js";
import { cloudwatchSink, emfLines } from "llmops-processor/cloudwatch";
import { describe, expect, test } from "vitest";
import { span } from "../setup.ts";
import { aged, entryOf, fresh, generation, signal, told } from "./setup.ts";

const isEmf = new Ajv2020().compile({
  type: "object",
  required: ["_aws"],
  properties: {
    _aws: {
      type: "object",
      required: ["Timestamp", "CloudWatchMetrics"],
      properties: {
        Timestamp: { type: "integer" },
        CloudWatchMetrics: {
          type: "array",
          items: {
            type: "object",
            required: ["Namespace", "Dimensions", "Metrics"],
            properties: {
              Namespace: { type: "string", minLength: 1, maxLength: 1024 },
              Dimensions: {
                type: "array",
                minItems: 1,
                items: {
                  type: "array",
                  minItems: 1,
                  maxItems: 30,
                  items: { type: "string", minLength: 1, maxLength: 250 },
                },
              },
              Metrics: {
                type: "array",
                minItems: 1,
                maxItems: 100,
                items: {
                  type: "object",
                  required: ["Name"],
                  properties: {
                    Name: { type: "string", minLength: 1, maxLength: 1024 },
                    Unit: { enum: ["Count", "Milliseconds", "None"] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

interface Emf {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [key: string]: unknown;
}

function valid(lines: readonly string[]): Emf[] {
  return lines.map((line) => {
    expect(line).not.toContain("\n");
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(256 * 1024);
    const emf = JSON.parse(line) as Emf;
    expect(isEmf(emf), JSON.stringify(isEmf.errors)).toBe(true);
    const now = Date.now();
    expect(emf._aws.Timestamp).toBeGreaterThan(now - 14 * 24 * 3_600_000);
    expect(emf._aws.Timestamp).toBeLessThan(now + 2 * 3_600_000);
    for (const { Dimensions, Metrics } of emf._aws.CloudWatchMetrics) {
      for (const name of Dimensions.flat()) {
        expect(emf[name]).toMatch(/^[\x20-\x7e]{1,1024}$/);
        expect(emf[name]).not.toMatch(/^(?::|\s*$)/);
      }
      for (const { Name } of Metrics) {
        const values = [emf[Name]].flat();
        expect(values.length).toBeGreaterThan(0);
        expect(values.length).toBeLessThanOrEqual(100);
        for (const value of values) expect(value).toEqual(expect.any(Number));
      }
    }
    return emf;
  });
}

describe("lines", () => {
  test("count a trace, and each model's generations", () => {
    const one = fresh(
      [
        generation(),
        generation({ cost: null, status: "error", duration_ms: 100 }),
        generation({ model_id: "claude-x", usage: null }),
        span(),
      ],
      { duration_ms: 1500, status: "error" },
    );
    const [traceLine, gpt, claude, ...others] = valid(emfLines(one));
    expect(others).toEqual([]);
    expect(traceLine).toMatchObject({
      _aws: {
        Timestamp: Math.round(one.end_time * 1000),
        CloudWatchMetrics: [
          {
            Namespace: "LLMOps",
            Dimensions: [["Project", "Environment"]],
            Metrics: [
              { Name: "Traces", Unit: "Count" },
              { Name: "TraceErrors", Unit: "Count" },
              { Name: "TraceDuration", Unit: "Milliseconds" },
            ],
          },
        ],
      },
      Project: "project",
      Environment: "test",
      Traces: 1,
      TraceErrors: 1,
      TraceDuration: 1500,
      trace_id: one.trace_id,
    });
    expect(gpt).toMatchObject({
      Model: "gpt-4o-mini",
      TokenUsage: [42, 42],
      InputTokens: [30, 30],
      OutputTokens: [12, 12],
      Latency: [900, 100],
      Cost: [0.75],
      Errors: [0, 1],
    });
    expect(gpt?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([
      ["Project", "Environment"],
      ["Project", "Environment", "Model"],
    ]);
    expect(Object.keys(claude ?? {})).not.toContain("TokenUsage");
    const free = valid(emfLines(fresh([generation({ cost: null })])));
    expect(Object.keys(free[1] ?? {}), "an unknown price is not 0").not.toContain("Cost");
  });

  test("count the tokens and cost of an answer that is handed on once", () => {
    const [, line] = valid(emfLines(fresh([generation({ repeats: true }), generation()])));
    expect(line).toMatchObject({ TokenUsage: [42], Cost: [0.75], Latency: [900, 900] });
  });

  test("have 100 values at most", () => {
    const lines = valid(emfLines(fresh(Array.from({ length: 250 }, () => generation()))));
    expect(lines.map(({ Latency }) => (Latency as number[] | undefined)?.length)).toEqual([
      undefined,
      100,
      100,
      50,
    ]);
  });

  test("count a span once, though it comes again when it has closed", () => {
    const open = generation({ unfinished: true, status: "error", status_message: "unfinished" });
    expect(valid(emfLines(fresh([open])))).toHaveLength(1);
    const late = fresh([generation({ span_id: open.span_id })], { late: true });
    expect(valid(emfLines(late))).toMatchObject([{ Model: "gpt-4o-mini", Latency: [900] }]);
  });

  test("of an event have the tokens it knows", () => {
    const now = Date.now() / 1000;
    const event = {
      event_type: "llm_call",
      trace_id: "t",
      span_id: "s",
      tokens_used: 9,
      end_time: now,
    };
    const [line, ...others] = valid(emfLines(told(event)));
    expect(others).toEqual([]);
    expect(line).toMatchObject({ TokenUsage: [9], Model: "unknown", Project: "unknown" });
    expect(Object.keys(line ?? {})).not.toContain("InputTokens");
  });

  test.each([
    ["café\n", "caf??"],
    ["  ", "unknown"],
    ["", "unknown"],
    [":x", "_x"],
    ["👍", "?"],
    ["y".repeat(2000), "y".repeat(1024)],
  ])("take %j for %j as a dimension", (name, fits) => {
    const [line] = valid(emfLines(fresh([], { project_id: name })));
    expect(line?.["Project"]).toBe(fits);
  });

  test("have a time that CloudWatch takes, however old the trace", () => {
    const lines = [...emfLines(aged(15 * 24, fresh([]))), ...emfLines(aged(-3, fresh([])))];
    expect(valid(lines)).toHaveLength(2);
  });
});

describe("the sink", () => {
  test("writes whole lines, one call a batch", async () => {
    const written: string[] = [];
    const sink = cloudwatchSink({ namespace: "Own", write: (text) => void written.push(text) });
    const entries = [entryOf(fresh([generation()])), entryOf(fresh([]))];
    expect(await sink.send(entries, { signal })).toEqual([{ state: "sent" }, { state: "sent" }]);
    expect(written).toHaveLength(1);
    expect(written[0]?.endsWith("}\n")).toBe(true);
    const lines = valid((written[0] ?? "").trimEnd().split("\n"));
    expect(lines).toHaveLength(3);
    expect(lines[0]?._aws.CloudWatchMetrics[0]?.Namespace).toBe("Own");
  });

  test("asks again where nothing could be written", async () => {
    const write = (): never => {
      throw new Error("EPIPE");
    };
    const outcomes = await cloudwatchSink({ write }).send([entryOf(fresh([]))], { signal });
    expect(outcomes).toMatchObject([{ state: "retry" }]);
  });
});
