// The manifest as viewers read it: what it says of each function, and how builds share the file.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { RawConfig } from "llmops-transformer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Instrumenting } from "../src/hosts/bundlers/instrumenting.ts";
import { instrumentIn } from "../src/hosts/instrument.ts";
import { type Manifest, ManifestWriter, writeManifest } from "../src/hosts/manifest.ts";
import { rewrite } from "../src/hosts/rewrite.ts";
import { openSession } from "../src/hosts/session.ts";
import type { SiteRecord } from "../src/record.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "llmops-manifest-"));
});
afterEach(() => {
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true, force: true });
});

const path = (): string => join(root, ".llmops/manifest.json");
const read = (): Manifest => JSON.parse(readFileSync(path(), "utf8")) as Manifest;

/** One build that looks at these files, and writes them first. */
function build(
  files: Readonly<Record<string, string>>,
  config: RawConfig = {},
  manifest: true | string = true,
): ReturnType<typeof writeManifest> {
  const session = openSession(config, root);
  for (const [name, text] of Object.entries(files)) {
    const filename = join(root, name);
    mkdirSync(join(filename, ".."), { recursive: true });
    writeFileSync(filename, text);
    instrumentIn(session, text, { filename });
  }
  return writeManifest(session, "test", manifest);
}

function siteOf(code: string, config: RawConfig = {}, name = "src/a.ts"): SiteRecord {
  build({ [name]: code }, config);
  const [site] = read().files[name]?.sites ?? [];
  if (site === undefined) throw new Error("no site");
  return site;
}

const sha = (text: string): string =>
  createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);

const PAY = `import { tax } from "./tax.ts";
/**
 * Takes the money.
 * @track capture=total,x
 */
export async function pay(
  { cart, user: { id } }: Order, note = "ü", ...more: number[]
) {
  let total = 0;
  for (const x of more) {
    total += x;
  }
  [total] = [total * tax()];
  total++;
  return total;
}
`;

test("a function: id, place, hash, comment, and the lines of its variables", () => {
  const start = PAY.indexOf("export");
  const end = PAY.lastIndexOf("}") + 1;
  expect(siteOf(PAY)).toEqual({
    id: "src/a.ts#pay",
    function: "pay",
    name: "pay",
    kind: "span",
    line: 6,
    column: 1,
    end_line: 16,
    start,
    end,
    hash: sha(PAY.slice(start, end)),
    tag: "/**\n * Takes the money.\n * @track capture=total,x\n */",
    from: "tag",
    captures: ["total", "x"],
    params: [
      { name: "cart", line: 7 },
      { name: "user", line: 7 },
      { name: "note", line: 7 },
      { name: "...more", line: 7 },
    ],
    locals: [
      { name: "total", lines: [9, 11, 13, 14] },
      { name: "x", lines: [10] },
    ],
    skipped: null,
  });
  expect(read()).toMatchObject({ version: 1, adapter: "test", root: ".." });
  expect(read().files["src/a.ts"]?.hash).toBe(sha(PAY));
  expect(readFileSync(join(root, ".llmops/.gitignore"), "utf8")).toBe("*\n");
});

test("one hash under each system's line ends", () => {
  const unix = siteOf(PAY);
  const { hash } = read().files["src/a.ts"] ?? {};
  const windows = siteOf(PAY.replaceAll("\n", "\r\n"));
  expect([windows.hash, windows.tag]).toEqual([unix.hash, unix.tag]);
  expect(read().files["src/a.ts"]?.hash).toBe(hash);
});

test("parameters and `var`s that are captured: where they are written to", () => {
  const code =
    "/** @track capture=* */\nfunction f(a) {\n  var b;\n  a = 1;\n  b = () => (a = 2);\n}";
  expect(siteOf(code).captures).toBe("*");
  expect(siteOf(code).locals).toEqual([
    { name: "a", lines: [2, 4, 5] },
    { name: "b", lines: [3, 5] },
  ]);
});

test("variables of one name are told apart as in the span", () => {
  const code = "/** @track capture=x */ function f() {\n  { let x = 1; }\n  { let x; x = 2; }\n}";
  expect(siteOf(code).locals).toEqual([
    { name: "x", lines: [2] },
    { name: "x@3", lines: [3] },
  ]);
});

