// Builds that follow one another → what the first made of a file is taken again, where all that decides is as it was.
import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import type { RawConfig } from "../src/config/schema.ts";
import { instrumentIn } from "../src/hosts/instrument.ts";
import { Results } from "../src/hosts/results.ts";
import { openSession } from "../src/hosts/session.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
const made: string[] = [];

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

function project(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-results-"));
  made.push(directory);
  mkdirSync(join(directory, "node_modules"));
  return directory;
}

const folderOf = (directory: string): string => join(directory, "node_modules/.cache/llmops");
const kept = (directory: string): string[] =>
  existsSync(folderOf(directory))
    ? readdirSync(folderOf(directory))
        .filter((name) => name.endsWith(".json"))
        .map((name) => join(folderOf(directory), name))
    : [];

interface Build {
  readonly name?: string;
  readonly text?: string;
  readonly config?: RawConfig;
  readonly format?: "esm" | "cjs";
  readonly map?: object;
}

const TEXT =
  "/** @track capture */\nexport function pay(sum: number): number { const a = sum; return a; }\n";

/** As a process that starts: with a session and results of its own. */
function build(
  directory: string,
  { name = "pay.ts", text = TEXT, config = {}, format, map }: Build,
  cached = true,
): unknown {
  const session = openSession(config, directory);
  const filename = join(directory, name);
  const done = instrumentIn(session, text, {
    filename,
    ...(cached && { results: new Results(directory) }),
    ...(format && { format }),
    ...(map && { map }),
  });
  return { done, looked: session.looked.get(filename) };
}

/** A text that no build makes: where it comes out, it was taken and not made. */
function mark(path: string): void {
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("sum", "marked"));
}

test("the same is taken; with another text, name, configuration, format or map it is made anew", () => {
  const directory = project();
  const map = { version: 3, sources: ["pay.coffee"], names: [], mappings: "AAAA" };
  const builds: Build[] = [
    {},
    { text: `${TEXT}// more` },
    { text: TEXT.replace("@track", "@Track") },
    { text: TEXT.replace("capture", "captrue") },
    { text: TEXT.replace("{", "{{") },
    { name: "shop.ts" },
    { name: "pay.js", text: "/** @track */ function pay() {}" },
    { name: "pay.js", text: "/** @track */ function pay() {}", format: "cjs" },
    { config: { defaults: { capture: false } } },
    { config: { exclude: ["pay.ts"] } },
    { map },
    { map: { ...map, sources: ["pay.other"] } },
  ];
  const bare = builds.map((one) => JSON.stringify(build(directory, one, false)));
  expect(new Set(bare).size).toBeGreaterThan(9);
  for (let round = 0; round < 2; round++) {
    for (const [index, one] of builds.entries())
      expect(JSON.stringify(build(directory, one))).toBe(bare[index]);
    expect(kept(directory)).toHaveLength(builds.length);
  }
  for (const path of kept(directory)) mark(path);
  expect(JSON.stringify(build(directory, {}))).toContain("marked");
  expect(JSON.stringify(build(directory, { text: `${TEXT}// other` }))).not.toContain("marked");
});

test("two projects with one node_modules keep apart", () => {
  const directory = project();
  const inner = join(directory, "inner");
  mkdirSync(inner);
  build(directory, {});
  build(inner, {});
  expect(kept(directory)).toHaveLength(2);
  for (const path of kept(directory)) mark(path);
  expect(JSON.stringify(build(inner, {}))).toContain("marked");
});

test("a damaged result is made anew, and so is half of one", () => {
  const directory = project();
  const whole = JSON.stringify(build(directory, {}));
  const [path = ""] = kept(directory);
  const { size } = statSync(path);
  for (const length of [0, 1, size >> 1, size - 1]) {
    truncateSync(path, length);
    expect(JSON.stringify(build(directory, {}))).toBe(whole);
    expect(statSync(path).size).toBe(size);
  }
  for (const text of ["null", "[]", "{}", '{"made":1}']) {
    writeFileSync(path, text);
    expect(JSON.stringify(build(directory, {}))).toBe(whole);
  }
});

test("a folder that takes nothing is no error", () => {
  const directory = project();
  // A file in the folder's place refuses root too.
  writeFileSync(join(directory, "node_modules/.cache"), "");
  const bare = JSON.stringify(build(directory, {}, false));
  expect(JSON.stringify(build(directory, {}))).toBe(bare);
  const locked = project();
  chmodSync(join(locked, "node_modules"), 0o555);
  build(locked, {});
  chmodSync(join(locked, "node_modules"), 0o755);
});

test("without node_modules they are in .llmops/cache, which git ignores", () => {
  const directory = mkdtempSync(join(tmpdir(), "llmops-results-"));
  made.push(directory);
  build(directory, {});
  expect(readFileSync(join(directory, ".llmops/cache/.gitignore"), "utf8")).toBe("*\n");
});

test("beyond 64 MB the oldest go", () => {
  const directory = project();
  const folder = folderOf(directory);
  mkdirSync(folder, { recursive: true });
  for (let age = 1; age <= 9; age++) {
    const path = join(folder, `${age}.json`);
    writeFileSync(path, "");
    // Holes take no space on the disk.
    truncateSync(path, 10 << 20);
    utimesSync(path, new Date(), new Date(Date.now() - age * 60_000));
  }
  build(directory, {});
  const left = readdirSync(folder).filter((name) => name.length < 10);
  expect(left.toSorted()).toEqual(["1.json", "2.json", "3.json", "4.json", "5.json", "6.json"]);
});

