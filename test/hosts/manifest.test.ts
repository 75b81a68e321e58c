// One application, built by every host: each writes the same manifest, and spans name its sites.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Manifest } from "../../transformer/src/hosts/manifest.ts";
import type { App } from "./bundlers/app.ts";
import { bundlers } from "./bundlers/build.ts";

const ROOT = join(import.meta.dirname, "../..");
const RUNTIME = [
  "llmops-observability",
  "llmops-observability/instrument",
  "llmops-observability/testing",
];
const run = promisify(execFile);
let directory = "";

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

beforeAll(() => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/manifest-"));
  write({
    "package.json": '{ "name": "app", "type": "module" }',
    "llmops.config.json": '{ "track": [{ "functions": "configured", "capture": true }] }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        rootDir: "src",
        outDir: "dist/tspc",
        types: [],
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        rewriteRelativeImportExtensions: true,
        plugins: [{ transform: "llmops-transformer", transformProgram: true }],
      },
      include: ["src"],
    }),
    "src/console.d.ts": "declare const console: { log(...values: unknown[]): void };\n",
    "src/main.ts": `import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { Shop } from "./shop.ts";
const sink = memorySink();
configure({ sink });
/** @track */
const main = (): number => new Shop().total + new Shop().pay(1, 2);
main();
function configured(): number { const a = 1; return a; }
configured();
void flush().then(() => {
  const codes = sink.traces().flatMap((trace) => trace.spans.map((span) => [span.code?.site, span.code?.hash]));
  console.log(JSON.stringify(codes));
});
`,
    // A checkout of Windows.
    "src/shop.ts": `/** @track */\r
export class Shop {\r
  get total(): number {\r
    return 1;\r
  }\r
  /** @trackLlm capture=sum */\r
  pay(a: number, b: number): number {\r
    let sum = a;\r
    sum += b;\r
    return sum;\r
  }\r
}\r
`,
    "src/second.ts":
      "/** @track */ export function second() { return 2; }\nconsole.log(second());\n",
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const path = (): string => join(directory, ".llmops/manifest.json");
const read = (): Manifest => JSON.parse(readFileSync(path(), "utf8")) as Manifest;

/** The manifest of a build from nothing, without what differs. */
function taken(adapter: string): Omit<Manifest, "adapter" | "built_at"> {
  const { adapter: written, built_at: at, ...rest } = read();
  expect(written).toBe(adapter);
  expect(at).toBeGreaterThan(1_700_000_000);
  rmSync(path());
  return rest;
}

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
const REGISTER = ["--import", "llmops-transformer/register", "src/main.ts"];

test.each(Object.entries(bundlers))("%s", async (name, build) => {
  const output = node(...REGISTER);
  const expected = taken("register");
  const sites = Object.values(expected.files).flatMap((file) => file.sites);
  expect(sites.map(({ id }) => id)).toEqual([
    "src/main.ts#main",
    "src/main.ts#configured",
    "src/shop.ts#Shop.total",
    "src/shop.ts#Shop.pay",
  ]);
  const spans = JSON.parse(output) as [site: string, hash: string][];
  expect(new Map(spans)).toEqual(new Map(sites.map(({ id, hash }) => [id, hash])));
  const app: App = { directory, external: RUNTIME };
  const { file, errors } = await build(app);
  expect(errors).toEqual([]);
  expect(taken(name.replace(/ .*|\d+$/, ""))).toEqual(expected);
  expect(new Set(JSON.parse(node(file)) as unknown[])).toEqual(new Set(spans));
});

test("tspc", () => {
  node(...REGISTER);
  const expected = taken("register");
  // The second time it emits nothing, and the manifest was lost.
  for (let time = 0; time < 2; time++) {
    execFileSync(join(ROOT, "node_modules/.bin/tspc"), ["--incremental"], { cwd: directory });
    const { files } = taken("tspc");
    expect({ ...files, "src/second.ts": undefined }).toEqual({
      ...expected.files,
      "src/second.ts": undefined,
    });
  }
  execFileSync(join(ROOT, "node_modules/.bin/llmops"), ["build"], {
    cwd: directory,
    stdio: "pipe",
  });
  expect(taken("build").files).toMatchObject(expected.files);
});

test("a server's and a client's build at a time are both in it", async () => {
  const [vite, esbuild] = [bundlers["vite"], bundlers["esbuild"]];
  if (vite === undefined || esbuild === undefined) throw new Error("no bundlers");
  await Promise.all([
    vite({ directory, external: RUNTIME }),
    esbuild({ directory, external: RUNTIME, entry: "src/second.ts" }),
    run(process.execPath, REGISTER, { cwd: directory }),
  ]);
  expect(Object.keys(read().files)).toEqual(["src/main.ts", "src/second.ts", "src/shop.ts"]);
  rmSync(path());
});

const CHILD = join(import.meta.dirname, "bundlers/build.child.ts");
const byBundler = (name: string): string[] => [
  process.execPath,
  CHILD,
  name,
  JSON.stringify({ directory, external: RUNTIME }),
];

test.each<[string, () => string[]]>([
  ...["esbuild", "vite", "rollup", "webpack", "rspack"].map((name): [string, () => string[]] => [
    name,
    () => byBundler(name),
  ]),
  ["tspc", () => [join(ROOT, "node_modules/.bin/tspc")]],
  ["register", () => [process.execPath, ...REGISTER]],
])(
  "%s is killed while it writes: the manifest is whole, and the next build's",
  async (_, command) => {
    const [program = "", ...args] = command();
    const edited = join(directory, "src/shop.ts");
    const text = readFileSync(edited, "utf8");
    await run(program, args, { cwd: directory });
    const known = Object.keys(read().files);
    try {
      writeFileSync(edited, `${text}/** @track */ export const added = (): void => {};\n`);
      // A group of its own: tspc starts another process.
      const child = spawn(program, args, { cwd: directory, stdio: "ignore", detached: true });
      const watcher = watch(dirname(path()), () => {
        if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        watcher.close();
      });
      await once(child, "exit");
      watcher.close();
      expect(Object.keys(read().files)).toEqual(known);
      await run(program, args, { cwd: directory });
      expect(read().files["src/shop.ts"]?.sites.map((site) => site.function)).toContain("added");
      expect(Object.keys(read().files)).toEqual(known);
      const left = readdirSync(dirname(path())).filter((name) => !name.endsWith(".tmp"));
      expect(left).toEqual([".gitignore", "manifest.json"]);
    } finally {
      writeFileSync(edited, text);
      rmSync(path());
    }
  },
);

test.each(Object.entries(bundlers))(
  "%s goes on where it cannot be written",
  async (_name, build) => {
    rmSync(join(directory, ".llmops"), { recursive: true, force: true });
    // A file in the folder's place stops root too, whom permissions do not.
    write({ ".llmops": "" });
    try {
      const { file, errors } = await build({ directory, external: RUNTIME });
      expect(errors).toEqual([]);
      expect(existsSync(file)).toBe(true);
    } finally {
      rmSync(join(directory, ".llmops"));
    }
  },
);