test("a generation, an entry of the configuration, a class's tag, a function left untouched", () => {
  const code = `/** @track */ class A {
  ask() { return 1; }
  /** @trackLlm name=question */ ask2() { return 2; }
  get v() { return 1; } set v(x) {}
}
function plain() { return eval("1"); }
const arrow = () => 1;`;
  const config = { track: [{ functions: ["plain", "arrow"], name: "n" }] };
  build({ "src/a.cjs": code }, config);
  const said = read().files["src/a.cjs"]?.sites.map((site) => [
    site.id,
    site.name,
    site.kind,
    site.from,
    site.tag,
    site.skipped?.code ?? null,
  ]);
  const tag = "/** @track */";
  expect(said).toEqual([
    ["src/a.cjs#A.ask", "A.ask", "span", "tag", tag, null],
    ["src/a.cjs#A.ask2", "question", "generation", "tag", "/** @trackLlm name=question */", null],
    ["src/a.cjs#A.v", "A.v", "span", "tag", tag, null],
    ["src/a.cjs#A.v~2", "A.v", "span", "tag", tag, null],
    ["src/a.cjs#plain", "n", "span", "config", null, "LLMOPS3002"],
    ["src/a.cjs#arrow", "n", "span", "config", null, null],
  ]);
  expect(read().files["src/a.cjs"]?.sites.at(-1)).toMatchObject({ line: 7, column: 15 });
});

const TAGGED = "/** @track */ export function f() {}\n";
const names = (): string[] => Object.keys(read().files);