const BUILD = `import { build } from "esbuild";
import { createRequire } from "node:module";
import llmops from "llmops-transformer/esbuild";
const options = JSON.parse(process.argv[1] ?? "{}");
const { outputFiles, warnings } = await build({ entryPoints: ["pay.ts"], bundle: true, write: false,
  format: "esm", sourcemap: "inline", packages: "external", plugins: [llmops(options)], logLevel: "silent" });
const loaded = Object.keys(createRequire(import.meta.url).cache).some((file) => /typescript/.test(file));
console.log(JSON.stringify({ code: outputFiles[0].text, warnings: warnings.map(({ text }) => text), loaded }));`;

function esbuildProject(): string {
  const directory = project();
  for (const name of ["esbuild", "llmops-transformer", "llmops-observability"])
    symlinkSync(join(REPOSITORY, "node_modules", name), join(directory, "node_modules", name));
  writeFileSync(join(directory, "pay.ts"), `${TEXT}// @track\nexport function b() {}\n`);
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  return directory;
}

const ARGS = ["--input-type=module", "-e", BUILD];

test("the second process loads no TypeScript, says the same, and writes the same manifest", () => {
  const directory = esbuildProject();
  const run = (options = {}): unknown =>
    JSON.parse(
      execFileSync(process.execPath, [...ARGS, JSON.stringify(options)], {
        cwd: directory,
        encoding: "utf8",
      }),
    );
  const manifest = join(directory, ".llmops/manifest.json");
  const first = run() as object;
  const files = (JSON.parse(readFileSync(manifest, "utf8")) as { files: object }).files;
  expect(first).toMatchObject({ loaded: true, warnings: [expect.stringContaining("LLMOPS2101")] });
  rmSync(manifest);
  expect(run()).toEqual({ ...first, loaded: false });
  expect(JSON.parse(readFileSync(manifest, "utf8"))).toMatchObject({ files });
  expect(run({ cache: false })).toEqual(first);
  rmSync(folderOf(directory), { recursive: true });
  run({ cache: false });
  expect(existsSync(folderOf(directory))).toBe(false);
});

test("an update of TypeScript, or of this package, makes anew", () => {
  const parent = join(REPOSITORY, ".llmops/test");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "results-"));
  made.push(directory);
  const ours = join(directory, "node_modules/llmops-transformer");
  const typescript = join(directory, "node_modules/typescript");
  cpSync(join(REPOSITORY, "transformer/dist"), join(ours, "dist"), { recursive: true });
  cpSync(join(REPOSITORY, "transformer/package.json"), join(ours, "package.json"));
  const install = (version: string): void => {
    mkdirSync(typescript, { recursive: true });
    writeFileSync(join(typescript, "package.json"), JSON.stringify({ version, main: "main.cjs" }));
    const real = join(REPOSITORY, "node_modules/typescript");
    writeFileSync(
      join(typescript, "main.cjs"),
      `module.exports = require(${JSON.stringify(real)})`,
    );
  };
  symlinkSync(join(REPOSITORY, "runtime"), join(directory, "node_modules/llmops-observability"));
  // Not this repository's, whose paths lead to the runtime's sources.
  writeFileSync(join(directory, "tsconfig.json"), "{}");
  writeFileSync(join(directory, "pay.ts"), TEXT);
  const countAfter = (change: () => void): number => {
    change();
    execFileSync(process.execPath, ARGS, { cwd: directory, stdio: ["ignore", "ignore", 2] });
    return kept(directory).length;
  };
  expect(countAfter(() => install("5.9.1"))).toBe(1);
  expect(countAfter(() => {})).toBe(1);
  expect(countAfter(() => install("5.9.2"))).toBe(2);
  const patch = (): void => writeFileSync(join(ours, "dist/index.js"), "// patched", { flag: "a" });
  expect(countAfter(patch)).toBe(3);
});

test("a program that register instruments starts without TypeScript the second time", () => {
  const directory = esbuildProject();
  writeFileSync(
    join(directory, "main.ts"),
    `import { createRequire } from "node:module";
/** @track */ function pay(): boolean { return true; }
pay();
const { cache } = createRequire(import.meta.url);
console.log(Object.keys(cache).some((file) => /typescript/.test(file)));`,
  );
  const run = (env: NodeJS.ProcessEnv = {}): string =>
    execFileSync(process.execPath, ["--import", "llmops-transformer/register", "main.ts"], {
      cwd: directory,
      encoding: "utf8",
      env: { ...process.env, LLMOPS_SPOOL_DIR: join(directory, "spool"), ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
  expect(run({ LLMOPS_CACHE: "false" })).toBe("true\n");
  expect(kept(directory)).toEqual([]);
  expect([run(), run()]).toEqual(["true\n", "false\n"]);
});

test("builds at a time get the same", async () => {
  const directory = esbuildProject();
  const runs = await Promise.all(
    Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, ARGS, { cwd: directory }),
    ),
  );
  const codes = runs.map(({ stdout }) => (JSON.parse(stdout) as { code: string }).code);
  expect(new Set(codes).size).toBe(1);
  expect(codes[0]).toContain("pay.ts");
  expect(kept(directory)).toHaveLength(1);
});
