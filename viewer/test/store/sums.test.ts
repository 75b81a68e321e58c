import { beforeAll, expect, test } from "vitest";
import type { Store } from "../../src/store.ts";
import { coming, generation, openScratch, T0, trace } from "./setup.ts";

let store: Store;

const code = (name: string, hash: string): object => ({
  code: { function: name, file: "src/a.ts", line: 1, column: 1, site: `src/a.ts#${name}`, hash },
});

beforeAll(async () => {
  const opened = await openScratch();
  ({ store } = opened);
  const failed = (id: string, message: string): object => ({
    span_id: id,
    status: "error",
    error: { type: "TypeError", message, stack: null },
    ...code("load", "h3"),
  });
  await store.ingest(
    coming(
      trace(
        "a",
        [
          {
            span_id: "root",
            duration_ms: 100,
            input_data: { args: [], kwargs: {}, locals: { total: 1, key: "[REDACTED]" } },
            ...code("pay", "h1"),
          },
          // Tells of its own what the one below it tells.
          generation("outer", "root", 40),
          generation("inner", "outer", 40),
          { ...generation("again", "root", 40), repeats: true },
          { ...generation("late", "root", 7), model_id: "claude", start_time: T0 + 30 },
        ] as Parameters<typeof trace>[1],
        { duration_ms: 20_000, tags: ["x"], user_id: "ada" },
      ),
      trace(
        "b",
        [
          failed("1", "no order 4711 for 'ada'"),
          failed("2", "no order 12 for 'bob'"),
          {
            span_id: "3",
            duration_ms: 300,
            input_data: { args: [], kwargs: {}, locals: { total: { _truncated: true } } },
            ...code("pay", "h2"),
          },
        ] as Parameters<typeof trace>[1],
        { environment: "prod", duration_ms: 50, start_time: T0 + 3600 },
      ),
    ),
  );
  return opened.close;
});

test("a token counts once, wherever it is told again", async () => {
  expect(await store.trace("a")).toMatchObject({ total_tokens: 47, cost: 1, generations: 4 });
  const page = await store.spans("a", {});
  expect(
    page?.spans.map(({ span_id: id, depth, total_tokens: tokens }) => [id, depth, tokens]),
  ).toEqual([
    ["root", 0, 47],
    ["outer", 1, 40],
    ["inner", 2, 40],
    ["again", 1, 0],
    ["late", 1, 7],
  ]);
  const { series, totals } = await store.stats({ by: "model" });
  expect(totals).toMatchObject({ count: 4, input_tokens: 45, output_tokens: 2, cost: 1 });
  expect(series.map(({ key, totals: of }) => [key, of.count, of.input_tokens])).toEqual([
    ["gpt-4o", 3, 39],
    ["claude", 1, 6],
  ]);
});

test("series by each key, within a range, in buckets", async () => {
  const { series, from, to } = await store.stats({ by: "env", bucket: 60 });
  expect([from, to]).toEqual([T0, T0 + 3600.05]);
  expect(series).toMatchObject([
    { key: "test", totals: { count: 1, errors: 0, p50_ms: 20_000 } },
    { key: "prod", totals: { count: 1, errors: 1, p95_ms: 50 } },
  ]);
  expect((await store.stats({ by: "fn" })).series).toMatchObject([
    { key: "pay", totals: { count: 2, p50_ms: 100, p95_ms: 300 } },
    { key: "load", totals: { count: 2, errors: 2 } },
  ]);
  const late = await store.stats({ by: "project", from: T0 + 60, to: T0 + 7200, bucket: 600 });
  expect(late).toMatchObject({ bucket_s: 600, totals: { count: 1 } });
  expect(late.series[0]?.points).toHaveLength(1);
  for (const by of ["model", "fn", "name"] as const)
    expect((await store.stats({ by, from: 5, to: 3 })).totals.count).toBe(0);
});

test("facets name what there is, the most frequent first", async () => {
  expect(await store.facets()).toEqual({
    project: [{ value: "shop", count: 2 }],
    env: [
      { value: "prod", count: 1 },
      { value: "test", count: 1 },
    ],
    model: [
      { value: "claude", count: 1 },
      { value: "gpt-4o", count: 1 },
    ],
    tag: [{ value: "x", count: 1 }],
    name: [
      { value: "trace a", count: 1 },
      { value: "trace b", count: 1 },
    ],
    fn: [
      { value: "pay", count: 2 },
      { value: "load", count: 1 },
    ],
    user: [{ value: "ada", count: 1 }],
    session: [],
    status: [
      { value: "error", count: 1 },
      { value: "success", count: 1 },
    ],
  });
});

test("like errors are one group, whatever numbers and names they hold", async () => {
  expect(await store.errors({})).toEqual([
    {
      type: "TypeError",
      message: "no order … for …",
      function: "load",
      file: "src/a.ts",
      line: 1,
      count: 2,
      last_trace_id: "b",
      last_span_id: "2",
    },
  ]);
  expect(await store.errors({ since: T0 + 9999 })).toEqual([]);
});

test("functions: how often they ran, and what became of their locals", async () => {
  const calls = await store.functionCalls();
  expect(calls.find((one) => one.function === "pay")).toEqual({
    site: "src/a.ts#pay",
    function: "pay",
    file: "src/a.ts",
    hashes: ["h1", "h2"],
    hits: 2,
    errors: 0,
    last_seen: T0 + 0.002,
    p50_ms: 100,
    p95_ms: 300,
    captures: [
      { name: "total", seen: 2, unset: 0, truncated: 1, redacted: 0 },
      { name: "key", seen: 1, unset: 1, truncated: 0, redacted: 1 },
    ],
  });
});

test("orphans and members of circles stand at the top, each once", async () => {
  const chain = Array.from({ length: 5000 }, (_, at) => ({
    span_id: `c${at}`,
    parent_span_id: at === 0 ? null : `c${at - 1}`,
  }));
  await store.ingest(
    coming(
      trace("odd", [
        { span_id: "1", parent_span_id: "2" },
        { span_id: "2", parent_span_id: "1" },
        { span_id: "below", parent_span_id: "1" },
        { span_id: "self", parent_span_id: "self" },
        { span_id: "lost", parent_span_id: "nowhere" },
      ]),
      trace("long", chain),
    ),
  );
  const odd = await store.spans("odd", {});
  expect(odd?.spans.map(({ span_id: id, depth, orphan }) => [id, depth, orphan])).toEqual([
    ["1", 0, true],
    ["below", 1, false],
    ["2", 0, true],
    ["self", 0, true],
    ["lost", 0, true],
  ]);
  const page = await store.spans("long", { limit: 10, offset: 4990 });
  expect(page).toMatchObject({ total: 5000, next: null });
  expect(page?.spans.at(-1)).toMatchObject({ span_id: "c4999", depth: 4999 });
  expect((await store.spans("long", { limit: 2 }))?.next).toBe(2);
  await store.remove({ ids: ["odd", "long"] });
});