test("keys are sorted, of every kind of record", () => {
  const code = `
/** @track capture=a,missing */ export function f(b: number, { c }: { c: number }) { let a = b + c; a++; return a; }
/** @trackLlm capture name=asked */ export const ask = async (): Promise<void> => { const x = 1; };
/** @track */ export function skipped() { return f.caller; arguments.callee; }
`;
  build({ "src/b.ts": code, "src/a.ts": code });
  const text = readFileSync(path(), "utf8");
  const sorted = (_: string, value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  expect(text).toBe(`${JSON.stringify(JSON.parse(text), sorted, 2)}\n`);
  expect(read().files["src/a.ts"]?.sites.map(({ kind }) => kind)).toContain("generation");
});

test("the same sources give the same bytes, in whichever order files come", () => {
  const bytes = (): string => readFileSync(path(), "utf8").replace(/"built_at": \d+/, "");
  build({ "src/b.ts": TAGGED, "src/a.ts": PAY });
  const first = bytes();
  rmSync(path());
  build({ "src/a.ts": PAY, "src/b.ts": TAGGED });
  expect(bytes()).toBe(first);
  expect(names()).toEqual(["src/a.ts", "src/b.ts"]);
});

test("an unchanged manifest is not written again: watchers of JSON files stay quiet", () => {
  build({ "src/a.ts": TAGGED });
  utimesSync(path(), 1, 1);
  const before = readFileSync(path(), "utf8");
  build({ "src/a.ts": TAGGED });
  expect(readFileSync(path(), "utf8")).toBe(before);
});

test("a build keeps files that it did not look at; those that are gone or lost their tag go", () => {
  build({ "a.ts": TAGGED, "b.ts": TAGGED, "c.ts": TAGGED, "d.ts": TAGGED });
  rmSync(join(root, "c.ts"));
  // By hand, and not looked at: a host may refuse a file by its text before it asks.
  writeFileSync(join(root, "d.ts"), "export function f() {}\n");
  build({ "b.ts": "export function f() {}\n", "e.ts": TAGGED });
  expect(names()).toEqual(["a.ts", "e.ts"]);
});

test("in watch, a file that loses its tag goes", () => {
  const session = openSession({}, root);
  const filename = join(root, "a.ts");
  writeFileSync(filename, TAGGED);
  instrumentIn(session, TAGGED, { filename });
  writeManifest(session, "test");
  expect(names()).toEqual(["a.ts"]);
  writeFileSync(filename, "export {};");
  instrumentIn(session, "export {};", { filename });
  writeManifest(session, "test");
  expect(names()).toEqual([]);
});

test("a file that another host has instrumented before stays as that host found it", () => {
  build({ "a.ts": TAGGED });
  const session = openSession({}, root);
  const done = instrumentIn(session, TAGGED, { filename: join(root, "a.ts") });
  const second = openSession({}, root);
  instrumentIn(second, done?.code ?? "", { filename: join(root, "a.ts") });
  writeManifest(second, "second");
  expect(names()).toEqual(["a.ts"]);
});

test("a project that tracks nothing gets no folder", () => {
  build({ "a.ts": "export {};" });
  expect(existsSync(join(root, ".llmops"))).toBe(false);
});

test("a path of one's own: no .gitignore there, and the root leads to the files", () => {
  build({ "src/a.ts": TAGGED }, {}, "out/meta/sites.json");
  const text = readFileSync(join(root, "out/meta/sites.json"), "utf8");
  expect(JSON.parse(text)).toMatchObject({ root: "../..", files: { "src/a.ts": {} } });
  expect(readdirSync(join(root, "out/meta"))).toEqual(["sites.json"]);
});

test.each(["{ torn", "[]", '{"version":2,"files":{}}', ""])(
  "what is no manifest of ours is replaced: %s",
  (text) => {
    mkdirSync(join(root, ".llmops"));
    writeFileSync(path(), text);
    build({ "a.ts": TAGGED });
    expect(names()).toEqual(["a.ts"]);
  },
);

test("what is of another shape goes alone, whatever files are called", () => {
  writeFileSync(join(root, "../llmops-outside.ts"), TAGGED);
  const named = ["__proto__.ts", "constructor", "../llmops-outside.ts", join(root, "absolute.ts")];
  build(Object.fromEntries(named.slice(0, 3).map((name) => [name, TAGGED])));
  const { files, ...rest } = read();
  const known = Object.values(files)[0];
  const odd = { "a.ts": null, "b.ts": [], "c.ts": { hash: "", sites: 5 }, "d.ts": { sites: [] } };
  const more = { "e.ts": { hash: "", sites: [null] }, "no\0name": known, "": known };
  for (const name of [...Object.keys(odd), "e.ts", "absolute.ts", "__proto__"])
    writeFileSync(join(root, name), TAGGED);
  const entries = Object.entries({ ...files, ...odd, ...more, [join(root, "absolute.ts")]: known });
  const text = JSON.stringify({ ...rest, files: Object.fromEntries(entries) });
  // As a key, which `{ __proto__: … }` is not.
  writeFileSync(
    path(),
    text.replace('"constructor"', '"__proto__":{"hash":"","sites":[]},"constructor"'),
  );
  expect(build({ "z.ts": TAGGED })).toBeUndefined();
  rmSync(join(root, "../llmops-outside.ts"));
  expect(names()).toEqual([...named, "__proto__", "z.ts"].toSorted());
});

test("names below another root are of other files", () => {
  build({ "app/src/a.ts": TAGGED, "app/src/b.ts": TAGGED, "src/a.ts": TAGGED }, {}, "m.json");
  const session = openSession({}, join(root, "app"));
  instrumentIn(session, TAGGED, { filename: join(root, "app/src/b.ts") });
  writeManifest(session, "test", "../m.json");
  const text = readFileSync(join(root, "m.json"), "utf8");
  expect(JSON.parse(text)).toMatchObject({ root: "app", files: { "src/b.ts": {} } });
  expect(text).not.toContain("a.ts");
});

test("two configurations and one path: it is that of the root's, the other has its own folder", () => {
  const texts = { "llmops.config.json": "{}", "lib/llmops.config.json": "{}" };
  const sources = { "src/a.ts": TAGGED, "lib/src/a.ts": TAGGED };
  mkdirSync(join(root, "lib/src"), { recursive: true });
  mkdirSync(join(root, "src"));
  for (const [name, text] of Object.entries({ ...texts, ...sources }))
    writeFileSync(join(root, name), text);
  for (const manifest of ["out/sites.json", join(root, "out/sites.json")]) {
    const bundler = new Instrumenting({ manifest }, root, "test");
    for (const name of Object.keys(sources))
      bundler.transform(TAGGED, join(root, name), { show: () => {}, watch: () => {} });
    bundler.end();
    for (const place of ["out/sites.json", "lib/.llmops/manifest.json"]) {
      expect(JSON.parse(readFileSync(join(root, place), "utf8"))).toMatchObject({
        root: "..",
        files: { "src/a.ts": { sites: [{ id: "src/a.ts#f" }] } },
      });
      rmSync(join(root, place));
    }
  }
});

/** Root may read all. */
const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

test("a file that cannot be read now is not gone, nor is a manifest empty", () => {
  build({ "a.ts": TAGGED, "b.ts": TAGGED, "c.ts": TAGGED });
  for (const name of ["", "c.ts", ".llmops", ".llmops/manifest.json", ".llmops/.gitignore"])
    if (isRoot) chownSync(join(root, name), NOBODY, NOBODY);
  chmodSync(join(root, "a.ts"), 0);
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    expect(build({ "c.ts": "export {};\n" })).toBeUndefined();
    expect(names()).toEqual(["a.ts", "b.ts"]);
    chmodSync(path(), 0);
    expect(build({ "c.ts": TAGGED })).toMatchObject({ code: "LLMOPS2201" });
    chmodSync(path(), 0o600);
    expect(names()).toEqual(["a.ts", "b.ts"]);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("where it cannot be written, a watch says so once, and once more after it could", () => {
  const session = openSession({}, root);
  const filename = join(root, "a.ts");
  writeFileSync(filename, TAGGED);
  instrumentIn(session, TAGGED, { filename });
  const said: string[] = [];
  const writer = new ManifestWriter(session, {
    adapter: "t",
    warn: ({ code }) => void said.push(code),
  });
  writeFileSync(join(root, ".llmops"), "");
  writer.write();
  writer.write();
  expect(said).toEqual(["LLMOPS2201"]);
  rmSync(join(root, ".llmops"));
  writer.write();
  expect(names()).toEqual(["a.ts"]);
  rmSync(join(root, ".llmops"), { recursive: true });
  writeFileSync(join(root, ".llmops"), "");
  writer.write();
  expect(said).toEqual(["LLMOPS2201", "LLMOPS2201"]);
});

test("a build that stands still in its turn loses it, and overwrites nothing when it goes on", async () => {
  const file = join(root, "shared");
  writeFileSync(file, "");
  const child = spawn(process.execPath, [join(import.meta.dirname, "rewrite.child.ts"), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGSTOP");
  rewrite(file, () => `${readFileSync(file, "utf8")}ours `);
  expect(readFileSync(file, "utf8")).toBe("ours ");
  child.kill("SIGCONT");
  expect(await ended).toBe(0);
  expect(readFileSync(file, "utf8")).toBe("ours child ");
  expect(readdirSync(root)).toEqual(["shared"]);
});

test("what killed builds leave, a lock and temporary files, is removed", () => {
  build({ "a.ts": TAGGED });
  const old = [`${path()}.lock`, `${path()}.99-x.tmp`];
  for (const file of old) {
    writeFileSync(file, "");
    utimesSync(file, 1, 1);
  }
  build({ "b.ts": TAGGED });
  expect(names()).toEqual(["a.ts", "b.ts"]);
  expect(readdirSync(join(root, ".llmops"))).toEqual([".gitignore", "manifest.json"]);
});

test("where it cannot be written: a warning, and nothing thrown", () => {
  // A file in the place of the folder stops root too, whom permissions do not.
  writeFileSync(join(root, ".llmops"), "");
  expect(build({ "a.ts": TAGGED })).toMatchObject({
    code: "LLMOPS2201",
    severity: "warning",
    file: path(),
    line: 1,
    column: 1,
  });
});

test("builds that write at a time lose nothing, and readers never see half a file", async () => {
  const child = join(import.meta.dirname, "manifest.child.ts");
  const prefixes = ["a", "b", "c"];
  const children = prefixes.map((prefix) =>
    spawn(process.execPath, [child, root, prefix, "25"], { stdio: "inherit" }),
  );
  const codes = Promise.all(
    children.map((one) => new Promise((resolve) => one.once("exit", resolve))),
  );
  let reads = 0;
  while (children.some(({ exitCode }) => exitCode === null)) {
    if (existsSync(path()) && names().length > 0) reads++;
    await setImmediate();
  }
  expect(await codes).toEqual([0, 0, 0]);
  expect(names().length).toBe(75);
  expect(reads).toBeGreaterThan(0);
});
