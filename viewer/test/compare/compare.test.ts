// Two traces in the store → their spans side by side, and what is different.
import type { WireSpan } from "llmops-observability/wire";
import { expect, test } from "vitest";
import { compareTraces } from "../../src/compare/compare.ts";
import type { Comparison } from "../../src/views.ts";
import { coming, generation, type SpanParts, storeIn, T0, trace } from "../store/setup.ts";

async function compared(a: readonly SpanParts[], b: readonly SpanParts[]): Promise<Comparison> {
  const store = await storeIn();
  await store.ingest(coming(trace("a", a), trace("b", b)));
  const found = await compareTraces(store, "a", "b");
  if (found === undefined) throw new Error("Both are there.");
  return found;
}

/** A span of that name below another one, with ids of its own in each trace. */
const at = (path: string, fields: Partial<WireSpan> = {}): SpanParts => {
  const names = path.split("/");
  return {
    span_id: path,
    span_name: names.at(-1)?.replace(/\d+$/, "") ?? "",
    parent_span_id: names.length === 1 ? null : names.slice(0, -1).join("/"),
    ...fields,
  };
};

const input = (locals: object, args: readonly unknown[] = []): Partial<WireSpan> =>
  ({ input_data: { args, kwargs: {}, locals } }) as unknown as Partial<WireSpan>;

/** `state name`, indented by depth. */
const drawn = ({ pairs }: Comparison): string[] =>
  pairs.map(({ state, depth, a, b }) => `${" ".repeat(depth)}${state} ${(a ?? b)?.name}`);

test("spans stand beside each other by parent and name; what has no partner is added or removed", async () => {
  const found = await compared(
    [at("root"), at("root/search"), at("root/chat1"), at("root/chat1/http"), at("root/quote")],
    [
      at("root"),
      at("root/search"),
      at("root/retry"),
      at("root/chat1"),
      at("root/chat1/http"),
      at("root/chat2"),
    ],
  );
  expect(drawn(found)).toEqual([
    "same root",
    " same search",
    " added retry",
    " same chat",
    "  same http",
    " removed quote",
    " added chat",
  ]);
  expect(found.summary).toMatchObject({ same: 4, changed: 0, added: 2, removed: 1 });
});

test("a site tells functions apart that have one name", async () => {
  const code = (site: string, hash: string): Partial<WireSpan> => ({
    code: { function: "f", file: "a.ts", line: 1, column: 1, site, hash },
  });
  const found = await compared(
    [at("root"), at("root/f1", code("a.ts#f", "1")), at("root/f2", code("a.ts#f~2", "2"))],
    [at("root"), at("root/f2", code("a.ts#f~2", "3"))],
  );
  expect(drawn(found)).toEqual(["same root", " removed f", " changed f"]);
  expect(found.pairs.map(({ source }) => source)).toEqual(["unknown", "unknown", "changed"]);
  expect(found.summary.source_changed).toBe(1);
});

test("what is different of arguments, locals, output, prompt, error and model is told by its place", async () => {
  const one = {
    ...generation("root", null, 10),
    ...input({ total: 1, gone: 1, "a/b~": 1 }, ["x"]),
  };
  const other: SpanParts = {
    ...generation("root", null, 30),
    ...input({ total: 2, came: null, "a/b~": 2 }, ["y"]),
    model_id: "gpt-5",
    response: "other",
    status: "error",
    error: { type: "E", message: "m", stack: "at x:1:1" },
    output_data: { output: [1] },
    metadata: { team: "a" },
    cost: { input_cost: 0, output_cost: 2, total_cost: 2 },
  };
  const { pairs, summary } = await compared([one], [other]);
  expect(pairs[0]?.changes.map(({ kind, path, a, b }) => [kind, path, a, b])).toEqual([
    ["changed", "/input_data/args/0", "x", "y"],
    ["changed", "/input_data/locals/total", 1, 2],
    ["removed", "/input_data/locals/gone", 1, null],
    ["changed", "/input_data/locals/a~1b~0", 1, 2],
    ["added", "/input_data/locals/came", null, null],
    ["added", "/output_data/output", null, [1]],
    ["changed", "/response", "response of root", "other"],
    ["added", "/error", null, { type: "E", message: "m" }],
    ["changed", "/model_id", "gpt-4o", "gpt-5"],
    ["changed", "/status", "success", "error"],
    ["added", "/metadata/team", null, "a"],
  ]);
  expect(pairs[0]?.delta).toEqual({ duration_ms: 0, total_tokens: 20, cost: 1.5 });
  expect(summary).toMatchObject({ changed: 1, total_tokens: 20, cost: 1.5 });
});

