// `createHandler`: which messages have to come again, which sink gets what, and how often.
import { gzipSync } from "node:zlib";
import { ConfigError, createHandler, memoryStore, type Store } from "llmops-processor";
import { describe, expect, test, vi } from "vitest";
import { span, trace } from "../setup.ts";
import { always, bodyOf, failuresOf, fakeSink, listening, record, recordOf } from "./setup.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const packed = (text: string): string =>
  JSON.stringify({
    compressed: true,
    data: gzipSync(text).toString("base64"),
    trace_id: "t",
    type: "trace",
  });

describe("a batch", () => {
  test("goes to every sink, decoded, with its text and digest", async () => {
    const [one, other] = [fakeSink("one"), fakeSink("other")];
    const sent = trace({ spans: [span()] });
    const body = await bodyOf(sent);
    const handler = createHandler({ sinks: [one, other] });
    expect(await handler({ Records: [record(body)] })).toEqual({ batchItemFailures: [] });
    for (const sink of [one, other]) {
      expect(sink.calls).toEqual([[sent.trace_id]]);
      const [entry] = sink.entries;
      expect(entry).toMatchObject({ traceId: sent.trace_id, body, trace: sent });
      expect(entry?.digest).toMatch(/^[0-9a-f]{16}$/);
      expect(entry?.id).toMatch(/^[\w-]{1,80}$/);
    }
    expect(handler.stats()).toEqual({
      messages: 1,
      poison: 0,
      duplicates: 0,
      sinks: {
        one: { sent: 1, skipped: 0, rejected: 0, failed: 0 },
        other: { sent: 1, skipped: 0, rejected: 0, failed: 0 },
      },
    });
  });

  test("of none is a success, and what is no SQS event is refused", async () => {
    const handler = createHandler({ sinks: [fakeSink()], onError: () => undefined });
    expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] });
    for (const event of [undefined, null, {}, { Records: 3 }])
      await expect(handler(event as never)).rejects.toThrow(/SQS event.*LLMOPS4006/);
  });

  test("is read in both forms, with both types, uncompressed too", async () => {
    const sink = fakeSink();
    const [plain, older] = [trace({ spans: [span()] }), trace({ spans: [span()] })];
    const olderBody = (await bodyOf(older)).replace('"type":"trace"', '"type":"SDKTraceData"');
    const event = { event_type: "llm_call", trace_id: "t", span_id: "s", tokens_used: 3 };
    const bodies = [JSON.stringify(plain), olderBody, JSON.stringify(event)];
    const handler = createHandler({ sinks: [sink] });
    expect(failuresOf(await handler({ Records: bodies.map(record) }))).toEqual([]);
    expect(sink.taken).toEqual([plain.trace_id, older.trace_id, "t"]);
    expect(sink.entries.at(-1)).toMatchObject({ event: "llm_call" });
  });

  test("says which part a message is, and that it is late", async () => {
    const sink = fakeSink();
    const late = trace({ spans: [span()], late: true });
    const [first, second] = [1, 2].map((part) =>
      JSON.stringify({ ...(JSON.parse(packed(JSON.stringify(late))) as object), part, parts: 2 }),
    );
    await createHandler({ sinks: [sink] })({
      Records: [first, second].map((b) => record(b ?? "")),
    });
    expect(sink.entries.map(({ part, parts, late: is }) => [part, parts, is])).toEqual([
      [1, 2, true],
      [2, 2, true],
    ]);
  });
});

