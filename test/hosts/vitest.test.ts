// A project that Vitest compiles with us, in a process of its own → its mocks and hoisted code run as
// written, and an edit of llmops.config.json compiles its files again.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/vitest/vitest.mjs");

const CONFIG = `
import llmops from "llmops-transformer/vite";
export default { plugins: [llmops()], test: { include: ["*.test.ts"] } };
`;
const PROGRAM = `
import { name } from "./dependency.ts";
export function greeting() { const to = name(); return "Hello, " + to; }
export function parting() { return "Bye"; }
`;
const TESTS = `
import { expect, test, vi } from "vitest";
import * as program from "./program.ts";
function made() { return "mocked"; }
const names = vi.hoisted(() => { const name = () => made(); return { name, first: name() }; });
const later = await vi.hoisted(async () => (await import("node:path")).sep);
vi.mock("./dependency.ts", async (original) => ({ ...(await original()), name: names.name }));
test("hoisted code ran, and its functions run", () => {
  expect([names.first, later, program.greeting()]).toEqual(["mocked", "/", "Hello, mocked"]);
});
test("tracked", () => {
  const tracked = Object.keys(program).filter((name) => /\\$m\\b/.test(String(program[name])));
  console.log("tracked:", tracked.join() || "none");
});
`;

/** The lines of the tests' own, and what failed. */
function run(directory: string): Promise<string[]> {
  const env = { ...process.env, NO_COLOR: "1", LLMOPS_SPOOL_DIR: join(directory, "spool") };
  return new Promise((resolve) => {
    execFile(process.execPath, [vitest, "run"], { cwd: directory, env }, (_error, out, said) => {
      const lines = `${out}\n${said}`.split("\n");
      resolve(lines.filter((line) => /tracked:|FAIL|Error|Tests /.test(line)));
    });
  });
}

test("mocks, and an edit of the configuration", async () => {
  const parent = join(root, ".llmops/test");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "vitest-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write("package.json", '{ "type": "module" }');
  write("vitest.config.mjs", CONFIG);
  write("program.ts", PROGRAM);
  write("dependency.ts", 'export function name() { return "you"; }');
  write("program.test.ts", TESTS);

  write("llmops.config.json", '{ "track": [{ "functions": "parting" }] }');
  expect(await run(directory)).toEqual([
    expect.stringContaining("tracked: parting"),
    expect.stringContaining("2 passed"),
  ]);
  write("llmops.config.json", '{ "track": [{ "functions": "**", "capture": true }] }');
  expect(await run(directory)).toEqual([
    expect.stringContaining("tracked: greeting,parting"),
    expect.stringContaining("2 passed"),
  ]);
});
