// Delivery by its store: one that fails, and the whole of a trace for sinks that want it.
import { encode } from "llmops-observability/wire";
import { createHandler, memoryStore, type Store } from "llmops-processor";
import { describe, expect, test } from "vitest";
import { span, trace } from "../setup.ts";
import { bodyOf, failuresOf, fakeSink, listening, record, recordOf } from "./setup.ts";

describe("a store", () => {
  test.each(["begin", "finish", "keep"] as const)(
    "that fails to %s: reported, never lost",
    async (what) => {
      const store: Store = { ...memoryStore(), [what]: () => Promise.reject(new Error("down")) };
      const { onError, heard } = listening();
      const sink = fakeSink("fake", { whole: true });
      const handler = createHandler({ sinks: [sink], store, onError });
      const one = await recordOf();
      expect(failuresOf(await handler({ Records: [one] }))).toEqual([one.messageId]);
      expect(heard).toMatchObject([{ code: "LLMOPS4004", sink: "fake", messageId: one.messageId }]);
    },
  );

  test("makes the whole of a trace for sinks that want it, in any order", async () => {
    const sink = fakeSink("whole", { whole: true });
    const whole = trace({ spans: Array.from({ length: 40 }, () => span()) });
    const json = JSON.stringify(whole)
      .replace('"spans":[', '"spans":[\t')
      .replaceAll('},{"span_id"', '},\t{"span_id"')
      .replace(
        '],"metadata":{},"tags":[],"total_spans"',
        '\t],"metadata":{},"tags":[],"total_spans"',
      );
    const bodies = await encode(whole.trace_id, json, { limit: 1000 });
    expect(bodies.length).toBeGreaterThan(3);
    const store = memoryStore();
    for (const body of bodies.toReversed())
      await createHandler({ sinks: [sink], store })({ Records: [record(body)] });
    expect(sink.entries).toHaveLength(bodies.length);
    expect(sink.entries.at(-1)?.trace.spans).toHaveLength(40);
  });

  test("lets two invocations at one trace take turns, so that none overwrites more with less", async () => {
    const store = memoryStore();
    const id = trace().trace_id;
    const bodies = await Promise.all(
      Array.from({ length: 6 }, () => bodyOf(trace({ trace_id: id, spans: [span()], late: true }))),
    );
    let written = 0;
    const sink = fakeSink("whole", { whole: true });
    sink.answer = async (entries) => {
      for (const { trace: now } of entries) {
        await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
        expect(now.spans.length).toBeGreaterThan(written);
        written = now.spans.length;
      }
      return entries.map(() => ({ state: "sent" }));
    };
    const answers = await Promise.all(
      bodies.map((body) => createHandler({ sinks: [sink], store })({ Records: [record(body)] })),
    );
    expect(answers.flatMap(failuresOf)).toEqual([]);
    expect(written).toBe(6);
  });
});
