import type { Json } from "llmops-observability/wire";
import { expect, test } from "vitest";
import type { StoreChange } from "../../src/store.ts";
import { coming, found, generation, storeIn, T0, trace } from "./setup.ts";

test("a trace is there as it came, to each value", async () => {
  const store = await storeIn();
  const odd = JSON.parse(
    '{"__proto__":{"a":1},"constructor":"c","\\u0000":"\\ud800","1":1e300}',
  ) as Json;
  const one = trace("a", [
    { span_id: "1", input_data: { args: [odd], kwargs: {}, locals: { odd } } },
  ]);
  expect(await store.ingest(coming(one))).toEqual({ imported: 1, updated: 0 });
  expect(JSON.stringify(await store.wireTrace("a"))).toBe(JSON.stringify(one));
  expect(JSON.stringify((await store.span("a", "1"))?.input_data)).toBe(
    JSON.stringify(one.spans[0]?.input_data),
  );
});

test("parts in any order, some of them twice, are one trace; replayed, nothing changes", async () => {
  const store = await storeIn();
  const spans = Array.from({ length: 40 }, (_, at) => ({
    ...generation(`s${at}`, at === 0 ? null : "s0", 10),
    start_time: T0 + at,
    end_time: T0 + at + 1,
  }));
  const totals = { total_spans: 40, total_generations: 40 };
  const pieces = [0, 10, 20, 30].map((at) => trace("a", spans.slice(at, at + 10), totals));
  const parts = pieces.map((piece, at) => ({
    trace: piece,
    source: "sqs" as const,
    part: at + 1,
    parts: pieces.length,
  }));
  const changes: StoreChange[] = [];
  await store.ingest(parts.slice(1).toReversed());
  expect((await store.trace("a"))?.status).toBe("running");
  expect((await store.trace("a"))?.parts).toEqual({ have: parts.length - 1, of: parts.length });
  await store.ingest(parts.slice(0, 1));
  const before = await store.trace("a");
  store.onChange((change) => changes.push(change));
  expect(await store.ingest([...parts, ...parts])).toEqual({ imported: 0, updated: 1 });
  expect(await store.trace("a")).toEqual(before);
  expect(changes).toEqual([]);
  expect(before).toMatchObject({
    spans: 40,
    generations: 40,
    // The first is above the others and tells of its own what they tell.
    total_tokens: 390,
    status: "success",
    unfinished: false,
    parts: { have: parts.length, of: parts.length },
  });
  expect((await store.wireTrace("a"))?.spans).toEqual(trace("a", spans).spans);
});

test("a closed span takes the place of the unfinished one, and not the other way round", async () => {
  const store = await storeIn();
  const open = trace("a", [
    {
      span_id: "1",
      unfinished: true,
      status: "error",
      input_data: { args: ["halfway"], kwargs: {}, locals: {} },
    },
  ]);
  const closed = trace("a", [{ span_id: "1", output_data: { output: "arrived" } }], { late: true });
  await store.ingest(coming(open));
  expect(await store.trace("a")).toMatchObject({ status: "running", unfinished: true, errors: 0 });
  expect(await found(store, "halfway")).toEqual(["a"]);
  await store.ingest(coming(closed));
  await store.ingest(coming(trace("a", [{ span_id: "1", unfinished: true, status: "error" }])));
  expect(await store.trace("a")).toMatchObject({ status: "success", unfinished: false, spans: 1 });
  expect((await store.span("a", "1"))?.output_data.output).toBe("arrived");
  expect(await found(store, "halfway")).toEqual([]);
  expect(await found(store, "arrived")).toEqual(["a"]);
});

test("batches of other writers, each with what it knows, are one trace", async () => {
  const store = await storeIn();
  const child = trace("a", [{ span_id: "2", parent_span_id: "1" }], {
    trace_name: "",
    start_time: T0 + 1,
    end_time: T0 + 2,
    metadata: { b: 2 },
    tags: ["y"],
  });
  const root = trace("a", [{ span_id: "1" }], {
    start_time: T0,
    end_time: T0 + 1.5,
    metadata: { a: 1 },
    tags: ["x"],
  });
  for (const batch of [child, root, child]) await store.ingest([{ trace: batch, source: "otlp" }]);
  expect(await store.trace("a")).toMatchObject({
    name: "trace a",
    started: T0,
    duration_ms: 2000,
    spans: 2,
    metadata: { a: 1, b: 2 },
    tags: ["y", "x"],
  });
});

test("what is deeper than readers can take is cut there, and says so", async () => {
  const store = await storeIn();
  const deep = JSON.parse(`${"[".repeat(400)}"end"${"]".repeat(400)}`) as Json;
  await store.ingest(coming(trace("a", [{ span_id: "1", output_data: { output: deep } }])));
  const text = JSON.stringify(await store.wireTrace("a"));
  expect(text).toContain('{"_truncated":true}');
  expect(text).not.toContain('"end"');
  expect(await found(store, "has:truncated")).toEqual(["a"]);
});

test("news tell what the list shows, and which functions came", async () => {
  const store = await storeIn();
  const changes: StoreChange[] = [];
  const stop = store.onChange((change) => changes.push(change));
  const code = {
    function: "pay",
    file: "src/pay.ts",
    line: 3,
    column: 1,
    site: "src/pay.ts#pay",
    hash: "h1",
  };
  await store.ingest(coming(trace("a", [{ span_id: "1", code }])));
  await store.remove({ ids: ["a", "none"] });
  stop();
  await store.ingest(coming(trace("b", [])));
  expect(changes).toMatchObject([
    { changed: [{ trace_id: "a" }], removed: [], hashes: ["h1"] },
    { changed: [], removed: ["a"], hashes: [] },
  ]);
});

test("what is removed is found by nothing any more, and may come again", async () => {
  const store = await storeIn();
  const one = trace("a", [{ span_id: "1", output_data: { output: "needle" } }], { user_id: "ada" });
  await store.ingest(coming(one, trace("b", [])));
  expect(await store.remove({ q: "user:ada" })).toEqual(["a"]);
  expect(await found(store, "needle")).toEqual([]);
  expect(await store.trace("a")).toBeUndefined();
  expect((await store.facets()).user).toEqual([]);
  expect(await store.ingest(coming(one))).toEqual({ imported: 1, updated: 0 });
  expect(await found(store, "needle user:ada")).toEqual(["a"]);
  expect((await store.remove({ q: "" })).toSorted()).toEqual(["a", "b"]);
});