const deep = `{"trace_id":"t","spans":[],"trace_input":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
const oneSpan = (fields: object): string =>
  JSON.stringify({ trace_id: "t", spans: [{ span_id: "s", ...fields }] });
const POISON: readonly (readonly [string, unknown])[] = [
  ["no JSON", "secret words"],
  ["a list", "[]"],
  ["null", "null"],
  ["no body", undefined],
  ["an unknown type", '{"type":"secret words"}'],
  ["no base64", '{"compressed":true,"data":"secret words"}'],
  ["gzip of no JSON", packed("secret words")],
  ["gzip of no trace", packed('{"a":1}')],
  ["a bomb", packed(JSON.stringify({ trace_id: "t", spans: [], trace_input: "0".repeat(2e6) }))],
  ["nested too deeply", deep],
  ["an empty trace id", '{"trace_id":"","spans":[]}'],
  ["an event of no trace", '{"event_type":"span_created","span_id":"s"}'],
  ["an event of no span", '{"event_type":"llm_call","trace_id":"t"}'],
  ["a span that is null", '{"trace_id":"t","spans":[null]}'],
  ["a span without an id", '{"trace_id":"t","spans":[{}]}'],
  ["a time that is a text", oneSpan({ start_time: "secret words" })],
  ["tags that are a text", oneSpan({ tags: "secret words" })],
  ["a level that is a number", oneSpan({ level: 3 })],
  ["a model that is a list", oneSpan({ model_id: ["secret words"] })],
];

describe("poison", () => {
  test.each(POISON)("%s: reported, given to no sink, and stops no other", async (_, body) => {
    const sink = fakeSink();
    const { onError, heard } = listening();
    const [before, after] = [await recordOf(), await recordOf()];
    const poison = { messageId: "poison", body };
    const handler = createHandler({ sinks: [sink], onError, maxTraceBytes: 1_000_000 });
    const answer = await handler({ Records: [before, poison as never, after] });
    expect(failuresOf(answer)).toEqual(["poison"]);
    expect(sink.taken).toHaveLength(2);
    expect(heard).toMatchObject([{ code: "LLMOPS4001", messageId: "poison" }]);
    expect(heard[0]?.reason).not.toContain("secret");
    expect(handler.stats()).toMatchObject({ messages: 3, poison: 1 });
  });

  test("what others write sparsely is none", async () => {
    const sink = fakeSink();
    const sparse = oneSpan({ tags: [1, null], usage: null, metadata: null, level: "TRACE" });
    const answer = await createHandler({ sinks: [sink] })({ Records: [record(sparse)] });
    expect(failuresOf(answer)).toEqual([]);
  });
});

describe("a message that comes again", () => {
  test("is not sent again, however it was compressed, 14 days later too", async () => {
    const sink = fakeSink();
    const handler = createHandler({ sinks: [sink] });
    const sent = trace({ spans: [span()] });
    await handler({ Records: [record(await bodyOf(sent))] });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 14 * 24 * 3_600_000 });
    try {
      const answer = await handler({ Records: [record(packed(JSON.stringify(sent)))] });
      expect(failuresOf(answer)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
    expect(sink.calls).toHaveLength(1);
    expect(handler.stats()).toMatchObject({ messages: 2, duplicates: 1 });
  });

  test("twice in one batch is sent once, and both share the outcome", async () => {
    const sink = fakeSink();
    const body = await bodyOf(trace({ spans: [span()] }));
    const handler = createHandler({ sinks: [sink], onError: () => undefined });
    const twice = [record(body), record(body)];
    sink.answer = always({ state: "rejected", reason: "no" });
    expect(failuresOf(await handler({ Records: twice }))).toEqual(
      twice.map(({ messageId }) => messageId),
    );
    sink.answer = always({ state: "sent" });
    expect(failuresOf(await handler({ Records: twice }))).toEqual([]);
    expect(sink.calls.map((call) => call.length)).toEqual([1, 1]);
  });

  test("goes to the sinks alone that do not have it", async () => {
    const [well, ill] = [fakeSink("well"), fakeSink("ill")];
    ill.answer = always({ state: "retry", reason: "down", pace: "refused" });
    const { onError, heard } = listening();
    const handler = createHandler({ sinks: [well, ill], onError });
    const one = await recordOf();
    expect(failuresOf(await handler({ Records: [one] }))).toEqual([one.messageId]);
    expect(heard).toMatchObject([
      { code: "LLMOPS4002", sink: "ill", messageId: one.messageId, reason: "down" },
    ]);
    ill.answer = always({ state: "sent" });
    expect(failuresOf(await handler({ Records: [one] }))).toEqual([]);
    expect(well.taken).toHaveLength(1);
    expect(ill.taken).toHaveLength(1);
  });

  test("with two invocations at it, one sends, the other reports it", async () => {
    const sink = fakeSink();
    const store = memoryStore();
    let answer: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (answer = resolve));
    sink.answer = async (entries) => {
      await gate;
      return entries.map(() => ({ state: "sent" }));
    };
    const options = { sinks: [sink], store, onError: () => undefined };
    const one = await recordOf();
    const first = createHandler(options)({ Records: [one] });
    const second = await createHandler(options)({ Records: [one] });
    expect(failuresOf(second)).toEqual([one.messageId]);
    answer?.();
    expect(failuresOf(await first)).toEqual([]);
    expect(sink.calls).toHaveLength(1);
  });
});

describe("a sink", () => {
  test.each([
    ["throws", () => Promise.reject(new Error("no"))],
    ["hangs", never],
    ["answers nothing", () => undefined],
    ["answers too little", () => []],
    ["answers nonsense", (entries: readonly unknown[]) => entries.map(() => "sent")],
  ])("that %s fails its own messages alone", async (_, answer) => {
    const [well, ill] = [fakeSink("well"), fakeSink("ill")];
    ill.answer = answer;
    const handler = createHandler({
      sinks: [well, { name: "ill", send: (...sent) => ill.answer(...sent) as never }],
      onError: () => undefined,
      sinkTimeoutMs: 30,
      attempts: 2,
    });
    const records = [await recordOf(), await recordOf()];
    expect(failuresOf(await handler({ Records: records }))).toEqual(
      records.map(({ messageId }) => messageId),
    );
    expect(well.taken).toHaveLength(2);
    expect(handler.stats().sinks).toMatchObject({ well: { sent: 2 }, ill: { failed: 2 } });
  });

  test("is asked again for what failed alone", async () => {
    const sink = fakeSink();
    const handler = createHandler({ sinks: [sink] });
    sink.answer = (entries) =>
      entries.map((_, at) =>
        at === 1 && sink.calls.length === 1 ? { state: "retry", reason: "503" } : { state: "sent" },
      );
    const records = [await recordOf(), await recordOf(), await recordOf()];
    expect(failuresOf(await handler({ Records: records }))).toEqual([]);
    expect(sink.calls.map((call) => call.length)).toEqual([3, 1]);
    expect(sink.taken).toHaveLength(3);
  });

  test("that fails is asked as often as `attempts` says, and not where that is no use", async () => {
    const callsAt = async (outcome: object): Promise<number> => {
      const sink = fakeSink();
      sink.answer = always({ state: "retry", reason: "no", ...outcome } as never);
      const handler = createHandler({ sinks: [sink], onError: () => undefined });
      await handler({ Records: [await recordOf()] }, { getRemainingTimeInMillis: () => 4000 });
      return sink.calls.length;
    };
    expect(await callsAt({})).toBe(3);
    expect(await callsAt({ pace: "refused" })).toBe(1);
    expect(await callsAt({ pace: "throttled", retryAfterMs: 50 })).toBe(3);
    expect(await callsAt({ pace: "throttled", retryAfterMs: 60_000 })).toBe(1);
    expect(await callsAt({ state: "rejected" })).toBe(1);
  });

  test("that refuses one trace for good holds up no other, and gets it no second time from the healthy ones", async () => {
    const [well, strict] = [fakeSink("well"), fakeSink("strict")];
    const [good, bad] = [await recordOf(), await recordOf({ trace_name: "bad" })];
    strict.answer = (entries) =>
      entries.map(({ trace: { trace_name: name } }) =>
        name === "bad" ? { state: "rejected", reason: "HTTP400" } : { state: "sent" },
      );
    const handler = createHandler({ sinks: [well, strict], onError: () => undefined });
    for (let time = 0; time < 3; time++)
      expect(failuresOf(await handler({ Records: [good, bad] }))).toEqual([bad.messageId]);
    expect(well.taken).toHaveLength(2);
    expect(strict.taken).toHaveLength(1);
    expect(handler.stats().sinks["strict"]).toMatchObject({ sent: 1, rejected: 3 });
  });

  test("may skip what it can never take: nobody waits for it, and it is said", async () => {
    const sink = fakeSink();
    sink.answer = always({ state: "skipped", reason: "older than 24 h" });
    const { onError, heard } = listening();
    const handler = createHandler({ sinks: [sink], onError });
    expect(failuresOf(await handler({ Records: [await recordOf()] }))).toEqual([]);
    expect(heard).toMatchObject([{ code: "LLMOPS4005", reason: "older than 24 h" }]);
    expect(handler.stats().sinks["fake"]).toMatchObject({ skipped: 1 });
  });

  test("that fails five times in a row is left alone, then tried once", async () => {
    vi.useFakeTimers({ toFake: ["performance", "Date"] });
    try {
      const sink = fakeSink();
      sink.answer = always({ state: "retry", reason: "down", pace: "refused" });
      const { onError, heard } = listening();
      const handler = createHandler({ sinks: [sink], onError });
      for (let time = 0; time < 8; time++) await handler({ Records: [await recordOf()] });
      expect(sink.calls).toHaveLength(5);
      expect(heard.filter(({ code }) => code === "LLMOPS4003")).toHaveLength(1);
      vi.advanceTimersByTime(10_001);
      await handler({ Records: [await recordOf()] });
      vi.advanceTimersByTime(10_001);
      await handler({ Records: [await recordOf()] });
      expect(sink.calls, "left alone for twice as long").toHaveLength(6);
      vi.advanceTimersByTime(10_001);
      sink.answer = always({ state: "sent" });
      expect(failuresOf(await handler({ Records: [await recordOf()] }))).toEqual([]);
      expect(heard.filter(({ code }) => code === "LLMOPS4003")).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the time of an invocation", () => {
  test("is kept to: what is unfinished is aborted and reported", async () => {
    const [fast, slow] = [fakeSink("fast"), fakeSink("slow")];
    let aborted = false;
    slow.answer = (_, { signal }) => {
      signal.addEventListener("abort", () => (aborted = true));
      return never();
    };
    const handler = createHandler({ sinks: [fast, slow], onError: () => undefined });
    const one = await recordOf();
    const began = performance.now();
    const answer = await handler({ Records: [one] }, { getRemainingTimeInMillis: () => 1300 });
    expect(performance.now() - began).toBeLessThan(1300);
    expect(failuresOf(answer)).toEqual([one.messageId]);
    expect(aborted).toBe(true);
    slow.answer = always({ state: "sent" });
    expect(failuresOf(await handler({ Records: [one] }))).toEqual([]);
    expect(fast.taken).toHaveLength(1);
  });

  test("ends the lease of what a killed function held", async () => {
    const store = memoryStore();
    const stuck = fakeSink();
    stuck.answer = never;
    const one = await recordOf();
    const dead = createHandler({ sinks: [stuck], store, reserveMs: 1, onError: () => undefined });
    void dead({ Records: [one] }, { getRemainingTimeInMillis: () => 60_000 });
    const sink = fakeSink();
    const handler = createHandler({ sinks: [sink], store, onError: () => undefined });
    expect(failuresOf(await handler({ Records: [one] }))).toEqual([one.messageId]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_001 });
    try {
      expect(failuresOf(await handler({ Records: [one] }))).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a sink that answers after it is marked all the same", async () => {
    const sink = fakeSink();
    let answer: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (answer = resolve));
    sink.answer = async (entries) => {
      await gate;
      return entries.map(() => ({ state: "sent" }));
    };
    const handler = createHandler({ sinks: [sink], onError: () => undefined, reserveMs: 1 });
    const one = await recordOf();
    await handler({ Records: [one] }, { getRemainingTimeInMillis: () => 50 });
    answer?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(failuresOf(await handler({ Records: [one] }))).toEqual([]);
    expect(sink.calls).toHaveLength(1);
  });

  test("that is up before the store answers: nothing is sent any more", async () => {
    const store = memoryStore();
    const slow: Store = {
      ...store,
      begin: async (key, leaseMs) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return store.begin(key, leaseMs);
      },
    };
    const sink = fakeSink();
    const handler = createHandler({
      sinks: [sink],
      store: slow,
      reserveMs: 1,
      onError: () => undefined,
    });
    const one = await recordOf();
    const answer = await handler({ Records: [one] }, { getRemainingTimeInMillis: () => 30 });
    expect(failuresOf(answer)).toEqual([one.messageId]);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(sink.calls).toEqual([]);
  });
});

describe("configuration", () => {
  const refusal = (options: object): unknown => {
    try {
      return createHandler(options);
    } catch (error) {
      return error;
    }
  };
  test.each([
    ["no sink", { sinks: [] }, /sinks/],
    ["two of a name", { sinks: [fakeSink("a"), fakeSink("a")] }, /name a/],
    ["no attempts", { sinks: [fakeSink()], attempts: 0 }, /attempts/],
    ["a time that is none", { sinks: [fakeSink()], sinkTimeoutMs: Number.NaN }, /sinkTimeoutMs/],
  ])("%s is refused at once", (_, options, sentence) => {
    const error = refusal(options);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(sentence);
    expect(String(error)).toContain("LLMOPS4007");
  });

  test("an onError that throws changes nothing", async () => {
    const handler = createHandler({
      sinks: [fakeSink()],
      onError: () => {
        throw new Error("own");
      },
    });
    expect(failuresOf(await handler({ Records: [{ messageId: "p", body: "" }] }))).toEqual(["p"]);
  });
});
