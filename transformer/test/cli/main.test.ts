// `llmops` with arguments of all kinds → its output, streams and exit code.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wantsColor } from "../../src/cli/terminal.ts";
import { runViewer } from "../../src/cli/viewer.ts";
import { llmops, packageOf, projectOf } from "./setup.ts";

const BIN = join(import.meta.dirname, "../../dist/cli.js");
const empty = projectOf({ "package.json": { name: "empty" } });

test("--help lists all commands, the viewer's too, and each has its own", async () => {
  const help = await llmops(empty, ["--help"]);
  expect(help.code).toBe(0);
  for (const name of ["check", "explain", "init", "build", "dev", "tail", "traces", "mcp"])
    expect(help.out).toContain(`\n  ${name} `);
  for (const name of ["check", "explain", "build"]) {
    const own = await llmops(empty, [name, "--help"]);
    expect(own.code).toBe(0);
    expect(own.out).toContain(`Usage: llmops ${name}`);
  }
});

test.each([
  [["chek"], "Did you mean check?"],
  [["check", "--jsn"], "Did you mean --json?"],
  [["explain"], "missing required argument"],
  [["check", "-p", "nowhere"], "There is no "],
  [["check", "-p", "package.json"], "package.json is no tsconfig"],
  [["check", "--json", "-p", "nowhere"], "There is no "],
  [["explain", "nowhere.ts"], "There is no file "],
  [["explain", "."], "is a directory: name a file in it."],
  [["explain", "package.json"], "is neither TypeScript nor JavaScript."],
  [["build"], "There is no tsconfig "],
])("%j is wrong usage: exit code 2, and what was meant", async (args, said) => {
  const { code, out, err } = await llmops(empty, args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(said);
  expect(err).not.toMatch(/\n\s+at /);
});

test("a file that is no JSON is named, and nothing is written", async () => {
  const broken = projectOf({ "package.json": '{ "scripts": {', "tsconfig.json": "{}" });
  for (const args of [["check"], ["init", "--yes"]]) {
    const { code, out, err } = await llmops(broken, args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe(`${broken}/package.json is no valid JSON: correct it first.\n`);
  }
  const tsconfig = projectOf({
    "package.json": { scripts: { build: "tsc" } },
    "tsconfig.json": "{ files: ",
    "a.ts": "",
  });
  for (const args of [["check"], ["check", "-p", "tsconfig.json"], ["init", "--yes"]]) {
    const { code, out, err } = await llmops(tsconfig, args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe(`${tsconfig}/tsconfig.json is no valid JSON: correct it first.\n`);
  }
});

test("without a command the help is on stderr, and the exit code 2", async () => {
  const { code, out, err } = await llmops(empty, []);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("Usage: llmops");
});

test.each(["dev", "tail", "traces", "export", "import", "clear", "mcp"])(
  "%s belongs to llmops-viewer: without it a line says how to get it",
  async (name) => {
    // This repository has it: as if the command lay elsewhere.
    const run = runViewer([name, "--port", "1"], { cwd: empty }, join(empty, "package.json"));
    await expect(run).rejects.toMatchObject({
      message: `llmops ${name} needs llmops-viewer: npm i -D llmops-viewer`,
      exitCode: 2,
    });
  },
);

test("the viewer of the project gets its arguments as they are, and gives the exit code", async () => {
  const directory = projectOf({
    "node_modules/llmops-viewer/package.json": {
      name: "llmops-viewer",
      version: "0.1.0",
      type: "module",
      exports: { "./cli": { types: "./cli.d.ts", default: "./cli.js" } },
    },
    "node_modules/llmops-viewer/cli.js":
      "export const run = async (argv) => argv.join() === 'dev,--json,--,node,--help' ? 7 : 1;",
  });
  const { code } = await llmops(directory, ["dev", "--json", "--", "node", "--help"]);
  expect(code).toBe(7);
});

test("the bin: plain where there is no terminal, JSON alone on stdout, whole through a pipe", () => {
  const source = Array.from({ length: 400 }, (_, at) => `/** @track */\nfunction f${at}() {}\n`);
  const directory = projectOf({ "package.json": { name: "many" }, "src/many.js": source.join("") });
  const { status, stdout } = spawnSync(process.execPath, [BIN, "check", "--json"], {
    cwd: directory,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stdout.length).toBeGreaterThan(100_000);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, totals: { tracked: 400 } });
  const text = spawnSync(process.execPath, [BIN, "check"], { cwd: directory, encoding: "utf8" });
  expect(text.stdout).toContain("400 functions tracked");
  expect(text.stdout).not.toContain("\u001B[");
});

test("Ctrl-C ends a watch with 130", async () => {
  const directory = projectOf({
    "package.json": { name: "watched", type: "module" },
    "tsconfig.json": { compilerOptions: { outDir: "dist", module: "nodenext", types: [] } },
    "a.ts": "export const a = 1;\n",
  });
  const child = spawn(process.execPath, [BIN, "build", "--watch"], { cwd: directory });
  child.stderr.on("data", (said: Buffer) => {
    if (String(said).includes("functions tracked")) child.kill("SIGINT");
  });
  const [code] = (await once(child, "exit")) as [number | null];
  expect(code).toBe(130);
});

test.each<[env: Record<string, string>, isTerminal: boolean, colors: boolean]>([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ NODE_DISABLE_COLORS: "1" }, true, false],
  [{ TERM: "dumb" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
])("%j, terminal: %j, colours: %j", (env, isTerminal, colors) => {
  expect(wantsColor(env, isTerminal)).toBe(colors);
});

test("colours are for terminals alone", async () => {
  const directory = projectOf(
    { "package.json": { name: "plain" } },
    packageOf("typescript", "6.0.3"),
  );
  expect((await llmops(directory, ["check"], { color: true })).out).toContain("\u001B[");
  expect((await llmops(directory, ["check"])).out).not.toContain("\u001B[");
});
