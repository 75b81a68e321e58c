// Projects with one fault each → the verdict or finding on it, its place, its fix and the exit code.
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { needsVerdicts } from "../../src/cli/check/needs.ts";
import { openProject } from "../../src/cli/project/project.ts";
import { findCompiler } from "../../src/hosts/compiler.ts";
import {
  BUNDLED,
  FAULTS,
  manifest,
  scripts,
  SOUND,
  SOURCE,
  tsconfig,
  VITE_CONFIG,
} from "./faults.ts";
import { checked, type Files, llmops, packageOf, projectOf } from "./setup.ts";

test("a sound project has no fault, and exit code 0", async () => {
  const { code, report } = await checked(projectOf(SOUND));
  expect(report.host.verdicts.filter(({ ok }) => !ok)).toEqual([]);
  expect({ code, diagnostics: report.diagnostics }).toEqual({ code: 0, diagnostics: [] });
  expect(report.host.detected).toEqual(["tspc"]);
  expect(report.sites).toMatchObject([{ id: "src/pay.ts#pay", file: "src/pay.ts", line: 2 }]);
  expect(report.totals).toEqual({
    files: 1,
    functions: 1,
    tracked: 1,
    skipped: 0,
    errors: 0,
    warnings: 0,
  });
});

test("files that a tsconfig does not list are looked at where listed ones import them", async () => {
  const { report } = await checked(
    projectOf({
      ...SOUND,
      "tsconfig.json": tsconfig({}, { include: undefined, files: ["src/main.ts"] }),
      "src/main.ts": 'import { due } from "./lib/due.ts";\ndue();\n',
      "src/lib/due.ts": 'import { pay } from "../pay.ts";\nexport const due = pay;\n',
    }),
  );
  expect(report.sites).toMatchObject([{ id: "src/pay.ts#pay", file: "src/pay.ts" }]);
  expect(report.totals).toMatchObject({ files: 3, tracked: 1 });
});

describe("one fault each", () => {
  test.each(Object.entries(FAULTS))("%s", async (_, { files, code, at, fix }) => {
    const directory = projectOf(files);
    const { code: exitCode, report } = await checked(directory);
    const broken = report.host.verdicts.filter(({ ok }) => !ok);
    expect(broken).toMatchObject([{ ok: false, code }]);
    expect(exitCode).toBe(1);
    const [verdict] = broken;
    expect(`${relative(directory, verdict?.file ?? "")}:${verdict?.line}`).toContain(at);
    expect(verdict?.fix).toContain(fix);
    const text = await llmops(directory, ["check"]);
    expect(text.code).toBe(1);
    expect(text.out).toContain(code);
    expect(text.out).toContain(`fix  ${verdict?.fix}`);
  });
});

describe("no fault", () => {
  const SOUND_BUILDS: Readonly<Record<string, Files>> = {
    "tsc checks, and Vite builds with us": {
      ...BUNDLED,
      ...scripts({ build: "tsc -b && vite build" }),
      "vite.config.ts": VITE_CONFIG,
    },
    "the plugin comes from a file that the config imports": {
      ...BUNDLED,
      ...scripts({ build: "vite build" }),
      "vite.config.ts": 'import shared from "./shared";\nexport default shared;\n',
      "shared.ts": VITE_CONFIG,
    },
    "node with --import": {
      ...BUNDLED,
      ...scripts({ start: "node --import llmops-transformer/register src/pay.ts" }),
    },
    "NODE_OPTIONS with --import": {
      ...BUNDLED,
      ...scripts({ start: 'NODE_OPTIONS="--import llmops-transformer/register" node src/pay.ts' }),
    },
    "a file of the project's imports register": {
      ...BUNDLED,
      ...scripts({ start: "node --import ./instrument.mjs src/pay.ts" }),
      "instrument.mjs": 'import "llmops-transformer/register";\n',
    },
    "a script that leads to no tracked function": {
      ...SOUND,
      ...scripts({ build: "tspc", seed: "tsx scripts/seed.ts" }),
      "scripts/seed.ts": "export {};\n",
    },
    "compiled code is run": { ...SOUND, ...scripts({ build: "tspc", start: "node dist/pay.js" }) },
    "removeComments with tspc, which reads the sources": {
      ...SOUND,
      "tsconfig.json": tsconfig({ removeComments: true }),
    },
    "tsc 7 checks, llmops build emits": {
      ...SOUND,
      ...scripts({ build: "tsc --noEmit && llmops build" }),
      ...packageOf("typescript", "7.0.2"),
    },
    "nest with SWC, whose output Node instruments": {
      ...SOUND,
      "tsconfig.json": tsconfig({ removeComments: true, plugins: undefined }),
      ...scripts({
        build: "nest build -b swc",
        start: 'nest start -b swc --exec "node --import llmops-transformer/register"',
        "start:prod": "node --import llmops-transformer/register dist/main",
      }),
      "nest-cli.json": {},
    },
    "nest with a patched TypeScript": {
      ...SOUND,
      ...scripts({ build: "nest build", prepare: "ts-patch install" }),
      "nest-cli.json": {},
    },
    ...Object.fromEntries(
      ["webpack", "rspack"].map((type) => [
        `nest with ${type}, whose configuration is named`,
        {
          ...SOUND,
          ...scripts({ build: "nest build" }),
          "nest-cli.json": {
            compilerOptions: { builder: { type, options: { configPath: "build/own.mjs" } } },
          },
          "build/own.mjs":
            `import llmops from "llmops-transformer/${type}";\n` +
            "export default (options) => ({ ...options, plugins: [llmops()] });\n",
        },
      ]),
    ),
    "a wrapped command": {
      ...SOUND,
      ...scripts({ build: "cross-env CI=1 npx --yes tspc -p tsconfig.json" }),
    },
  };
  test.each(Object.entries(SOUND_BUILDS))("%s", async (_, files) => {
    const { code, report } = await checked(projectOf(files));
    expect(report.host.verdicts.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
  });
});

test("Node 20 is outside of what we support", () => {
  const ts = findCompiler();
  if (ts === undefined) throw new Error("no TypeScript");
  const project = openProject(ts, projectOf(SOUND), undefined);
  const verdicts = needsVerdicts(project, "20.19.0");
  expect(verdicts).toMatchObject([{ host: "node", code: "LLMOPS1312" }]);
  for (const version of ["22.18.0", "24.11.0", "26.1.0"])
    expect(needsVerdicts(project, version)).toEqual([]);
});

test("findings are grouped by file, and warnings count with --strict alone", async () => {
  const directory = projectOf(SOUND, {
    "src/pay.ts": `${SOURCE}/** @track */\ninterface Order {}\n`,
    "src/other.ts":
      "/** @track capture=totl */\nexport function sum() {\n  const total = 1;\n  return total;\n}\n",
  });
  const { code, out } = await llmops(directory, ["check"]);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^src\/other\.ts\n {2}1:20 {2}error {4}"totl" .*Did you mean "total"\? {2}LLMOPS1004\n\nsrc\/pay\.ts\n {2}5:5 {2}warning {2}.*LLMOPS2/,
  );
  const warned = projectOf(SOUND, { "src/pay.ts": `${SOURCE}/** @track */\ninterface Order {}\n` });
  expect((await llmops(warned, ["check"])).code).toBe(0);
  expect((await llmops(warned, ["check", "--strict"])).code).toBe(1);
});