test("ids, times and ids of requests are no changes; a program's own are", async () => {
  const answer = (n: number): object => ({
    id: `chatcmpl-${n}x`,
    created: 1_795_000_000 + n,
    _request_id: `req_${n}`,
    system_fingerprint: `fp_${n}`,
    choices: [{ message: { tool_calls: [{ id: `call_${n}aBc` }] } }],
  });
  const own = (n: number): object => ({ order: { id: `order-${n}`, customer_id: n } });
  const span = (n: number): SpanParts => ({
    ...at("root", { start_time: T0 + n, end_time: T0 + n + 0.01 }),
    ...input({ completion: answer(n), ...own(n) }),
    output_data: { output: answer(n) } as unknown as WireSpan["output_data"],
    metadata: { requestId: `${n}` },
  });
  const { pairs } = await compared([span(1)], [span(2)]);
  expect(pairs[0]?.changes.map(({ path }) => path)).toEqual([
    "/input_data/locals/order/id",
    "/input_data/locals/order/customer_id",
  ]);
});

test("a trace is the same as itself, to each span", async () => {
  const store = await storeIn();
  await store.ingest(coming(trace("a", [at("root"), at("root/x"), at("root/y")])));
  const found = await compareTraces(store, "a", "a");
  expect(found?.summary).toMatchObject({ same: 3, changed: 0, added: 0, removed: 0, cost: null });
  expect(found?.a).toEqual((await store.traces({})).traces[0]);
  expect(await compareTraces(store, "a", "none")).toBeUndefined();
});

test("keys of the prototype, huge and many values: at most 200 changes of 2 KiB", async () => {
  const odd = (n: number): object =>
    JSON.parse(`{"__proto__":${n},"constructor":{"prototype":${n}},"toString":"${n}"}`) as object;
  const many = (n: number): object =>
    Object.fromEntries(Array.from({ length: 1000 }, (_, key) => [`k${key}`, n]));
  const huge = (n: number): object => ({
    text: `${n}${'\u0000😀"'.repeat(200_000)}`,
    list: [{ n, pad: "x".repeat(100_000) }],
  });
  for (const [values, least] of [
    [odd, 3],
    [many, 200],
    [huge, 2],
  ] as const) {
    const { pairs } = await compared(
      [{ ...at("root"), ...input(values(1)) }],
      [{ ...at("root"), ...input(values(2)) }],
    );
    const changes = pairs[0]?.changes ?? [];
    expect(changes).toHaveLength(least);
    for (const { a, b } of changes) {
      for (const value of [a, b]) {
        expect(Buffer.byteLength(JSON.stringify(value))).toBeLessThanOrEqual(2048);
        expect(JSON.stringify(value).isWellFormed()).toBe(true);
      }
    }
  }
});

test("parents in a circle and parents that are gone: each span is in one pair", async () => {
  const round = [
    at("root"),
    { ...at("x"), parent_span_id: "y" },
    { ...at("y"), parent_span_id: "x" },
    { ...at("z"), parent_span_id: "gone" },
  ];
  const { pairs, summary } = await compared(round, round.slice(1));
  expect(pairs).toHaveLength(4);
  expect(summary).toMatchObject({ same: 3, removed: 1 });
});

test("30,000 spans, each of them changed: an answer of a bounded size, and soon", async () => {
  const spans = (n: number): SpanParts[] => [
    at("root"),
    ...Array.from({ length: 20_000 }, (_, i) => ({
      ...at(`root/step${i}`),
      span_name: `step ${i % 5}`,
      ...input({ text: "x".repeat(1000) + n, n }),
    })),
    // One below the other.
    ...Array.from({ length: 9_999 }, (_, i) => ({
      ...at(`deep ${i}`),
      parent_span_id: i === 0 ? "root" : `deep ${i - 1}`,
    })),
  ];
  const { pairs, summary } = await compared(spans(1), spans(2));
  expect(summary).toMatchObject({ same: 10_000, changed: 20_000, added: 0, removed: 0 });
  expect(pairs.at(-1)?.depth).toBe(9_999);
  const bytes = JSON.stringify(pairs.map(({ changes }) => changes)).length;
  expect(bytes).toBeLessThan(25 * 1024 * 1024);
});
