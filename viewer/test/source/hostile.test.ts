// Names, stacks, manifests and sites that somebody made up → nothing outside of the roots is read,
// nothing throws, and none of it takes long.
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import type { StoredSpan } from "../../src/store.ts";
import { failingFrame, framesOf } from "../../src/source/failing.ts";
import { findByHash, guessRange } from "../../src/source/function-text.ts";
import { located, refusedName } from "../../src/source/paths.ts";
import { codeOf, returnsIn } from "../../src/source/scan.ts";
import { siteOf } from "../../src/source/site.ts";
import type { SourceView } from "../../src/views.ts";
import { Sources } from "../../src/source/sources.ts";
import { placed, scratch } from "./setup.ts";

const SECRET = "do not show this";

/** A root with a source, and what is outside of it. */
function place(): { root: string; outside: string } {
  const folder = scratch();
  const [root, outside] = [join(folder, "root"), join(folder, "outside")];
  for (const [path, text] of [
    [join(root, "src/a.ts"), "export const a = () => {\n  return 1;\n};\n"],
    [join(root, ".env"), SECRET],
    [join(root, ".llmops/dev.json"), SECRET],
    [join(outside, "secret.ts"), SECRET],
  ] as const) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  symlinkSync(join(outside, "secret.ts"), join(root, "src/link.ts"));
  symlinkSync(outside, join(root, "linked"));
  execFileSync("mkfifo", [join(root, "src/pipe.ts")]);
  writeFileSync(join(root, "src/large.ts"), "");
  truncateSync(join(root, "src/large.ts"), 4 * 1024 * 1024 + 1);
  return { root, outside };
}

const span = (code: object, more: object = {}): StoredSpan =>
  ({
    span_id: "1",
    span_name: "a",
    span_type: "span",
    start_time: 1,
    end_time: 2,
    status: "success",
    code: { function: "a", file: "src/a.ts", line: 1, column: 1, ...code },
    ...more,
  }) as unknown as StoredSpan;

/** With nothing in the store. */
async function sourcesOf(root: string): Promise<Sources> {
  const store = {
    snapshot: () => Promise.resolve(undefined),
    hashesWithoutSnapshot: () => Promise.resolve([]),
    keepSnapshots: () => Promise.resolve(),
    spans: () => Promise.resolve(undefined),
  };
  const instrument = () => Promise.resolve(undefined);
  const sources = new Sources({ roots: [root], store, instrument });
  await sources.start();
  onTestFinished(() => sources.close());
  return sources;
}

async function viewOf(
  root: string,
  file: string,
  more: object = {},
  code: object = {},
): Promise<SourceView> {
  const sources = await sourcesOf(root);
  return sources.view("t", span({ file, ...code }, more));
}

describe("a file's name", () => {
  test.each([
    ["NUL", "src/a.ts\0.png"],
    ["a step up", "../outside/secret.ts"],
    ["steps up within", "src/../../outside/secret.ts"],
    ["a backslash", "src\\..\\a.ts"],
    ["a UNC path", "\\\\host\\share\\a.ts"],
    ["a UNC path with slashes", "//host/share/a.ts"],
    ["a drive", "C:/Windows/win.ini"],
    ["a drive alone", "c:a.ts"],
    ["a stream", "src/a.ts::$DATA"],
    ["a device", "src/con.ts"],
    ["a device alone", "NUL"],
    ["a file URL", "file:///etc/passwd"],
    ["a web URL", "https://example.com/a.ts"],
    ["percent-encoding", "src/%2e%2e/a.ts"],
    ["percent-encoding, twice", "src/%252e%252e/a.ts"],
    ["an absolute path elsewhere", "/etc/passwd"],
    ["nothing", ""],
    ["a line break", "src/a.ts\n"],
    ["longer than any path", "a/".repeat(100_000)],
  ])("%s is refused", async (_, name) => {
    const { root } = place();
    expect(located(name, [root], { roots: [root] }).state).toBe("refused");
    const view = await viewOf(root, name);
    expect(view).toMatchObject({ state: "outside", lines: [], values: [], instrumented: null });
  });

  test.each([
    ["a link to a file outside", "src/link.ts"],
    ["a folder that is a link", "linked/secret.ts"],
    ["a pipe", "src/pipe.ts"],
    ["a folder", "src"],
    ["more than 4 MiB", "src/large.ts"],
    ["keys", ".env"],
    ["the token of llmops dev", ".llmops/dev.json"],
  ])("%s is not read", async (_, name) => {
    const { root } = place();
    const view = await viewOf(root, name);
    expect(view).toMatchObject({ state: "outside", lines: [] });
    expect(JSON.stringify(view)).not.toContain(SECRET);
  });

  test.each(["src/a.ts", "./src/a.ts", "src//a.ts"])("%j is a plain one", (name) => {
    const { root } = place();
    expect(located(name, [root], { roots: [root] })).toMatchObject({ state: "found" });
    expect(located(join(root, name), [root], { roots: [root] })).toMatchObject({ state: "found" });
  });

  test("names that only look like devices or URLs are none", () => {
    for (const name of ["src/console.ts", "src/auxiliary/a.ts", "src/100%.ts", "[id]/page.tsx"])
      expect(refusedName(name), name).toBeUndefined();
  });
});

