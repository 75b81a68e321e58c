// `llmops build` of projects of many options → the code that tspc, and tsc, emit for them.
import { join } from "node:path";
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import plugin from "../../../src/hosts/ts-patch.ts";
import { type Files, llmops } from "../setup.ts";
import { filesBelow, options, packaged, project, SOURCES } from "./setup.ts";

/** What tspc emits, by the same compiler. */
const emittedByTspc = (directory: string): Record<string, string> =>
  emittedBy(directory, (program) => plugin(program, undefined, { manifest: false }, { ts }));
const emittedByTsc = (directory: string): Record<string, string> =>
  emittedBy(directory, (program) => program);

function emittedBy(
  directory: string,
  through: (program: ts.Program) => unknown,
): Record<string, string> {
  const path = join(directory, "tsconfig.json");
  const host: ts.ParseConfigFileHost = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const parsed = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  if (parsed === undefined) throw new Error(path);
  const written: Record<string, string> = {};
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  (through(program) as ts.Program).emit(undefined, (name, text, bom) => {
    written[name.slice(join(directory, "dist").length + 1)] = (bom ? "\ufeff" : "") + text;
  });
  return Object.fromEntries(
    Object.entries(written)
      .filter(([name]) => !/\.d\.[cm]?ts|tsbuildinfo/.test(name))
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

describe("writes what tsc writes where nothing is tracked", () => {
  const PACKAGES: Files = {
    ...packaged(
      "globals",
      "declare const enum Ambient { Seven = 7 }\ndeclare namespace G { interface Face {} class Real {} }\n",
    ),
    "src/enums.ts": SOURCES["src/enums.ts"] ?? "",
    "src/names.ts": `import Face = G.Face;
import Options = Intl.NumberFormatOptions;
import { Color, Size } from "./enums.js";
export default Face;
export const seven = Ambient.Seven + Size.Big + Color.Red;
export type { Options };
`,
    "src/decorated.ts": `const Any = (): any => () => {};
@Any()
export class Decorated {
  x = 1;
  constructor(readonly a: G.Face, readonly b: Date) {}
  @Any() async find(at: Map<string, G.Real>): Promise<number> { return at.size ** 2; }
}
`,
    "src/module.mts":
      "export const m: G.Face = import.meta.url;\nexport const late = () => import('./enums.js');\n",
    "src/common.cts": 'import fs = require("node:fs");\nexport = { exists: fs.existsSync };\n',
    "src/js.js": "export function js({ a, ...rest }) { return { ...rest, a: a?.b ?? 1 }; }\n",
    "src/view.tsx":
      "declare const React: any, h: any;\nexport const View = <T,>(p: { v: T }) => <b {...p}>{String(p.v)}</b>;\n",
  };

  test("whatever its options are", async () => {
    const flags = [
      "allowJs",
      "isolatedModules",
      "preserveConstEnums",
      "removeComments",
      "importHelpers",
    ];
    const drawn = fc.record({
      module: fc.constantFrom(
        undefined,
        "commonjs",
        "es2020",
        "esnext",
        "node16",
        "nodenext",
        "preserve",
      ),
      target: fc.constantFrom(undefined, "es2015", "es2017", "es2021", "es2022", "esnext"),
      jsx: fc.constantFrom("preserve", "react", "react-jsx", "react-jsxdev"),
      useDefineForClassFields: fc.constantFrom(undefined, true, false),
      decorators: fc.constantFrom(
        {},
        { experimentalDecorators: true },
        { experimentalDecorators: true, emitDecoratorMetadata: true },
      ),
      type: fc.constantFrom("module", "commonjs"),
      more: fc.subarray([
        ...flags,
        "verbatimModuleSyntax",
        "sourceMap",
        "inlineSources",
        "emitBOM",
        "composite",
      ]),
    });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ decorators, more, type, ...given }) => {
        const set = {
          ...given,
          ...decorators,
          ...Object.fromEntries(more.map((name) => [name, true])),
        };
        const types = ["node", "globals"];
        const directory = project(PACKAGES, options({ sourceMap: false, ...set, types }), {
          "package.json": { name: "built", type },
        });
        const { code, err } = await llmops(directory, ["build"]);
        expect({ code, err }).toMatchObject({ code: 0 });
        expect(filesBelow(join(directory, "dist"))).toEqual(emittedByTsc(directory));
      }),
      { numRuns: 12 },
    );
  });
});
