// Manifests and what the store counted → which functions were hit, and what was captured of them.
import { expect, test } from "vitest";
import { coverageOf, type CoverageManifest } from "../../src/coverage/coverage.ts";
import type { FunctionCalls, Site } from "../../src/model.ts";
import { siteOf } from "../../src/source/site.ts";
import { coming, storeIn, trace } from "../store/setup.ts";

function site(id: string, fields: Partial<Site> = {}): Site {
  const made = siteOf({ id, function: id.split(/[#~]/)[1], hash: "h1", line: 1, start: 0, end: 9 });
  if (made === undefined) throw new Error("It is whole.");
  return { ...made, ...fields };
}

function manifest(root: string, ...sites: readonly Site[]): CoverageManifest {
  const files = new Map<string, Site[]>();
  for (const one of sites) {
    const file = one.id.split("#")[0] ?? "";
    files.set(file, [...(files.get(file) ?? []), one]);
  }
  return { path: `${root}/.llmops/manifest.json`, root, built_at: 1, adapter: "x", files };
}

const calls = (id: string | null, fields: Partial<FunctionCalls> = {}): FunctionCalls => ({
  site: id,
  function: id?.split(/[#~]/)[1] ?? "f",
  file: id?.split("#")[0] ?? "a.ts",
  hashes: ["h1"],
  hits: 2,
  errors: 1,
  last_seen: 5,
  p50_ms: 1,
  p95_ms: 2,
  captures: [],
  ...fields,
});

const states = ({ functions }: ReturnType<typeof coverageOf>): string[] =>
  functions.map((one) => `${one.site} ${one.state}${one.stale ? " stale" : ""} ${one.hits}`);

test("hit, never, skipped and stale; skipped ones count for no percent", () => {
  const skipped = { code: "LLMOPS2001", message: "It is a setter." };
  const found = coverageOf(
    [
      manifest(
        "/r",
        site("a.ts#hit"),
        site("a.ts#never"),
        site("a.ts#old"),
        site("a.ts#no", { skipped }),
      ),
    ],
    [calls("a.ts#hit"), calls("a.ts#old", { hashes: ["h0"] })],
  );
  expect(states(found)).toEqual([
    "a.ts#hit hit 2",
    "a.ts#never never 0",
    "a.ts#old hit stale 2",
    "a.ts#no skipped 0",
  ]);
  expect(found.totals).toMatchObject({ functions: 4, hit: 2, never: 1, skipped: 1, percent: 66.7 });
  expect(found.functions[1]).toMatchObject({ last_seen: null, p50_ms: null, errors: 0 });
});

test("no manifest, no percent: all is unknown", () => {
  const found = coverageOf([], [calls("a.ts#f")]);
  expect(found).toMatchObject({ manifests: [], functions: [], totals: { percent: null } });
  expect(found.unknown).toEqual([{ function: "f", file: "a.ts", hits: 2 }]);
});

test("a function without a site is found by file and name where one manifest alone has it", () => {
  const one = manifest("/r", site("a.ts#f"), site("a.ts#f~2"));
  expect(states(coverageOf([one], [calls(null)]))).toEqual(["a.ts#f hit 2", "a.ts#f~2 never 0"]);
  const two = coverageOf([one, manifest("/s", site("a.ts#f"))], [calls(null)]);
  expect(states(two).join()).not.toContain("hit");
  expect(two.unknown).toHaveLength(1);
});

test("projects with the same id each are told apart by the text", () => {
  const found = coverageOf(
    [manifest("/r", site("a.ts#f")), manifest("/s", site("a.ts#f", { hash: "h2" }))],
    [calls("a.ts#f", { hashes: ["h2"] })],
  );
  expect(states(found)).toEqual(["a.ts#f never 0", "a.ts#f hit 2"]);
});

test("names of the prototype are names", () => {
  const ids = ["a.ts#__proto__", "a.ts#constructor", "__proto__#toString"];
  const found = coverageOf(
    [manifest("/r", ...ids.map((id) => site(id)))],
    ids.map((id) => calls(id)),
  );
  expect(states(found)).toEqual(ids.map((id) => `${id} hit 2`));
});

test("captures: seen, unset, cut and masked, as the store's spans have them", async () => {
  const store = await storeIn();
  const span = (id: string, locals: object, hash: string): object => ({
    span_id: id,
    code: { function: "f", file: "a.ts", line: 1, column: 1, site: "a.ts#f", hash },
    input_data: { args: [], kwargs: {}, locals },
  });
  const spans = [
    span("1", { total: 1, key: "[REDACTED]" }, "h0"),
    span("2", { total: { _truncated: true, preview: "x" } }, "h1"),
  ];
  await store.ingest(coming(trace("t", spans as never)));
  const locals = ["total", "key", "never"].map((name) => ({ name, lines: [1] }));
  const found = coverageOf(
    [manifest("/r", site("a.ts#f", { locals }))],
    await store.functionCalls(),
  );
  expect(found.functions[0]).toMatchObject({ state: "hit", stale: false, hits: 2 });
  expect(found.functions[0]?.captures).toEqual([
    { name: "total", seen: 2, unset: 0, truncated: 1, redacted: 0 },
    { name: "key", seen: 1, unset: 1, truncated: 0, redacted: 1 },
    { name: "never", seen: 0, unset: 2, truncated: 0, redacted: 0 },
  ]);
  expect(found.totals).toMatchObject({ truncated: 1, redacted: 1, percent: 100 });
});
