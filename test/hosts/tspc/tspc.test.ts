// The ts-patch plugin under `tspc`: diagnostics, exit codes, rebuilds, and module formats.
import { afterEach, describe, expect, test } from "vitest";
import { compiler } from "./compiler.ts";
import { createProject, type Project, type ProjectOptions } from "./project.ts";

const projects: Project[] = [];
function project(files: Readonly<Record<string, string>>, options?: ProjectOptions): Project {
  const created = createProject(files, options);
  projects.push(created);
  return created;
}
afterEach(() => {
  for (const created of projects.splice(0)) created.remove();
});

const ADD =
  "/** @track capture=sum */\nexport function add(a: number, b: number): number {\n  const sum = a + b;\n  return sum;\n}\n";
const TAG_ERROR =
  "/** @track captur=sum */\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n";

/** Of TypeScript 6, which asks for it. */
const DEPRECATED = compiler.versionMajorMinor.startsWith("6.") ? { ignoreDeprecations: "6.0" } : {};

describe("diagnostics", () => {
  test("an unknown option names code, place and the nearest option, and fails the build", () => {
    const { code, output } = project({ "src/a.ts": TAG_ERROR }).tspc();
    expect(output).toContain(
      'src/a.ts(1,12): error TS901001: LLMOPS1001: Unknown option "captur" in @track. Did you mean "capture"?',
    );
    expect(code).not.toBe(0);
  });

  test("a captured name that is no local names the nearest one", () => {
    const { code, output } = project({
      "src/a.ts": ADD.replace("capture=sum", "capture=b,summ"),
    }).tspc();
    expect(output).toContain(
      'src/a.ts(1,22): error TS901004: LLMOPS1004: "summ" is no local variable or parameter of add. Did you mean "sum"?',
    );
    expect(code).not.toBe(0);
  });

  test.each([["--noEmit"], ["-b"], ["--incremental"]])("a tag error fails tspc %s", (flag) => {
    const failing = project(
      { "src/a.ts": TAG_ERROR },
      { compilerOptions: { composite: flag === "-b" } },
    );
    const { code, output } = failing.tspc(flag);
    expect(output).toContain("src/a.ts(1,12): error TS901001");
    expect(code).not.toBe(0);
    expect(failing.tspc(flag).code).not.toBe(0);
  });

  test("a config that is invalid fails the build at the key, also with -b", () => {
    const expected =
      'llmops.config.json(2,15): error TS901101: LLMOPS1101: llmops.config.json: track[0].functons: unknown key "functons". Did you mean "functions"?';
    for (const flags of [[], ["--noEmit"], ["-b"]]) {
      const failing = project(
        { "src/a.ts": ADD, "llmops.config.json": '{\n  "track": [{ "functons": "x" }]\n}\n' },
        { compilerOptions: { composite: true } },
      );
      const { code, output } = failing.tspc(...flags);
      expect(output).toContain(expected);
      expect(code).not.toBe(0);
    }
  });

  test("a warning is printed and does not fail the build", () => {
    const warned = project({
      "src/a.ts": `${ADD}/** @track */\nexport const limit = 3;\n`,
      "llmops.config.json": '{ "track": [{ "functions": "nowhere" }] }',
    });
    const { code, output } = warned.tspc();
    expect(output).toContain(
      "src/a.ts(6,5): warning TS902004: LLMOPS2004: @track marks nothing here",
    );
    expect(output).toContain(
      `llmops.config.json(1,28): warning TS902003: LLMOPS2003: llmops.config.json: track[0].functions: "nowhere" matched no function.`,
    );
    expect(code).toBe(0);
  });

  test("plain type errors and their places are those of tsc", () => {
    const broken = project({
      "src/a.ts": `${ADD}export const one: string = add(1, 2);\nadd("x", 2);\n`,
      "src/b.ts": "export const two: number = missing;\n",
    });
    const { code, output } = broken.tspc("--pretty", "false");
    expect(output).toContain("src/a.ts(6,14): error TS2322");
    expect({ code, output }).toEqual(broken.tsc("--pretty", "false"));
  });
});

/** The other tests call `tspc` in this process. */
test.each([["--incremental"], ["-b"], ["--pretty"]])(
  "a process of its own says the same and exits with the same code: tspc %s",
  (...flags) => {
    const files = {
      "src/a.ts": TAG_ERROR,
      "src/b.ts": "/** @track */\nexport const limit = 3;\n",
    };
    const [there, here] = [project(files), project(files)];
    const { code, output } = there.command("tspc", ...flags);
    expect({ code, output }).toEqual(here.tspc(...flags));
    expect(output).toContain("901001");
    expect(code).not.toBe(0);
  },
);