describe("a manifest", () => {
  const manifest = (fields: object): string =>
    JSON.stringify({ version: 1, adapter: "x", built_at: 1, root: "..", ...fields });
  const SITE = {
    id: "secret.ts#a",
    function: "a",
    hash: "0123456789abcdef",
    line: 1,
    start: 0,
    end: 5,
  };

  test.each([
    ["a folder outside", "../../outside"],
    ["a link out of the root", "../linked"],
    ["the file system's root", "/"],
  ])("whose root is %s opens nothing", async (_, root) => {
    const { root: served } = place();
    writeFileSync(
      join(served, ".llmops/manifest.json"),
      manifest({ root, files: { "secret.ts": { hash: "x", sites: [SITE] } } }),
    );
    const view = await viewOf(served, "secret.ts", {}, { site: SITE.id, hash: SITE.hash });
    expect(view).toMatchObject({ state: "outside", lines: [] });
    expect(JSON.stringify(view)).not.toContain(SECRET);
  });

  test.each([
    ["half a file", manifest({ files: {} }).slice(0, 30)],
    ["no JSON", "\0\0\0"],
    ["null", "null"],
    ["another version", JSON.stringify({ version: 2, files: {} })],
    ["a list for files", manifest({ files: [] }).replace('"files":[]', '"files":null')],
  ])("that is %s is survived, and the one before counts", async (_, text) => {
    const { root } = place();
    const path = join(root, ".llmops/manifest.json");
    writeFileSync(path, manifest({ files: { "src/a.ts": { hash: "x", sites: [SITE] } } }));
    const sources = await sourcesOf(root);
    expect(await sources.manifests()).toHaveLength(1);
    writeFileSync(path, text);
    expect((await sources.manifests())[0]?.files.get("src/a.ts")).toHaveLength(1);
  });

  test("that is a pipe keeps nobody waiting", async () => {
    const { root } = place();
    mkdirSync(join(root, "packages/one/.llmops"), { recursive: true });
    execFileSync("mkfifo", [join(root, "packages/one/.llmops/manifest.json")]);
    const sources = await sourcesOf(root);
    expect(await sources.manifests()).toEqual([]);
  });

  test("is found to depth 6, not below node_modules or a folder with a dot", async () => {
    const { root } = place();
    const text = manifest({ files: {} });
    const deep = (levels: number): string => Array.from({ length: levels }, () => "d").join("/");
    for (const at of [".", deep(6), deep(7), "node_modules/x", ".hidden/x"]) {
      mkdirSync(join(root, at, ".llmops"), { recursive: true });
      writeFileSync(join(root, at, ".llmops/manifest.json"), text);
    }
    const sources = await sourcesOf(root);
    const found = (await sources.manifests()).map(({ path }) => dirname(dirname(path)));
    expect(found.toSorted()).toEqual([root, join(root, deep(6))].toSorted());
  });

  test("with members of the wrong kind has whole sites, or none", () => {
    expect(siteOf({ ...SITE, end: -1 })).toBeUndefined();
    expect(siteOf({ ...SITE, start: "0" })).toBeUndefined();
    expect(siteOf(null)).toBeUndefined();
    const odd = { params: [null, { name: 1 }], locals: { __proto__: [] }, captures: [1, "a"] };
    const skipped = { code: { toString: 1, valueOf: 1 }, message: null };
    expect(siteOf({ ...SITE, ...odd, skipped, name: [], kind: {} })).toMatchObject({
      name: "a",
      kind: "span",
      params: [],
      locals: [],
      captures: ["a"],
      skipped: { code: "", message: "" },
    });
  });
});

