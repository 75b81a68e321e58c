// A project that Jest tests, through each transformer that people use → tracked; mocks are hoisted, lines are the file's, an edit of
// the configuration makes files anew.
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const OTHERS = join(import.meta.dirname, "others/node_modules");

const PROGRAM = `import { name } from "./dependency";

export function greeting(): string {
  const to: string = name();
  return "Hello, " + to;
}
export function failing(): never {
  throw new Error("here");
}
`;
const TESTS = `import * as program from "./program";
jest.mock("./dependency", () => ({ name: () => "mocked" }));
test("mocks, and lines", () => {
  expect(program.greeting()).toBe("Hello, mocked");
  const [, line] = /program\\.ts:(\\d+)/.exec(String((() => { try { program.failing(); } catch (e) { return (e as Error).stack; } })())) ?? [];
  expect(line).toBe("8");
  const tracked = Object.entries(program).filter(([, f]) => /\\$m\\b/.test(String(f))).map(([n]) => n).sort();
  process.stdout.write("tracked: " + (tracked.join() || "none") + "\\n");
});
`;

const PRESETS = ["@babel/preset-typescript"];
const PLUGINS = ["@babel/plugin-transform-modules-commonjs"];

const nexts = [
  { name: "ts-jest", next: ["ts-jest", { diagnostics: false }] },
  { name: "@swc/jest", next: ["@swc/jest", { jsc: { parser: { syntax: "typescript" } } }] },
  { name: "babel-jest", next: ["babel-jest", { presets: PRESETS, plugins: PLUGINS }] },
].flatMap((one) => ["jest", "jest29"].map((jest) => ({ ...one, jest })));

test.skipIf(!existsSync(OTHERS)).each(nexts)("$jest, $name", async ({ next, jest }) => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  const directory = mkdtempSync(join(ROOT, ".llmops/test/jest-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);
  symlinkSync(OTHERS, join(directory, "node_modules"));
  write("package.json", '{ "name": "tested" }');
  write(
    "tsconfig.json",
    '{ "compilerOptions": { "module": "commonjs", "target": "es2022", "isolatedModules": true } }',
  );
  const settings = {
    rootDir: directory,
    cacheDirectory: join(directory, "cache"),
    transform: { "\\.ts$": [join(ROOT, "transformer/dist/jest.js"), { next }] },
  };
  write("jest.config.json", JSON.stringify(settings));
  write("program.ts", PROGRAM);
  write("dependency.ts", 'export const name = (): string => "you";\n');
  write("program.test.ts", TESTS);
  const run = async (): Promise<string[]> =>
    await new Promise((resolve) => {
      const env = { ...process.env, CI: "1", LLMOPS_SPOOL_DIR: join(directory, "spool") };
      const args = [join(OTHERS, jest, "bin/jest.js"), "-c", join(directory, "jest.config.json")];
      execFile(process.execPath, args, { cwd: directory, env }, (_error, out, said) => {
        const lines = `${out}\n${said}`.split("\n");
        resolve(lines.filter((line) => /tracked:|●|rror|LLMOPS|^Tests:/.test(line)));
      });
    });
  const passed = expect.stringContaining("1 passed") as string;
  write("llmops.config.json", '{ "track": [{ "functions": "greeting" }] }');
  expect(await run()).toEqual(["tracked: greeting", passed]);
  const manifest = readFileSync(join(directory, ".llmops/manifest.json"), "utf8");
  expect(JSON.parse(manifest)).toMatchObject({
    adapter: "jest",
    files: { "program.ts": { sites: [{ id: "program.ts#greeting" }] } },
  });
  write("llmops.config.json", '{ "track": [{ "functions": "{greeting,failing}" }] }');
  expect(await run()).toEqual(["tracked: failing,greeting", passed]);
  write("llmops.config.json", '{ "trak": [] }');
  expect((await run()).join("\n")).toMatch(/llmops\.config\.json:1:3: LLMOPS1101/);
});
