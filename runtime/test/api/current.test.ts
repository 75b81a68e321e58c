// currentSpan() and currentTrace(): what a program says of its spans and traces while they run, and
// which traces are kept at all.
import {
  configure,
  currentSpan,
  currentTrace,
  endTrace,
  finalizeAndSend,
  flush,
  startTrace,
  track,
  trackLlm,
  withTrace,
} from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { beforeEach, expect, test } from "vitest";
import type { WireTrace } from "llmops-observability/wire";
import { count } from "../../src/platform/report.ts";

let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  const defaults = { sampleRate: 1, keepErrors: false, enabled: true, graceMs: 5_000 } as const;
  configure({ sink, durability: "memory", projectId: "p", environment: "test", ...defaults });
});

async function traces(): Promise<readonly WireTrace[]> {
  await flush();
  return sink.traces();
}

test("there is no current span or trace outside of them", () => {
  expect(currentSpan()).toBeUndefined();
  expect(currentTrace()).toBeUndefined();
  const before = count("end_without_trace");
  endTrace();
  finalizeAndSend({ traceOutput: "of none" });
  expect(count("end_without_trace")).toBe(before + 3);
});

test("a span's name and ids are those on the wire", async () => {
  let seen: unknown;
  const inner = track(function inner() {
    const span = currentSpan();
    seen = { span_name: span?.name, span_id: span?.spanId, trace_id: span?.traceId };
  });
  withTrace("t", () => {
    expect(currentSpan()).toBeUndefined();
    expect(currentTrace()?.name).toBe("t");
    inner();
  });
  const [trace] = await traces();
  const [span] = trace?.spans ?? [];
  expect(seen).toEqual({
    span_name: "inner",
    span_id: span?.span_id,
    trace_id: trace?.trace_id,
  });
});

test("updates add to what the site says; what is injected stays", async () => {
  const work = track(
    async function work() {
      const span = currentSpan();
      span?.update({ metadata: { step: 1, team: "b", api_key: "abc123def" }, tags: ["x"] });
      await Promise.resolve();
      span?.update({ metadata: { step: 2, environment: "mine" }, level: "WARNING" });
      span?.update({ statusMessage: "half done", tags: ["y"] });
    },
    { metadata: { team: "a", kind: "k" }, tags: ["site"] },
  );
  await work();
  const [span] = (await traces())[0]?.spans ?? [];
  expect(span).toMatchObject({
    metadata: {
      team: "b",
      kind: "k",
      step: 2,
      api_key: "[REDACTED]",
      environment: "test",
      project_id: "p",
    },
    tags: ["site", "x", "y"],
    level: "WARNING",
    status: "success",
    status_message: "half done",
  });
});

test("values are those of the moment in which they are given", async () => {
  const state = { at: 1, list: [1] };
  withTrace({ name: "t", metadata: { state } }, () => {
    track(() => currentSpan()?.update({ metadata: { state } }), { name: "s" })();
    currentTrace()?.update({ input: state });
    state.at = 2;
    state.list.push(2);
  });
  const [trace] = await traces();
  const first = { at: 1, list: [1] };
  expect([
    trace?.metadata["state"],
    trace?.trace_input,
    trace?.spans[0]?.metadata["state"],
  ]).toEqual([first, first, first]);
});

test("tokens and model can be given for an LLM call", async () => {
  const ask = trackLlm(function ask() {
    currentSpan()?.update({
      usage: { inputTokens: 1000, outputTokens: 10 },
      model: "gpt-4o-mini",
    });
    return "an answer";
  });
  withTrace("t", ask);
  const [trace] = await traces();
  expect(trace?.spans[0]).toMatchObject({
    model_id: "gpt-4o-mini",
    usage: { input_tokens: 1000, output_tokens: 10, total_tokens: 1010 },
  });
  expect(trace?.token_usage.total_tokens).toBe(1010);
});

test("parts of given tokens that are larger than the whole are left out", async () => {
  const ask = trackLlm(function ask() {
    const usage = { inputTokens: 10, outputTokens: 2, cachedInputTokens: 99, reasoningTokens: 99 };
    currentSpan()?.update({ usage, model: "gpt-4o-mini" });
  });
  withTrace("t", ask);
  const [trace] = await traces();
  expect(trace?.spans[0]?.usage).toEqual({ input_tokens: 10, output_tokens: 2, total_tokens: 12 });
  expect(trace?.cost.total_cost).toBeCloseTo((10 * 0.15 + 2 * 0.6) / 1e6, 12);
});

test("a trace is named, described and scored", async () => {
  startTrace({ name: "t", userId: "u0", tags: { plan: "free" } });
  const trace = currentTrace();
  trace?.update({ name: "renamed", userId: "u1", sessionId: "s", metadata: { a: 1 }, tags: ["x"] });
  trace?.score({ name: "helpful", value: 0.5, comment: "so so" });
  trace?.score({ name: "passed", value: true });
  finalizeAndSend({ traceInput: { q: 1 }, traceOutput: "answer" });
  expect((await traces())[0]).toMatchObject({
    trace_name: "renamed",
    user_id: "u1",
    session_id: "s",
    metadata: { plan: "free", a: 1 },
    tags: ["x"],
    trace_input: { q: 1 },
    trace_output: "answer",
    scores: [
      { name: "helpful", value: 0.5, comment: "so so" },
      { name: "passed", value: true, comment: null },
    ],
  });
});

