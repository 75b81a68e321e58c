// `llmops build` of projects of many options → the code that tspc emits for them, or findings.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { build } from "../../src/cli/build/build.ts";
import plugin from "../../src/hosts/ts-patch.ts";
import { type Files, llmops, projectOf } from "./setup.ts";

const ROOT = join(import.meta.dirname, "../../..");

const SOURCES: Files = {
  "src/main.ts": `import { Color, Size } from "./enums.js";
import type { Shape } from "./shapes.js";
import { type Shape as Again, area } from "./shapes.js";
import { Repeated } from "./again.js";
import data from "./data.json" with { type: "json" };
/** @track capture=total */
export function main(shape: Shape): number {
  const total = area(shape) * Size.Big + Color.Red + data.factor;
  return total;
}
export type { Again };
export const repeated: Repeated = 1;
process.stdout.write(String(main({ side: 2 })));
`,
  "src/enums.ts": `export enum Color { Red = 1, Blue }
export const enum Size { Small = 1, Big = 10 }
`,
  "src/shapes.ts": `export interface Shape { readonly side: number }
export namespace Units { export const one = 1; }
/** @track */
export const area = ({ side }: Shape): number => side * side * Units.one;
`,
  // A type that is exported again without the word: only who sees the other file can tell.
  "src/again.ts": `import { Again } from "./types.js";
export { Again as Repeated };
`,
  "src/types.ts": "export type Again = number;\n",
  "src/data.json": '{ "factor": 5 }\n',
  "src/classes.ts": `function sealed<T>(_: T, context: ClassDecoratorContext): void { void context; }
@sealed
export class Shop {
  readonly #price = 2;
  constructor(private readonly tax: number) {}
  /** @track self */
  pay(amount: number): number { return amount * this.#price + this.tax; }
}
`,
};

const options = (given: object): Files => ({
  "package.json": { name: "built", type: "module" },
  "tsconfig.json": {
    compilerOptions: {
      rootDir: "src",
      outDir: "dist",
      sourceMap: true,
      lib: ["es2023"],
      types: ["node"],
      strict: true,
      skipLibCheck: true,
      resolveJsonModule: true,
      ...given,
    },
    include: ["src"],
  },
});

/** With the packages of this repository. */
function project(...layers: readonly Files[]): string {
  const directory = projectOf(...layers);
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"), "dir");
  return directory;
}

function filesBelow(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(directory, name)).isFile())
      .map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
}

