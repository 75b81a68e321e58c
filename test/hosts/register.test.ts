// `node --import llmops-transformer/register`: with `tsx` in either order, CommonJS, worker threads,
// from any directory; and the manifest that it writes.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Manifest } from "../../transformer/src/hosts/manifest.ts";

const ROOT = join(import.meta.dirname, "../..");
const REGISTER = ["--import", "llmops-transformer/register"];
const TSX = ["--import", "tsx"];

let directory = "";
beforeEach(() => {
  mkdirSync(join(ROOT, ".llmops"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/register-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

function run(args: readonly string[], cwd = directory): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  return { stdout, stderr };
}

const manifest = (folder = ""): Manifest =>
  JSON.parse(readFileSync(join(directory, folder, ".llmops/manifest.json"), "utf8")) as Manifest;
const ids = (folder?: string): string[] =>
  Object.values(manifest(folder).files).flatMap(({ sites }) => sites.map(({ id }) => id));

/** Prints the spans that were recorded, each with its place. */
const SHOW = `
  void flush().then(() => {
    for (const { spans } of sink.traces())
      for (const { span_name, input_data, code } of spans)
        console.log(JSON.stringify([span_name, input_data.locals ?? {}, code]));
  });`;
const RECORD = `import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
const sink = memorySink();
configure({ sink });
`;
const LIBRARY = `enum Color { Red = "red" }
/** @track capture=sum */
export function add(a: number, b: number): string {
  const sum: number = a + b;
  return Color.Red + sum;
}
export const fail = (): never => {
  const kind: string = import.meta.url.slice(0, 8);
  throw new Error(kind);
};
`;
const MAIN = `${RECORD}import { add, fail } from "./library.js";
console.log(add(1, 2));
try { fail(); } catch (error) {
  const { message, stack } = error as Error;
  console.log(message, /library\\.ts:\\d+:\\d+/.exec(stack ?? "")?.[0]);
}${SHOW}
`;

describe.each([
  ["module", "src/main.ts"],
  ["commonjs", "src/main.ts"],
])("type %s, %s", (type, main) => {
  test.each([
    ["before tsx", [...REGISTER, ...TSX]],
    ["after tsx", [...TSX, ...REGISTER]],
  ])("%s: spans, places, and lines in stacks are the original's", (_order, flags) => {
    write({
      "package.json": JSON.stringify({ type }),
      "llmops.config.json": '{ "track": [{ "functions": "fail" }] }',
      "src/library.ts": LIBRARY,
      [main]: MAIN,
    });
    const { stdout, stderr } = run([...flags, main]);
    expect(stderr).toBe("");
    const [result, failure, ...spans] = stdout.trimEnd().split("\n");
    expect(result).toBe("red3");
    expect(failure).toMatch(/^file:\/\/\/ library\.ts:9:\d+$/);
    const { sites } = manifest().files["src/library.ts"] ?? { sites: [] };
    const codes = sites.map(({ function: name, line, column, id, hash }) => ({
      function: name,
      file: "src/library.ts",
      line,
      column,
      site: id,
      hash,
    }));
    expect(sites.map(({ id, line }) => [id, line])).toEqual([
      ["src/library.ts#add", 3],
      ["src/library.ts#fail", 7],
    ]);
    expect(spans.map((span) => JSON.parse(span) as unknown)).toEqual([
      ["add", { sum: 3 }, codes[0]],
      ["fail", {}, codes[1]],
    ]);
  });
});

test("CommonJS by require, and a worker thread: all are in the manifest of the file's project", () => {
  write({
    "app/package.json": '{ "type": "commonjs" }',
    "app/llmops.config.json": '{ "track": [{ "functions": "byConfig" }] }',
    "app/main.cjs": `const { Worker } = require("node:worker_threads");
const { byConfig } = require("./lib.cjs");
console.log(byConfig());
new Worker(require.resolve("./worker.mjs"));`,
    "app/lib.cjs": "exports.byConfig = function byConfig() { return 1; };",
    "app/worker.mjs": `${RECORD}/** @track */ const inWorker = () => 2;
console.log(inWorker());${SHOW}`,
  });
  // From the folder above, as in a monorepo.
  const { stdout, stderr } = run([...REGISTER, "app/main.cjs"]);
  expect(stderr).toMatch(/^(?:\[llmops\] no destination is set.*\n)?$/);
  expect(stdout).toContain("1\n2\n");
  expect(stdout).toContain('["inWorker",{},{"function":"inWorker","file":"worker.mjs"');
  expect(ids("app")).toEqual(["lib.cjs#byConfig", "worker.mjs#inWorker"]);
  expect(existsSync(join(directory, ".llmops"))).toBe(false);
});

const TAGGED = "/** @track */ export function f() {}\n";

test("the manifest is there while a server runs, and processes of one root share it", async () => {
  write({
    "package.json": '{ "type": "module" }',
    "server.js": `${TAGGED} setInterval(f, 10_000);`,
    "job.js": `${TAGGED} process.exit(3);`,
  });
  const server = spawn(process.execPath, [...REGISTER, "server.js"], { cwd: directory });
  try {
    while (!existsSync(join(directory, ".llmops/manifest.json"))) await wait(50);
    expect(ids()).toEqual(["server.js#f"]);
    run([...REGISTER, "job.js"]);
    expect(ids()).toEqual(["job.js#f", "server.js#f"]);
  } finally {
    server.kill();
  }
});

test("node --watch: an edit of the configuration alone starts the program again", async () => {
  const configure = (functions: string): void =>
    write({ "base.json": JSON.stringify({ track: [{ functions }] }) });
  write({
    "package.json": '{ "type": "module" }',
    "llmops.config.json": '{ "extends": "./base.json" }',
    "main.js": `function f() {}
console.log(String(f).includes("enter") ? "tracked" : "plain"); setInterval(() => {}, 10_000);`,
  });
  configure("g");
  const args = ["--watch", ...REGISTER, "main.js"];
  const child = spawn(process.execPath, args, { cwd: directory });
  let out = "";
  child.stdout.on("data", (text: Buffer) => void (out += String(text)));
  const runs = (): string[] => out.match(/^(?:tracked|plain)$/gm) ?? [];
  try {
    await expect.poll(runs).toEqual(["plain"]);
    configure("f");
    await expect.poll(runs).toEqual(["plain", "tracked"]);
  } finally {
    child.kill();
  }
});

test("processes that end at a time: each of their files is in the manifest", async () => {
  const names = Array.from({ length: 4 }, (_, index) => `job${index}.mjs`);
  write({ "package.json": "{}" });
  write(Object.fromEntries(names.map((name) => [name, TAGGED])));
  const ends = names.map(async (name) => {
    const child = spawn(process.execPath, [...REGISTER, name], { cwd: directory });
    await new Promise((resolve) => child.once("exit", resolve));
  });
  await Promise.all(ends);
  expect(Object.keys(manifest().files)).toEqual(names.toSorted());
  // The last tag of all goes.
  write(Object.fromEntries(names.map((name) => [name, "export function f() {}\n"])));
  run([...REGISTER, names[0] ?? ""]);
  expect(manifest().files).toEqual({});
});

test("killed while they write: the manifest is whole, and the next build mends the rest", async () => {
  const name = "job.mjs";
  // Many sites: writing takes a while.
  const many = Array.from({ length: 3_000 }, (_, index) => `/** @track */ function f${index}() {}`);
  write({ "package.json": "{}", [name]: many.join("\n"), "next.mjs": TAGGED });
  run([...REGISTER, name]);
  const before = manifest();
  for (let round = 0; round < 3; round++) {
    write({ [name]: `${many.join("\n")}\n// ${round}\nprocess.exit();` });
    const child = spawn(process.execPath, [...REGISTER, name], { cwd: directory });
    const lock = join(directory, ".llmops/manifest.json.lock");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while (!existsSync(lock) && child.exitCode === null) await wait(1);
    child.kill("SIGKILL");
    await ended;
    expect(Object.keys(manifest().files)).toEqual(Object.keys(before.files));
  }
  run([...REGISTER, "next.mjs"]);
  expect(Object.keys(manifest().files)).toEqual([name, "next.mjs"]);
});

test("tags that a build took out are missed, where a map leads to them", () => {
  write({
    "package.json": '{ "type": "module" }',
    "src/a.ts": TAGGED,
    "dist/a.js": 'import "./b.js";\nexport function f() {}\n//# sourceMappingURL=a.js.map',
    "dist/a.js.map": JSON.stringify({ version: 3, sources: ["../src/a.ts"], mappings: "" }),
    "dist/b.js": "console.log(1);\n//# sourceMappingURL=b.js.map",
    "dist/b.js.map": JSON.stringify({ version: 3, sources: ["../src/gone.ts"], mappings: "" }),
  });
  const { stdout, stderr } = run([...REGISTER, "dist/a.js"]);
  expect(stdout).toBe("1\n");
  expect(stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/a\.js:1:1: LLMOPS2109: A build left out the tags of .*src\/a\.ts \(/),
  ]);
});

test("a mistake in a tag stops the program with its place", () => {
  write({ "a.mjs": "/** @track captur=x */ function f() {}\nconsole.log('runs');" });
  const { stdout, stderr } = run([...REGISTER, "a.mjs"]);
  expect(stdout).toBe("");
  expect(stderr).toContain('a.mjs:1:12: LLMOPS1001: Unknown option "captur" in @track.');
});
