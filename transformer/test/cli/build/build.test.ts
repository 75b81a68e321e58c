// `llmops build` → code that runs, its maps and manifest, or findings and nothing written.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { describe, expect, test } from "vitest";
import { type Files, llmops, projectOf } from "../setup.ts";
import { filesBelow, options, project, ROOT, SOURCES } from "./setup.ts";

test("what it writes runs, and its maps lead to the sources", async () => {
  const directory = project(SOURCES, options({ module: "nodenext", target: "es2023" }));
  await llmops(directory, ["build"]);
  const out = execFileSync(process.execPath, ["dist/main.js"], {
    cwd: directory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(out).toBe("46");
  const code = readFileSync(join(directory, "dist/main.js"), "utf8").split("\n");
  const map = new TraceMap(readFileSync(join(directory, "dist/main.js.map"), "utf8"));
  const line = code.findIndex((text) => text.includes("area(shape)")) + 1;
  const column = code[line - 1]?.indexOf("area(shape)") ?? 0;
  expect(originalPositionFor(map, { line, column })).toMatchObject({
    source: "../src/main.ts",
    line: 8,
    column: 16,
  });
  expect(JSON.parse(readFileSync(join(directory, ".llmops/manifest.json"), "utf8"))).toMatchObject({
    adapter: "build",
    files: { "src/main.ts": {}, "src/shapes.ts": {} },
  });
});

test("a project that emits nothing: --out, and imports of .ts are written as .js", async () => {
  const directory = project(
    options({
      module: "nodenext",
      target: "es2023",
      outDir: undefined,
      noEmit: true,
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
    }),
    {
      "src/main.ts":
        'import { two } from "./two.ts";\n/** @track */\nfunction main(): number { return two; }\nprocess.stdout.write(String(main()));\n',
      "src/two.ts": "export const two = 2;\n",
    },
  );
  expect(await llmops(directory, ["build"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("--out DIR"),
  });
  expect(await llmops(directory, ["build", "--out", "out"])).toMatchObject({ code: 0 });
  expect(
    execFileSync(process.execPath, ["out/main.js"], {
      cwd: directory,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  ).toBe("2");
});

describe("what has no form in the code is a finding, and nothing is written", () => {
  test.each<[string, object, Files, string]>([
    [
      "export = in an ES module",
      { module: "nodenext" },
      { "src/a.ts": "const a = 1;\nexport = a;\n" },
      "src/a.ts(2,1): error TS901401",
    ],
    [
      "import = require in an ES module",
      { module: "esnext", moduleResolution: "bundler" },
      { "src/a.ts": 'import fs = require("node:fs");\nexport const a = fs;\n' },
      "src/a.ts(1,1): error TS901402",
    ],
    [
      "export = where the target makes ES modules of all",
      { module: undefined, moduleResolution: "bundler" },
      { "src/a.ts": "const a = 1;\nexport = a;\n" },
      "src/a.ts(2,1): error TS901401",
    ],
    [
      "code in the place of its source",
      { module: "nodenext", allowJs: true, outDir: undefined },
      { "src/a.js": "/** @track */\nexport function a() {}\n" },
      "error TS5055",
    ],
    [
      "JSX without its option",
      { module: "nodenext" },
      { "src/a.tsx": "export const a = <b />;\n" },
      "src/a.tsx(1,18): error",
    ],
    [
      "a syntax error",
      { module: "nodenext" },
      { "src/a.ts": "export const = 1;\n" },
      "src/a.ts(1,14): error TS1",
    ],
    [
      "a tag with a mistake",
      { module: "nodenext" },
      { "src/a.ts": "/** @track captre=a */\nexport function f() {}\n" },
      "LLMOPS1001",
    ],
    [
      "a config with a mistake",
      { module: "nodenext" },
      { "src/a.ts": "export {};\n", "llmops.config.json": '{ "trak": [] }' },
      "LLMOPS110",
    ],
  ])("%s", async (_, given, files, said) => {
    const directory = project(options({ target: "es2022", ...given }), files);
    const { code, out, err } = await llmops(directory, ["build"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(said);
    expect(existsSync(join(directory, "dist"))).toBe(false);
  });

  test("but in CommonJS they have one", async () => {
    const directory = project(options({ module: "nodenext", target: "es2022" }), {
      "package.json": { name: "built" },
      "src/a.ts": 'import fs = require("node:fs");\nexport = fs;\n',
    });
    expect(await llmops(directory, ["build"])).toMatchObject({ code: 0 });
    expect(readFileSync(join(directory, "dist/a.js"), "utf8")).toContain("module.exports = fs;");
  });
});

const referring = (name: string, references: readonly string[]): Files => ({
  [`${name}/package.json`]: {
    name: `@built/${name}`,
    type: "module",
    types: "dist/index.d.ts",
    main: "dist/index.js",
  },
  [`${name}/tsconfig.json`]: {
    compilerOptions: {
      module: "nodenext",
      target: "es2022",
      rootDir: ".",
      outDir: "dist",
      composite: true,
      types: [],
    },
    include: ["*.ts"],
    references: references.map((path) => ({ path: `../${path}` })),
  },
});

test("referenced projects are built too, and read in their sources: nothing has their declarations", async () => {
  const directory = projectOf({
    "package.json": { name: "built", type: "module" },
    "tsconfig.json": { files: [], references: [{ path: "app" }] },
    ...referring("app", ["mid", "lib"]),
    "app/index.ts": `import { Shape, Size, lib } from "@built/lib";
import { Mid, mid } from "@built/mid";
export { Shape, Mid };
/** @track */
export const app = (shape: Shape): number => lib(shape) + Size.Big + mid;
process.stdout.write(String(app({ side: 1 })));
`,
    ...referring("mid", ["lib"]),
    "mid/index.ts": `export { Shape as Mid } from "@built/lib";
import { Size } from "@built/lib";
export const mid = Size.Big;
`,
    ...referring("lib", []),
    "lib/index.ts": `export interface Shape { side: number }
export const enum Size { Big = 10 }
/** @track */
export const lib = (shape: Shape): number => shape.side;
`,
  });
  mkdirSync(join(directory, "node_modules/@built"), { recursive: true });
  symlinkSync(
    join(ROOT, "node_modules/llmops-observability"),
    join(directory, "node_modules/llmops-observability"),
  );
  for (const name of ["lib", "mid"])
    symlinkSync(join(directory, name), join(directory, "node_modules/@built", name));
  expect(await llmops(directory, ["build"])).toMatchObject({ code: 0 });
  for (const name of ["app", "lib"])
    expect(Object.keys(filesBelow(join(directory, name, "dist")))).toEqual(["index.js"]);
  const out = execFileSync(process.execPath, ["app/dist/index.js"], {
    cwd: directory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(out).toBe("21");
});

test("the manifest is where the tsconfig's entry says, or nowhere", async () => {
  for (const manifest of [false, "sites.json"]) {
    const directory = project(
      { "src/a.ts": "/** @track */\nexport function a() {}\n" },
      options({
        module: "nodenext",
        target: "es2022",
        plugins: [{ transform: "llmops-transformer", manifest }],
      }),
    );
    expect(await llmops(directory, ["build"])).toMatchObject({ code: 0 });
    expect(existsSync(join(directory, ".llmops"))).toBe(false);
    expect(existsSync(join(directory, "sites.json"))).toBe(manifest !== false);
  }
});