test("the keys of the JSON: a finding has a suggestion or null, and a path if it is in a config", async () => {
  const directory = projectOf(SOUND, {
    "llmops.config.json": { track: [{ functions: "payy" }] },
    "src/pay.ts": `${SOURCE}/** @track */\ninterface Order {}\n`,
  });
  const { report } = await checked(directory);
  expect(Object.keys(report)).toEqual([
    "version",
    "root",
    "config",
    "host",
    "sites",
    "diagnostics",
    "totals",
    "took_ms",
  ]);
  expect(report.diagnostics).toEqual([
    {
      code: "LLMOPS2003",
      severity: "warning",
      message: expect.any(String),
      file: join(directory, "llmops.config.json"),
      line: 4,
      column: 20,
      start: expect.any(Number),
      length: 6,
      suggestion: "pay",
      json_path: "track[0].functions",
    },
    {
      code: "LLMOPS2106",
      severity: "warning",
      message: expect.any(String),
      file: join(directory, "src/pay.ts"),
      line: 5,
      column: 5,
      start: expect.any(Number),
      length: 6,
      suggestion: null,
    },
  ]);
});

test("a workspace: all packages, each file once, each with its own build", async () => {
  const directory = projectOf({
    "package.json": { name: "root", private: true, workspaces: ["packages/*"] },
    "packages/api/package.json": manifest({ build: "tspc" }),
    "packages/api/tsconfig.json": tsconfig(),
    "packages/api/src/pay.ts": SOURCE,
    "packages/web/package.json": manifest({ build: "vite build" }),
    "packages/web/vite.config.ts": "export default {};\n",
    "packages/web/src/app.ts": SOURCE,
    ...packageOf("llmops-observability", "0.1.0"),
    ...packageOf("typescript", "6.0.3"),
    ...packageOf("ts-patch", "4.0.1"),
  });
  const { code, report } = await checked(directory);
  expect(code).toBe(1);
  expect(report.sites.map(({ file }) => file)).toEqual([
    "packages/api/src/pay.ts",
    "packages/web/src/app.ts",
  ]);
  expect(report.host.detected).toEqual(["tspc", "vite"]);
  expect(report.host.verdicts.filter(({ ok }) => !ok)).toMatchObject([
    { host: "vite", file: join(directory, "packages/web/vite.config.ts") },
  ]);
});

test("the repository's own example is clean", async () => {
  const { code, report } = await checked(
    join(import.meta.dirname, "../../../demo/app/rag"),
    "--strict",
  );
  expect(report.host.verdicts.filter(({ ok }) => !ok)).toEqual([]);
  expect({ code, diagnostics: report.diagnostics }).toEqual({ code: 0, diagnostics: [] });
  expect(report.sites).toHaveLength(12);
});