/** What tspc emits, by the same compiler. */
function emittedByTspc(directory: string): Record<string, string> {
  const path = join(directory, "tsconfig.json");
  const host: ts.ParseConfigFileHost = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const parsed = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  if (parsed === undefined) throw new Error(path);
  const written: Record<string, string> = {};
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const ours = plugin(program, undefined, { manifest: false }, { ts });
  (ours as ts.Program).emit(undefined, (name, text) => {
    written[name.slice(join(directory, "dist").length + 1)] = text;
  });
  return Object.fromEntries(
    Object.entries(written)
      .filter(([name]) => !/\.d\.ts|tsbuildinfo/.test(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

describe("writes what tspc writes", () => {
  test.each<[string, object, Files?]>([
    ["ES modules", { module: "nodenext", target: "es2023" }],
    [
      "CommonJS",
      {
        module: "commonjs",
        target: "es2020",
        esModuleInterop: true,
        moduleResolution: "node10",
        ignoreDeprecations: "6.0",
      },
      { "package.json": { name: "built" } },
    ],
    [
      "CommonJS by the package's type",
      { module: "nodenext", target: "es2022" },
      { "package.json": { name: "built", type: "commonjs" } },
    ],
    ["a bundler's options", { module: "esnext", moduleResolution: "bundler", target: "esnext" }],
    [
      "an old target, without comments",
      {
        module: "nodenext",
        target: "es2017",
        removeComments: true,
        importHelpers: false,
        inlineSourceMap: true,
        sourceMap: false,
        inlineSources: true,
      },
    ],
    [
      "isolatedModules, enums kept",
      { module: "nodenext", target: "es2023", isolatedModules: false, preserveConstEnums: true },
    ],
    [
      "declarations, incremental: code alone",
      {
        module: "nodenext",
        target: "es2023",
        composite: true,
        declaration: true,
        incremental: true,
      },
    ],
  ])("%s", async (_, given, more = {}) => {
    const directory = project(SOURCES, options(given), more);
    const { code, err } = await llmops(directory, ["build"]);
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^\d+ files → dist, 3 functions tracked/),
    });
    const written = filesBelow(join(directory, "dist"));
    expect(Object.keys(written)).toContain("main.js");
    expect(written).toEqual(emittedByTspc(directory));
    expect(written["main.js"]).toContain("llmops-observability/instrument");
  });

  test("JSX, by its option", async () => {
    for (const jsx of ["preserve", "react", "react-jsx"]) {
      const directory = project(
        options({
          module: "esnext",
          moduleResolution: "bundler",
          target: "es2022",
          jsx,
          jsxImportSource: jsx === "react-jsx" ? "hono/jsx" : undefined,
        }),
        {
          "src/view.tsx":
            "declare const React: unknown;\n/** @track */\nexport const View = ({ name }: { name: string }) => <b title={name}>{name}</b>;\n",
        },
      );
      expect(await llmops(directory, ["build"])).toMatchObject({ code: 0 });
      expect(filesBelow(join(directory, "dist"))).toEqual(emittedByTspc(directory));
    }
  });

  test("decorators of old, with their metadata of types in other files", async () => {
    const directory = project(
      options({
        module: "nodenext",
        target: "es2022",
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      }),
      {
        "src/types.ts":
          "export type Id = string;\nexport class Store {}\nexport interface Row { id: Id }\n",
        "src/service.ts": `import { type Id, Row, Store } from "./types.js";
const Injectable = (): ClassDecorator => () => {};
const Body = (): ParameterDecorator => () => {};
const Get = (): MethodDecorator => () => {};
@Injectable()
export class Service {
  constructor(private readonly store: Store, readonly id: Id) {}
  /** @track */
  @Get()
  find(@Body() row: Row, at: Date): Promise<Row> { return Promise.resolve({ ...row, id: this.id + at }); }
}
`,
      },
    );
    expect(await llmops(directory, ["build"])).toMatchObject({ code: 0 });
    const written = filesBelow(join(directory, "dist"));
    expect(written).toEqual(emittedByTspc(directory));
    expect(written["service.js"]).toContain('"design:paramtypes", [Store, String]');
  });
});

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

test("referenced projects are built before", async () => {
  const directory = project({
    "package.json": { name: "built", type: "module" },
    "tsconfig.json": { files: [], references: [{ path: "app" }] },
    "app/tsconfig.json": {
      compilerOptions: {
        module: "nodenext",
        target: "es2022",
        outDir: "dist",
        composite: true,
        types: [],
      },
      references: [{ path: "../lib" }],
    },
    "app/app.ts":
      'import { lib } from "../lib/lib.js";\n/** @track */\nexport const app = (): number => lib();\n',
    "lib/tsconfig.json": {
      compilerOptions: {
        module: "nodenext",
        target: "es2022",
        outDir: "dist",
        composite: true,
        types: [],
      },
    },
    "lib/lib.ts": "/** @track */\nexport const lib = (): number => 1;\n",
  });
  expect(await llmops(directory, ["build"])).toMatchObject({ code: 0 });
  for (const name of ["app/dist/app.js", "lib/dist/lib.js"])
    expect(readFileSync(join(directory, name), "utf8")).toContain(
      "llmops-observability/instrument",
    );
});

test("--watch builds again for a source and for the config alone, and goes on after an error", async () => {
  const directory = project(options({ module: "nodenext", target: "es2022" }), {
    "src/a.ts": "export function a() {\n  return 1;\n}\n",
    "llmops.config.json": '{ "track": [] }',
  });
  const stop = new AbortController();
  let said = "";
  const terminal = {
    cwd: directory,
    env: {},
    interactive: false,
    color: false,
    out: () => {},
    err: (text: string) => void (said += text),
  };
  const ended = build({ watch: true }, terminal, stop.signal);
  const until = async (done: () => boolean): Promise<void> => {
    for (const begun = Date.now(); !done() && Date.now() - begun < 20_000;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done(), said).toBe(true);
  };
  const written = (): string => readFileSync(join(directory, "dist/a.js"), "utf8");
  await until(() => said.includes("0 functions tracked"));
  writeFileSync(join(directory, "llmops.config.json"), '{ "track": [{ "functions": "a" }] }');
  await until(() => written().includes("llmops-observability/instrument"));
  writeFileSync(join(directory, "src/a.ts"), "export function a( {\n");
  await until(() => said.includes("Nothing was written."));
  writeFileSync(join(directory, "src/a.ts"), "export function a() {\n  return 2;\n}\n");
  await until(() => written().includes("$s.returned(2)") || written().includes("return 2"));
  stop.abort();
  expect(await ended).toBe(0);
});
