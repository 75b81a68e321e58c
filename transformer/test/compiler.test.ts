// Projects with TypeScript 7, with 6 beside it and with none → what our package parses with.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
const MODULES = join(PACKAGE, "../node_modules");
/** There where CI installs more hosts; else a package of its shape stands for it. */
const SEVEN = join(PACKAGE, "../test/hosts/others/node_modules/typescript-7");
const sevenIsThere = existsSync(SEVEN);
const made: string[] = [];

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** Our package is copied: by a link, Node would look for TypeScript in this repository. */
function project(typescripts: Readonly<Record<string, string | undefined>>): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-typescript-"));
  made.push(directory);
  const modules = join(directory, "node_modules");
  const ours = join(modules, "llmops-transformer");
  cpSync(join(PACKAGE, "dist"), join(ours, "dist"), { recursive: true });
  cpSync(join(PACKAGE, "package.json"), join(ours, "package.json"));
  const { dependencies } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const own = join(PACKAGE, "node_modules", name);
    link(existsSync(own) ? own : join(MODULES, name), join(modules, name));
  }
  for (const [name, version] of Object.entries(typescripts)) {
    const at = join(modules, name);
    if (version === undefined) link(join(MODULES, "typescript"), at);
    else if (sevenIsThere) link(SEVEN, at);
    else {
      mkdirSync(at, { recursive: true });
      writeFileSync(
        join(at, "package.json"),
        JSON.stringify({ name, version, exports: { ".": "./version.cjs" } }),
      );
      writeFileSync(join(at, "version.cjs"), `exports.version = "${version}";`);
    }
  }
  writeFileSync(
    join(directory, "a.ts"),
    "/** @track */\nexport function a(): number { return 1; }\n",
  );
  return directory;
}

function link(target: string, at: string): void {
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(target, at, "dir");
}

const CALL = `import { instrument } from "llmops-transformer";
import { readFileSync } from "node:fs";
const done = instrument(readFileSync("a.ts", "utf8"), { filename: "a.ts" });
console.log(JSON.stringify([done.sites.length, done.diagnostics.map(({ code }) => code)]));`;

function call(directory: string, env: NodeJS.ProcessEnv = {}): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", CALL], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

test("TypeScript 7 has no API: that of 6 beside it is used", () => {
  expect(call(project({ typescript: "7.0.2", "@typescript/typescript6": undefined }))).toEqual([
    1,
    [],
  ]);
});

test("TypeScript 7 alone, or none: an error with the line that installs one", () => {
  for (const directory of [project({ typescript: "7.0.2" }), project({})]) {
    expect(call(directory)).toEqual([0, ["LLMOPS1202"]]);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["node_modules/llmops-transformer/dist/cli.js", "check"],
      { cwd: directory, encoding: "utf8" },
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("LLMOPS1202");
    expect(stderr).toContain("npm install --save-dev @typescript/typescript6");
  }
});

/** The three ways of docs/cli.md, each of which runs in a project that checks with 7. */
const WAYS: Readonly<Record<string, readonly [adapter: string, ...command: string[]]>> = {
  "a loader of Node": ["register", "--import", "llmops-transformer/register", "a.ts"],
  "llmops build": ["build", "node_modules/llmops-transformer/dist/cli.js", "build"],
  "tspc of 6": ["tspc", "node_modules/ts-patch/bin/tspc.js"],
};

test.each(Object.entries(WAYS))(
  "TypeScript 7 checks, and %s records",
  (_, [adapter, ...command]) => {
    const directory = project({ typescript: "7.0.2", "@typescript/typescript6": undefined });
    for (const name of ["ts-patch", "llmops-observability"])
      link(join(MODULES, name), join(directory, "node_modules", name));
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
    const compilerOptions = {
      target: "es2023",
      module: "nodenext",
      rootDir: ".",
      outDir: "dist",
      types: [],
      plugins: [{ transform: "llmops-transformer", transformProgram: true }],
    };
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["a.ts"] }),
    );
    const node = (...args: readonly string[]): void => {
      const env = { ...process.env, TSP_COMPILER_TS_PATH: "node_modules/@typescript/typescript6" };
      const ran = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8", env });
      expect({ status: ran.status, said: ran.stdout }, ran.stderr).toEqual({ status: 0, said: "" });
    };
    if (sevenIsThere) node("node_modules/typescript/bin/tsc", "--noEmit");
    node(...command);
    const manifest = readFileSync(join(directory, ".llmops/manifest.json"), "utf8");
    expect(JSON.parse(manifest)).toMatchObject({
      adapter,
      files: { "a.ts": { sites: [{ id: "a.ts#a" }] } },
    });
    if (adapter === "register") return;
    const code = readFileSync(join(directory, "dist/a.js"), "utf8");
    expect(code).toContain("llmops-observability/instrument");
    node("dist/a.js");
  },
);

test("what V8 makes of TypeScript is kept for the next process, unless coverage is measured", () => {
  const directory = project({ typescript: undefined });
  const kept = (env: NodeJS.ProcessEnv): boolean => {
    const TMPDIR = mkdtempSync(join(directory, "tmp-"));
    call(directory, { TMPDIR, NODE_V8_COVERAGE: undefined, NODE_COMPILE_CACHE: undefined, ...env });
    return existsSync(join(TMPDIR, "node-compile-cache"));
  };
  expect(kept({})).toBe(true);
  expect(kept({ NODE_V8_COVERAGE: join(directory, "coverage") })).toBe(false);
});
