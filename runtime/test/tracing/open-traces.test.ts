// What the spans of open traces may hold of the memory, all together.
import {
  configure,
  currentSpan,
  currentTrace,
  endTrace,
  finalizeAndSend,
  flush,
  shutdown,
  startTrace,
  track,
  trackLlm,
  withTrace,
} from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { beforeEach, expect, test } from "vitest";
import type { WireTrace } from "../../src/wire/message.ts";

let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, durability: "memory", limits: { openTraces: 100_000 } });
});

const small = track(function small(value: unknown) {
  return value;
});

const ask = trackLlm(function ask(request: object, choices: unknown) {
  return { id: "1", object: "chat.completion", created: 0, model: "gpt-5", request, choices };
});

async function sent(name: string): Promise<WireTrace> {
  await flush();
  const trace = sink.traces().find(({ trace_name }) => trace_name === name);
  if (trace === undefined) throw new Error(`no trace ${name}`);
  return trace;
}

test.each<[string, () => unknown]>([
  ["small values", () => small({ id: 1, text: "word ".repeat(20) })],
  ["large values", () => small("word ".repeat(2000))],
  [
    "answers of models",
    () => {
      const choices = [{ index: 0, message: { role: "assistant", content: "word ".repeat(400) } }];
      ask({ model: "gpt-5", messages: [{ role: "user", content: "word ".repeat(400) }] }, choices);
    },
  ],
  [
    "updates of spans",
    () => {
      const talking = track(function talking() {
        currentSpan()?.update({ metadata: { text: "word ".repeat(400) } });
      });
      talking();
    },
  ],
  [
    "errors",
    () => {
      const failing = track(function failing() {
        throw new Error("word ".repeat(200));
      });
      expect(failing).toThrow("word");
    },
  ],
])("beyond the limit spans are left out and counted: %s", async (_, call) => {
  startTrace("much");
  for (let n = 0; n < 1000; n++) call();
  endTrace();
  const { spans, dropped } = await sent("much");
  expect(spans.length).toBeGreaterThan(4);
  expect(spans.length).toBeLessThan(250);
  expect(dropped).toEqual({ spans: 1000 - spans.length });
});

test("functions go on when there is no room, and what traces held is free when they end", async () => {
  withTrace("holds all", () => {
    for (let n = 0; n < 50; n++) small("x".repeat(10_000));
    withTrace("beside", () => expect(small({ still: "works" })).toEqual({ still: "works" }));
  });
  withTrace("afterwards", () => small("z"));
  expect(await sent("beside")).toMatchObject({ spans: [], dropped: { spans: 1 } });
  const { spans, dropped } = await sent("afterwards");
  expect(spans).toHaveLength(1);
  expect(dropped).toBeUndefined();
});

test("calls outside of any trace that do not end take no more room, and give it back", async () => {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const waits = track(async function waits(text: string) {
    await ended;
    return text.length;
  });
  const running = Array.from({ length: 200 }, () => waits("x".repeat(1000)));
  expect(small(1)).toBe(1);
  end();
  expect(await Promise.all(running)).toEqual(running.map(() => 1000));
  small(2);
  await flush();
  const traces = sink.traces();
  expect(traces.filter(({ trace_name }) => trace_name === "waits").length).toBeGreaterThan(10);
  expect(traces.length).toBeLessThan(100);
  expect(traces.every(({ spans }) => spans.length === 1)).toBe(true);
  const last = traces.filter(({ trace_name }) => trace_name === "small");
  expect(last.map(({ spans }) => spans[0]?.input_data.args)).toEqual([[2]]);
});

test("what is told of open traces counts, and a trace that begins without room is recorded by name", async () => {
  const never = new Promise(() => {});
  const metadata = { text: "word ".repeat(2000) };
  for (let n = 0; n < 50; n++) void withTrace({ name: "never ends", metadata }, () => never);
  withTrace({ name: "late", userId: "user", metadata }, () => {
    small(1);
    currentTrace()?.update({ sessionId: "session" });
  });
  expect(await sent("late")).toMatchObject({
    user_id: "user",
    session_id: null,
    metadata: {},
    dropped: { spans: 1 },
  });
  startTrace("output");
  finalizeAndSend({ traceOutput: "kept" });
  expect(await sent("output")).toMatchObject({ trace_output: "kept" });
  // Ends the traces that never end, which frees their room.
  await shutdown();
  configure({ sink });
  withTrace({ name: "afterwards", metadata }, () => small(2));
  expect(await sent("afterwards")).toMatchObject({ metadata, spans: [{ span_name: "small" }] });
});

test("a trace that begins without room is kept from its first span on", async () => {
  const never = new Promise(() => {});
  let end = (): void => {};
  const full = withTrace("full", () => {
    for (let n = 0; n < 50; n++) small("x".repeat(10_000));
    return new Promise<void>((resolve) => (end = resolve));
  });
  startTrace("begins late");
  end();
  await full;
  void track(() => never, { name: "never ends" })();
  await shutdown();
  expect(sink.traces().map(({ trace_name }) => trace_name)).toContain("begins late");
});

test("traces that end while functions still run give their room back", async () => {
  const slow = track(async function slow(text: string) {
    await new Promise((done) => setTimeout(done, 5));
    return text;
  });
  configure({ graceMs: 1 });
  for (let round = 0; round < 20; round++) {
    const running = withTrace("ends early", () => {
      for (let n = 0; n < 4; n++) small("x".repeat(10_000));
      return [slow("y".repeat(10_000))];
    });
    await running[0];
  }
  await flush();
  expect(sink.traces().filter(({ dropped }) => dropped !== undefined)).toEqual([]);
});
