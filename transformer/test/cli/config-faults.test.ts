// Configurations with one mistake each → one finding of `llmops check`, its place and the exit code.
import { relative } from "node:path";
import { expect, test } from "vitest";
import { SOUND } from "./faults.ts";
import { checked, projectOf } from "./setup.ts";

interface Case {
  /** The text of llmops.config.json, from its second line on. */
  readonly config: string;
  readonly code: string;
  readonly path?: string;
  readonly at: string;
  readonly near?: string;
  readonly exitCode?: 0;
}

const entry = (text: string): string => `{\n  "track": [\n    ${text}\n  ]\n}\n`;

const FAULTS: Readonly<Record<string, Case>> = {
  syntax: { config: '{\n  "track": [\n}\n', code: "LLMOPS1102", at: "3:1" },
  "an empty file": { config: "", code: "LLMOPS1102", at: "1:1" },
  "no object": { config: "[]\n", code: "LLMOPS1101", at: "1:1" },
  "an unknown key": {
    config: '{\n  "trak": []\n}\n',
    code: "LLMOPS1101",
    path: "trak",
    at: "2:3",
    near: "track",
  },
  "an unknown key inside": {
    config: entry('{ "functions": "pay", "captre": true }'),
    code: "LLMOPS1101",
    path: "track[0].captre",
    at: "3:27",
    near: "capture",
  },
  "a wrong type": {
    config: entry('{ "functions": 7 }'),
    code: "LLMOPS1101",
    path: "track[0].functions",
    at: "3:20",
  },
  "a glob that cannot compile": {
    config: entry('{ "functions": "pay", "files": "src/[a-" }'),
    code: "LLMOPS1104",
    path: "track[0].files",
    at: "3:36",
  },
  "files that match nothing": {
    config: entry('{ "functions": "pay", "files": "lib/**" }'),
    code: "LLMOPS2005",
    path: "track[0].files",
    at: "3:36",
    exitCode: 0,
  },
  "a name that matches nothing": {
    config: entry('{ "functions": "payy" }'),
    code: "LLMOPS2003",
    path: "track[0].functions",
    at: "3:20",
    near: "pay",
    exitCode: 0,
  },
  "model without as": {
    config: entry('{ "functions": "pay", "model": "m" }'),
    code: "LLMOPS1107",
    path: "track[0].model",
    at: "3:36",
  },
  "duplicate entries": {
    config: entry('{ "functions": "pay" }, { "functions": "pay" }'),
    code: "LLMOPS2006",
    path: "track[1]",
    at: "3:29",
    exitCode: 0,
  },
  "configurations that extend each other": {
    config: '{\n  "extends": "./llmops.config.json"\n}\n',
    code: "LLMOPS1106",
    path: "extends",
    at: "2:14",
  },
};

test.each(Object.entries(FAULTS))(
  "%s",
  async (_, { config, code, path, at, near, exitCode = 1 }) => {
    const directory = projectOf(SOUND, { "llmops.config.json": config });
    const { code: exited, report } = await checked(directory);
    expect(report.diagnostics).toMatchObject([{ code }]);
    const [found] = report.diagnostics;
    expect(relative(directory, found?.file ?? "")).toBe("llmops.config.json");
    expect(`${found?.line}:${found?.column}`).toBe(at);
    if (path !== undefined) expect(found?.json_path).toBe(path);
    expect(found?.suggestion).toBe(near ?? null);
    expect(exited).toBe(exitCode);
    expect((await checked(directory, "--strict")).code).toBe(1);
  },
);

test("a config that the tsconfig names and that is not there", async () => {
  const plugins = [
    { transform: "llmops-transformer", transformProgram: true, config: "none.json" },
  ];
  const directory = projectOf(SOUND, {
    "tsconfig.json": {
      compilerOptions: { module: "nodenext", outDir: "dist", plugins },
      include: ["src"],
    },
  });
  const { code, report } = await checked(directory);
  expect(report.diagnostics).toMatchObject([{ code: "LLMOPS1103" }]);
  expect(code).toBe(1);
});

test("comments, trailing commas and a byte order mark are no mistakes", async () => {
  const directory = projectOf(SOUND, {
    "llmops.config.json": '\uFEFF{ // a comment\n  "track": [{ "functions": "pay", }],\n}\n',
  });
  const { code, report } = await checked(directory, "--strict");
  expect({ code, diagnostics: report.diagnostics }).toEqual({ code: 0, diagnostics: [] });
  expect(report.config).toBe(`${directory}/llmops.config.json`);
});