test("wrong types and late words are no errors, and change nothing", async () => {
  const odd = [null, 1, "text", [], { tags: 1, level: "LOUD", usage: { inputTokens: -1 } }];
  let span: ReturnType<typeof currentSpan>;
  const work = track(function work() {
    span = currentSpan();
    for (const update of odd) span?.update(update as never);
    for (const score of [...odd, { value: 1 }]) currentTrace()?.score(score as never);
    currentTrace()?.update({ metadata: [], userId: 5 } as never);
    return 1;
  });
  withTrace({ name: "t", projectId: 7, tags: 3 } as never, work);
  const [trace] = await traces();
  const before = count("late_update");
  span?.update({ metadata: { late: true } });
  expect(count("late_update")).toBe(before + 2);
  expect(trace?.spans[0]).toMatchObject({ level: "DEFAULT", tags: [], usage: null });
  expect(trace).toMatchObject({ project_id: "p", tags: [], user_id: null });
  expect(trace?.scores).toBeUndefined();
});

test("a sample rate of 0 sends nothing, and no part of a trace", async () => {
  configure({ sampleRate: 0 });
  const inner = track(() => 1);
  const outer = track(async () => inner());
  startTrace("t");
  inner();
  endTrace();
  await outer();
  expect(await traces()).toEqual([]);
});

test("traces that fail are kept where asked, with all their values", async () => {
  configure({ sampleRate: 0, keepErrors: true });
  const fails = track(function fails(value: number) {
    if (value > 1) throw new Error("too large");
    return value;
  });
  const runs = track((value: number) => fails(value), { name: "runs" });
  runs(1);
  expect(() => runs(2)).toThrow("too large");
  const kept = await traces();
  expect(kept.length).toBe(1);
  expect(kept[0]?.spans.map(({ span_name, input_data }) => [span_name, input_data.args])).toEqual([
    ["runs", [2]],
    ["fails", [2]],
  ]);
});

test("half of the traces, decided for each when it starts", async () => {
  configure({ sampleRate: 0.5 });
  const leaf = track(() => 1, { name: "leaf" });
  const root = track(() => leaf(), { name: "root" });
  for (let run = 0; run < 400; run++) root();
  const sent = await traces();
  expect(sent.length).toBeGreaterThan(100);
  expect(sent.length).toBeLessThan(300);
  for (const { spans } of sent) expect(spans.length).toBe(2);
});

test("work that outlives its trace goes on in the trace around it", async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const step = track(() => currentTrace()?.name, { name: "step" });
  await withTrace("outer", async () => {
    startTrace("inner");
    const running = gate.then(step);
    endTrace();
    open();
    expect(await running).toBe("outer");
  });
  const all = await traces();
  expect(all.map(({ trace_name, spans }) => [trace_name, spans.length])).toEqual([
    ["inner", 0],
    ["outer", 1],
  ]);
});

test("a trace that is ended twice is sent once", async () => {
  withTrace("t", () => {
    finalizeAndSend({ traceOutput: "first" });
    finalizeAndSend({ traceOutput: "second" });
  });
  expect((await traces()).map(({ trace_output }) => trace_output)).toEqual(["first"]);
  expect(sink.messages()).toHaveLength(1);
});

test("what closes late is sent although another span never closes", async () => {
  configure({ graceMs: 10 });
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const late = track((until: Promise<void>) => until, { name: "late" });
  startTrace("t");
  const closes = late(gate);
  void late(new Promise<void>(() => {}));
  endTrace();
  await new Promise((resolve) => setTimeout(resolve, 40));
  open();
  await closes;
  for (let waits = 0; waits < 100 && sink.messages().length < 2; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await flush();
  }
  const [trace] = await traces();
  expect(trace?.spans.map(({ unfinished }) => unfinished === true).toSorted()).toEqual([
    false,
    true,
  ]);
});

test("what closes after its trace was sent follows, and is put together", async () => {
  configure({ graceMs: 10 });
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const slow = track(async function slow() {
    await gate;
    return "late";
  });
  const quick = track(() => 1, { name: "quick" });
  startTrace("t");
  const running = slow();
  quick();
  endTrace();
  await new Promise((resolve) => setTimeout(resolve, 40));
  await flush();
  expect(sink.messages().length).toBe(1);
  expect(sink.traces()[0]?.spans.find(({ span_name }) => span_name === "slow")).toMatchObject({
    status: "error",
    status_message: "unfinished",
    unfinished: true,
  });
  open();
  await running;
  await new Promise((resolve) => setTimeout(resolve, 40));
  const [trace, ...others] = await traces();
  expect(sink.messages().length).toBe(2);
  expect(others).toEqual([]);
  expect(trace?.total_spans).toBe(2);
  const [late] = trace?.spans.filter(({ span_name }) => span_name === "slow") ?? [];
  expect(late).toMatchObject({ status: "success", output_data: { output: "late" } });
  expect(late?.unfinished).toBeUndefined();
});