describe("a stack", () => {
  test("whose frames lead anywhere reads no file outside, and no pipe", () => {
    const { root, outside } = place();
    const running = { path: join(root, "src/a.ts"), file: "src/a.ts", first: 1, last: 3 };
    const stack = [
      "Error: x",
      `    at a (${join(outside, "secret.ts")}:1:1)`,
      `    at a (file://${join(root, "src/pipe.ts")}:1:1)`,
      "    at a (file://%zz:1:1)",
      "    at a (/dev/zero:1:1)",
      "    at a (\\\\host\\share:1:1)",
      "    at node:internal/x:1:1",
      "    at eval (eval at <anonymous> (/x.js:1:1), <anonymous>:1:1)",
      `    at async a (${join(root, "src/a.ts")}:2:3)`,
    ].join("\n");
    expect(failingFrame(stack, running, [root])).toMatchObject({ line: 2, column: 3 });
  });

  test("made to take long does not", () => {
    const begun = performance.now();
    for (const text of [
      `at ${" (".repeat(50_000)}:1:1)`,
      "at a (b:1:1\n".repeat(100_000),
      `at ${"async ".repeat(100_000)}`,
    ])
      framesOf(text.repeat(3));
    expect(performance.now() - begun).toBeLessThan(60_000);
  });
});

describe("values", () => {
  test("whose names are of the prototype, controls, patterns or no names are there, once", async () => {
    const { root } = place();
    const locals = JSON.parse(
      '{"__proto__":1,"constructor":2,"a.*(":3,"\\u202e\\u0000":4,"x@99":5,"x@":6,"":7}',
    ) as object;
    const view = await viewOf(root, "src/a.ts", {
      input_data: { args: [1], kwargs: [], locals, self: { "#x(": 1 } },
      param_names: [],
    });
    expect(view.values.map(({ name }) => name)).toEqual([
      "arg0",
      "__proto__",
      "constructor",
      "a.*(",
      "\u202e\0",
      "x@99",
      "x@",
      "",
      "this.#x(",
      "return",
    ]);
    for (const { line } of view.values) expect(line >= 1 && line <= 3).toBe(true);
  });

  test("that were cut as one are shown as one", async () => {
    const { root } = place();
    const cut = { _truncated: true, _size_at_least: 5000, preview: "{a:1" };
    const view = await viewOf(root, "src/a.ts", {
      input_data: { args: cut, kwargs: {}, locals: cut },
    });
    expect(placed(view)).toEqual(["1 arguments: {a:1", "1 …: {a:1", "2 return: null"]);
    expect(view.values[1]).toMatchObject({ truncated: true, size: 5000 });
  });

  test("that are huge have a short preview", async () => {
    const { root } = place();
    const locals = { text: "😀".repeat(500_000), secret: "[REDACTED]" };
    const view = await viewOf(root, "src/a.ts", { input_data: { args: [], kwargs: {}, locals } });
    const [text, secret] = view.values;
    expect(Array.from(text?.preview ?? "").length).toBeLessThanOrEqual(200);
    expect(text?.preview.isWellFormed()).toBe(true);
    expect(text?.size).toBeGreaterThan(2_000_000);
    expect(secret?.redacted).toBe(true);
  });
});

describe("a text", () => {
  test.each([
    ["brackets", "({[".repeat(200_000)],
    ["quotes", "'\"`".repeat(200_000)],
    ["templates in templates", "`${".repeat(100_000)],
    ["slashes", "/ ".repeat(300_000)],
    ["comments", "/*".repeat(300_000)],
    ["one line", "x".repeat(3_000_000)],
    ["lines", "\n".repeat(1_000_000)],
  ])("of %s alone is read to its end", (_, text) => {
    expect(codeOf(text)).toHaveLength(text.length);
    expect(returnsIn(codeOf(text))).toEqual([]);
    const range = guessRange(text, 1, 1);
    expect(range.end).toBeLessThanOrEqual(text.length);
    expect(
      findByHash(text, "0", { start: 0, end: 1000, column: 1, line: 1, end_line: 3 }),
    ).toBeUndefined();
  });

  test.each([
    [0, 0],
    [-1, -1],
    [1e9, 1e9],
    [Number.NaN, Number.NaN],
    [1.5, 2.5],
  ])("line %d, column %d lead somewhere", (line, column) => {
    const { start, end } = guessRange("a\nb {\n}\n", line, column);
    expect(start >= 0 && end >= start && end <= 8).toBe(true);
  });
});
