// `render`: what a reader sees of a trace, also of one that is large or hostile.
import { randomUUID } from "node:crypto";
import { decode, render, type WireSpan } from "llmops-processor";
import { describe, expect, test } from "vitest";
import { span, trace } from "../setup.ts";

/** A span, the span below it, and so on; each later than its parent. */
function nested(count: number): WireSpan[] {
  return Array.from({ length: count }, (_, level) =>
    span({
      span_name: `level ${level}`,
      span_id: `${level}`,
      parent_span_id: level === 0 ? null : `${level - 1}`,
      start_time: level,
    }),
  );
}

describe("render", () => {
  const parent = span({ span_name: "answer", start_time: 1, duration_ms: 250 });
  const late = span({ span_name: "late", parent_span_id: parent.span_id, start_time: 3 });
  const call = span({
    span_name: "Model.chat",
    span_type: "generation",
    parent_span_id: parent.span_id,
    start_time: 2,
    duration_ms: 41,
    model_id: "gpt-4o-mini",
    usage: { input_tokens: 1200, output_tokens: 34, total_tokens: 1234 },
    cost: { input_cost: 0.00018, output_cost: 0.0000204, total_cost: 0.0002004 },
    input_data: {
      args: ["hi"],
      kwargs: {},
      locals: { request: { n: 1 }, tries: 2 },
      self: { id: 7 },
    },
  });
  const failed = span({
    span_name: "quote",
    parent_span_id: call.span_id,
    status: "error",
    error: { type: "TypeError", message: "no passage", stack: null },
  });

  test("draws children below their parents, in the order of their start", () => {
    const text = render(trace({ trace_name: "ask", spans: [late, failed, parent, call] }));
    const labels = text.split("\n").filter((line) => /─ /.test(line));
    expect(labels).toEqual([
      "└─ answer  span  250 ms",
      "   ├─ Model.chat  generation  gpt-4o-mini  41 ms  1,200 + 34 tokens  $0.0002",
      "   │  └─ quote  span  1.00 s  ✗",
      "   └─ late  span  1.00 s",
    ]);
  });

  test("shows arguments, locals, own fields and the error below the span", () => {
    const lines = render(trace({ spans: [parent, call, failed] })).split("\n");
    const at = lines.findIndex((line) => line.includes("Model.chat"));
    expect(lines.slice(at + 1, at + 7)).toEqual([
      '      │ called with ["hi"]',
      "      │ this.id = 7",
      '      │ request = {"n":1}',
      "      │ tries = 2",
      "      └─ quote  span  1.00 s  ✗",
      "           TypeError: no passage",
    ]);
  });

  test("heads the tree with the trace's figures", () => {
    const [title, about, input, output] = render(
      trace({
        trace_name: "ask",
        user_id: "reader-1",
        session_id: "s",
        spans: [call],
        token_usage: { total_input_tokens: 1200, total_output_tokens: 34, total_tokens: 1234 },
        cost: { total_cost: 0.0002004 },
        trace_input: { question: "why?" },
        trace_output: "because",
      }),
    ).split("\n");
    expect(title).toBe("ask  1.23 s  1 span  1 model call  1,234 tokens  $0.0002");
    expect(about).toMatch(/^│ trace [0-9a-f-]{36} · user reader-1 · session s · project\/test$/);
    expect(input).toBe('│ input = {"question":"why?"}');
    expect(output).toBe('│ output = "because"');
  });

  test("shows every span once, also with a parent that is missing, itself, or below it", () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const spans = [
      span({ span_name: "orphan", parent_span_id: randomUUID() }),
      span({ span_name: "own parent", span_id: a, parent_span_id: a }),
      span({ span_name: "circle 1", span_id: b, parent_span_id: "other" }),
      span({ span_name: "circle 2", span_id: "other", parent_span_id: b }),
      span({ span_name: "below the circle", parent_span_id: b }),
    ];
    const text = render(trace({ spans }));
    for (const { span_name } of spans) expect(text.split(span_name)).toHaveLength(2);
  });

  test("shows every span once, also where several have one id", () => {
    const spans = [
      span({ span_name: "first", span_id: "a", parent_span_id: "b", start_time: 1 }),
      span({ span_name: "second", span_id: "a", parent_span_id: null, start_time: 2 }),
      span({ span_name: "below both", span_id: "b", parent_span_id: "a", start_time: 3 }),
      span({ span_name: "third", span_id: "b", parent_span_id: "a", start_time: 4 }),
    ];
    const text = render(trace({ spans }));
    for (const { span_name } of spans) expect(text.split(span_name)).toHaveLength(2);
  });

  test("begins at the left again every 32 levels, behind their number", () => {
    const lines = render(trace({ spans: nested(34) })).split("\n");
    const at = lines.findIndex((line) => line.includes("level 31"));
    expect(lines.slice(at)).toEqual([
      `${" ".repeat(93)}└─ level 31  span  1.00 s`,
      "⋯32 └─ level 32  span  1.00 s",
      "⋯32    └─ level 33  span  1.00 s",
    ]);
  });

  describe("of 100,000 spans", () => {
    const MANY = 100_000;
    const each = (text: string): number => text.length / MANY;

    test("draws those that are nested, in lines of bounded width", () => {
      const text = render(trace({ spans: nested(MANY) }));
      expect(text).toContain(`└─ level ${MANY - 1}  span`);
      expect(each(text)).toBeLessThan(150);
    });

    test("draws those that are siblings", () => {
      const siblings = nested(MANY).map((one) => ({ ...one, parent_span_id: null }));
      const text = render(trace({ spans: siblings }));
      expect(text).toContain(`\n└─ level ${MANY - 1}  span`);
      expect(each(text)).toBeLessThan(150);
    });

    test("draws those that are nested in a circle, at the top", () => {
      const circle = nested(MANY).map((one) =>
        one.parent_span_id === null ? { ...one, parent_span_id: `${MANY - 1}` } : one,
      );
      const text = render(trace({ spans: circle }));
      expect(text).toContain(`\n└─ level ${MANY - 1}  span`);
    });
  });

  test("shows the total of an event that knows no other count", () => {
    const event = { event_type: "llm_call", trace_id: "t", span_id: "s", tokens_used: 12 };
    expect(render(decode(JSON.stringify(event)))).toContain("12 tokens");
  });

  test("shortens long values, and by whole characters", () => {
    const locals = { long: "👩‍👩‍👧‍👦".repeat(5000) };
    const text = render(
      trace({ spans: [span({ input_data: { args: [], kwargs: {}, locals } })] }),
      {
        valueWidth: 5,
      },
    );
    expect(text).toMatch(/long = "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦…$/u);
  });

  test("lets no control character through, and no colour unless asked", () => {
    const hostile = "\u001b]0;owned\u0007 \u202Ereversed\nnext";
    const spans = [
      span({
        span_name: hostile,
        status: "error",
        error: { type: hostile, message: hostile, stack: null },
        input_data: { args: [hostile], kwargs: {}, locals: { [hostile]: hostile } },
      }),
    ];
    const received = trace({ trace_name: hostile, user_id: hostile, trace_input: hostile, spans });
    // oxlint-disable-next-line no-control-regex -- the characters that must not be there
    expect(render(received)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    const colored = render(received, { color: true });
    expect(colored).toContain("\u001b[1m");
    expect(colored).not.toContain("\u001b]");
  });
});
