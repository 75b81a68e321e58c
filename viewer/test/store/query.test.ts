import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Store } from "../../src/store.ts";
import { coming, found, generation, openScratch, T0, trace } from "./setup.ts";

let store: Store;

beforeAll(async () => {
  const opened = await openScratch();
  ({ store } = opened);
  await store.ingest(
    coming(
      trace(
        "a",
        [
          {
            span_id: "1",
            input_data: {
              args: ["Grüße an ÉCOLE"],
              kwargs: {},
              locals: { total: 3.25, "x@42": [1] },
            },
            output_data: { output: { deep: [{ text: "needle in the hay" }], on: true } },
            code: { function: "Shop.pay", file: "src/pay.ts", line: 1, column: 1 },
            tags: ["span-tag"],
            metadata: { project_id: "shop", http: { route: "/pay" } },
          },
          generation("2", "1", 100),
        ],
        { tags: ["Red", "a,b"], user_id: "Ada", metadata: { tier: "Gold%", n: 7 } },
      ),
      trace(
        "b",
        [
          {
            span_id: "1",
            status: "error",
            error: { type: "TypeError", message: "x is not a function", stack: null },
            input_data: { args: [], kwargs: {}, locals: { key: "[REDACTED]" } },
            output_data: { output: { _truncated: true, preview: "aa" } },
            level: "ERROR",
          },
        ],
        { duration_ms: 5000, environment: "prod", session_id: "s_1" },
      ),
      trace("C-3", [], {
        trace_name: '100% *odd* "name" \\ _x',
        start_time: T0 + 100,
        duration_ms: 50,
      }),
    ),
  );
  return opened.close;
});

test.each([
  ["", ["C-3", "a", "b"]],
  ["needle", ["a"]],
  ["NEEDLE hay", ["a"]],
  ['"needle in the"', ["a"]],
  ['"hay needle"', []],
  ["needle -hay", []],
  ["-needle", ["C-3", "b"]],
  ["grüsse", []],
  ["grÜße", ["a"]],
  ["école", ["a"]],
  ["3.25", ["a"]],
  ["ay", ["a"]],
  ["é", ["a"]],
  ["É", ["a"]],
  ["G", ["a"]],
  ["%", ["C-3"]],
  ["_", ["C-3"]],
  ['"\\\\"', ["C-3"]],
  ["~", []],
  ['"prompt of 2"', ["a"]],
  ["TypeError", ["b"]],
  ['"trace b"', ["b"]],
  ["gpt-4o", ["a"]],
  ["100%", ["C-3"]],
  ['"*odd*"', ["C-3"]],
  ['"\\"name\\" \\\\ _x"', ["C-3"]],
  ["status:error", ["b"]],
  ["status:ERROR,success", ["C-3", "a", "b"]],
  ["-status:error", ["C-3", "a"]],
  ["project:shop", ["C-3", "a", "b"]],
  ["env:PROD", ["b"]],
  ["model:gpt*", ["a"]],
  ["model:*4O", ["a"]],
  ["model:*t-4*", ["a"]],
  ["model:gpt", []],
  ["tag:red", ["a"]],
  ['tag:"a,b"', ["a"]],
  ["tag:span-tag", ["a"]],
  ["fn:shop.pay", ["a"]],
  ["fn:*.pay", ["a"]],
  ["user:ada", ["a"]],
  ["session:s_*", ["b"]],
  ["session:s__", []],
  ["id:c-3", ["C-3"]],
  ["id:*3,a", ["C-3", "a"]],
  ["level:error", ["b"]],
  ["kind:generation", ["a"]],
  ["name:100*", ["C-3"]],
  ["name:*%*", ["C-3"]],
  ["duration:>2s", ["b"]],
  ["duration:50", ["C-3"]],
  ["-duration:>2s", ["C-3", "a"]],
  ["cost:>0.1", ["a"]],
  ["-cost:>0.1", ["C-3", "b"]],
  ["tokens:100,0", ["C-3", "a", "b"]],
  ["spans:0", ["C-3"]],
  ["errors:>0", ["b"]],
  [`started:>${new Date((T0 + 50) * 1000).toISOString()}`, ["C-3"]],
  ["local:total", ["a"]],
  ["local:x@*", ["a"]],
  ["local:tot", []],
  ["has:error", ["b"]],
  ["has:prompt", ["a"]],
  ["has:local", ["a", "b"]],
  ["has:truncated", ["b"]],
  ["has:redacted,prompt", ["a", "b"]],
  ["meta.tier:gold%", ["a"]],
  ["meta.tier:g*", ["a"]],
  ["meta.tier:*ld%", ["a"]],
  ["meta.n:7", ["a"]],
  ["meta.http.route:/pay", ["a"]],
  ["meta.project_id:shop", []],
  ["status:success needle -env:prod", ["a"]],
])("%s finds %j", async (query, ids) => {
  expect(await found(store, query)).toEqual(ids);
});