test("a process of its own ends well where there are warnings alone", () => {
  const { code, output } = project({
    "src/a.ts": "/** @track */\nexport const limit = 3;\n",
  }).command("tspc");
  expect(output).toContain("warning TS902004");
  expect(code).toBe(0);
});

describe("rebuilds", () => {
  const CONFIG = '{ "track": [{ "functions": "add", "metadata": { "team": "search" } }] }';

  test("editing only the config changes the output of an incremental build", () => {
    const built = project({
      "src/a.ts": ADD,
      "src/b.ts": "export const b = 1;\n",
      "llmops.config.json": CONFIG,
    });
    expect(built.tspc("--incremental").code).toBe(0);
    expect(built.read("out/a.js")).toContain('"team": "search"');
    built.write({ "llmops.config.json": CONFIG.replace("search", "payments") });
    expect(built.tspc("--incremental").code).toBe(0);
    expect(built.read("out/a.js")).toContain('"team": "payments"');
  });

  test("a tag error shows in --watch, goes with its correction, and a config edit is seen at the next rebuild", async () => {
    const watched = project({
      "src/a.ts": TAG_ERROR,
      "src/b.ts": "export const b = 1;\n",
      "llmops.config.json": CONFIG,
    });
    const watch = watched.watch();
    expect(await watch.until(() => true)).toContain("src/a.ts(1,12): error TS901001");
    watched.write({ "src/a.ts": ADD });
    expect(await watch.until((output) => output.includes("Found 0 errors"))).not.toContain(
      "TS901001",
    );
    watched.write({
      "llmops.config.json": CONFIG.replace("search", "payments"),
      "src/b.ts": "export const b = 2;\n",
    });
    await watch.until((output) => output.includes("Found 0 errors"));
    expect(watched.read("out/a.js")).toContain('"team": "payments"');
    await watch.stop();
  });
});

describe("output", () => {
  const MAIN = `import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { add } from "./a.js";
const sink = memorySink();
configure({ sink });
const result = add(1, 2);
void flush().then(() => {
  const spans = sink.traces().flatMap((trace) => trace.spans);
  console.log(result, JSON.stringify(spans.map((span) => [span.span_name, span.input_data])));
});
`;
  const RECORDED = '3 [["add",{"args":[1,2],"kwargs":{},"locals":{"sum":3}}]]\n';

  test.each<[string, ProjectOptions]>([
    ["ES modules", {}],
    ["CommonJS", { type: "commonjs" }],
    [
      "CommonJS, esModuleInterop off",
      { type: "commonjs", compilerOptions: { esModuleInterop: false, ...DEPRECATED } },
    ],
    ["verbatimModuleSyntax", { compilerOptions: { verbatimModuleSyntax: true } }],
    ["isolatedModules", { compilerOptions: { isolatedModules: true } }],
    ["target ES2015", { compilerOptions: { target: "es2015" } }],
    ["target ESNext", { compilerOptions: { target: "esnext" } }],
    ["jsx", { compilerOptions: { jsx: "preserve" } }],
    ["source maps", { compilerOptions: { sourceMap: true, inlineSources: true } }],
  ])("runs and records: %s", async (_name, options) => {
    const built = project({ "src/a.ts": ADD, "src/main.ts": MAIN }, options);
    expect(built.tspc()).toEqual({ code: 0, output: "" });
    expect(await built.run("out/main.js")).toEqual({ code: 0, output: RECORDED });
  });

  test("declarations are those of tsc", () => {
    const built = project({ "src/a.ts": ADD }, { compilerOptions: { declaration: true } });
    built.tspc();
    const ours = built.read("out/a.d.ts");
    built.tsc();
    expect(built.read("out/a.js")).not.toContain("llmops-observability");
    expect(ours).toBe(built.read("out/a.d.ts"));
  });

  test("a function called through an import cycle, before its module ran, is recorded", async () => {
    const built = project({
      "src/sink.ts":
        MAIN.slice(0, MAIN.indexOf("const result")).replace(/^import { add.*$/m, "") +
        "export { flush, sink };\n",
      "src/a.ts": `import "./b.js";\n${ADD}`,
      "src/b.ts": 'import "./sink.js";\nimport { add } from "./a.js";\nadd(1, 2);\n',
      "src/main.ts":
        'import "./a.js";\nimport { flush, sink } from "./sink.js";\nvoid flush().then(() => console.log(sink.traces()[0]?.spans[0]?.output_data.output));\n',
    });
    expect(built.tspc()).toEqual({ code: 0, output: "" });
    expect(await built.run("out/main.js")).toEqual({ code: 0, output: "3\n" });
  });
});