test("values of two fields are no phrase, and a value's name is no value", async () => {
  expect(await found(store, '"prompt of 2response"')).toEqual([]);
  expect(await found(store, "deep")).toEqual([]);
});

test("any piece of a value is found, and nothing that stands in none", async () => {
  const value = "Ünïcode 日本語 🙂 and 'quotes' \"double\" 50%_\\ end";
  await store.ingest(coming(trace("piece", [{ span_id: "1", output_data: { output: value } }])));
  const characters = Array.from(value);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(characters.length - 1),
      fc.integer({ min: 1, max: 12 }),
      async (at, length) => {
        const piece = characters.slice(at, at + length).join("");
        const query = `"${piece.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
        expect(await found(store, query), query).toContain("piece");
        expect(await found(store, `-${query}`), query).not.toContain("piece");
      },
    ),
  );
  expect(await found(store, '"日本人"')).toEqual([]);
  await store.remove({ ids: ["piece"] });
});

test("a text is found in a trace's spans, with the place in it", async () => {
  expect(await store.searchTrace("a", "NEEDLE")).toEqual({ span_ids: ["1"], total: 1 });
  expect(await store.searchTrace("a", "grüße")).toEqual({ span_ids: ["1"], total: 1 });
  expect(await store.searchTrace("a", "of 2")).toEqual({ span_ids: ["2"], total: 1 });
  expect(await store.searchTrace("a", "text")).toEqual({ span_ids: [], total: 0 });
  expect(await store.searchTrace("none", "text")).toEqual({ span_ids: [], total: 0 });
  expect(await store.searchValues({ text: "needle" })).toEqual([
    {
      trace_id: "a",
      span_id: "1",
      path: "/output_data/output/deep/0/text",
      preview: "needle in the hay",
    },
  ]);
  expect(await store.searchValues({ text: "3.25", name: "total" })).toHaveLength(1);
  expect(await store.searchValues({ text: "3.25", name: "other" })).toHaveLength(0);
});

test("pages follow one another while traces arrive", async () => {
  const more = Array.from({ length: 20 }, (_, at) =>
    trace(`p${at}`, [], { project_id: "pages", start_time: T0 + (at % 5), duration_ms: at % 3 }),
  );
  await store.ingest(coming(...more));
  for (const sort of ["started", "duration", "cost", "tokens", "spans", "errors", "name"] as const)
    for (const order of ["asc", "desc"] as const) {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const ask = { q: "project:pages id:p*", sort, order, limit: 3 };
        const page = await store.traces(cursor === undefined ? ask : { ...ask, cursor });
        expect(page.total).toBe(20);
        ids.push(...page.traces.map((row) => row.trace_id));
        cursor = page.next ?? undefined;
        await store.ingest(
          coming(
            trace(`later-${sort}-${order}-${ids.length}`, [], {
              project_id: "pages",
              start_time: order === "desc" ? T0 + 9e6 : 1,
            }),
          ),
        );
      } while (cursor !== undefined);
      expect(ids.toSorted(), `${sort} ${order}`).toEqual(
        more.map((one) => one.trace_id).toSorted(),
      );
    }
  await store.remove({ q: "project:pages" });
});

test("a cursor that is none is refused, and so is a query that cannot be read", async () => {
  for (const cursor of ["x", "W10", Buffer.from('[{"a":1},2]').toString("base64url")])
    await expect(store.traces({ cursor })).rejects.toMatchObject({ name: "CursorError" });
  await expect(store.traces({ q: "a modle:x" })).rejects.toMatchObject({
    name: "QueryError",
    position: 2,
    hint: "model:",
  });
});

test("since a moment: what has changed since", async () => {
  const { updated } = (await store.trace("b")) ?? { updated: 0 };
  await store.ingest(coming(trace("new", [])));
  const { traces } = await store.traces({ since: updated + 1e-4 });
  expect(traces.map((row) => row.trace_id)).toEqual(["new"]);
  await store.remove({ ids: ["new"] });
});
