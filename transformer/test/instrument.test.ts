// `instrument()` as its callers know it: what it takes, what it gives, and where it inserts.
import { createRequire } from "node:module";
import { join } from "node:path";
import vm from "node:vm";
import { transformSync } from "esbuild";
import { createTransformer, instrument } from "llmops-transformer";
import ts from "typescript";
import { expect, test } from "vitest";

const ALL = { track: [{ functions: "**" }] };
const ADD = "/** @track capture=sum */\nfunction add(a, b) { const sum = a + b; return sum; }\n";

test("is null where there is neither a site nor a diagnostic", () => {
  expect(instrument("const a = 1;", { filename: "a.js", config: {} })).toBeNull();
  expect(instrument("function f() {}", { filename: "a.js", config: {} })).toBeNull();
  expect(instrument("function f( {", { filename: "a.js", config: {} })).toBeNull();
});

test.each([
  ["function f( {}", ALL, 1, 15, "')' expected."],
  ["/** @track */ function f() {}\n<!-- an old comment", {}, 2, 1, "Expression expected."],
  [
    "import source wasm from './a.wasm';\n/** @track */ function f() {}",
    {},
    1,
    15,
    "'=' expected.",
  ],
])("a file that TypeScript does not understand is left untouched, and told of: %s", (...file) => {
  const [code, config, line, column, problem] = file;
  const done = instrument(code, { filename: "src/a.js", config });
  expect(done?.code).toBe(code);
  expect(done?.sites).toEqual([]);
  const severity = "skip";
  const message = `a.js is left untouched: TypeScript does not understand it here: ${problem}`;
  expect(done?.diagnostics).toMatchObject([
    { code: "LLMOPS3012", severity, line, column, message },
  ]);
});

test("what is an error in strict code alone is none", () => {
  const code = "function f() { return [010, 09, '\\08', '\\8']; }\nf();";
  const done = instrument(code, { filename: "a.js", config: ALL });
  expect(done?.diagnostics).toEqual([]);
  expect(done?.sites.length).toBe(1);
  expect(vm.runInNewContext(done?.code ?? "")).toEqual(vm.runInNewContext(code));
});

test("gives code, map, sites and diagnostics", () => {
  const done = instrument(ADD, { filename: "src/add.js", config: {} });
  expect(done?.code.split("\n").length).toBe(ADD.split("\n").length);
  expect(done?.map).toMatchObject({ version: 3, sourcesContent: [ADD] });
  expect(done?.sites.map(({ facts }) => [facts.fn, facts.args, facts.locals])).toEqual([
    ["add", ["a", "b"], ["sum"]],
  ]);
  expect(done?.diagnostics).toEqual([]);
});

test("a diagnostic names code, severity, place and the nearest name", () => {
  const done = instrument(ADD.replace("=sum", "=summ"), { filename: "src/add.js", config: {} });
  expect(done?.diagnostics).toEqual([
    {
      code: "LLMOPS1004",
      severity: "error",
      message: '"summ" is no local variable or parameter of add. Did you mean "sum"?',
      suggestion: "sum",
      file: join(process.cwd(), "src/add.js"),
      line: 1,
      column: 20,
      start: 19,
      length: 4,
    },
  ]);
});

test("globs of a config object are relative to the working directory, for relative and absolute names", () => {
  const config = { track: [{ files: "src/**", functions: "f" }] };
  for (const filename of ["src/deep/a.js", join(process.cwd(), "src/a.js")]) {
    expect(instrument("function f() {}", { filename, config })?.sites.length, filename).toBe(1);
  }
  expect(instrument("function f() {}", { filename: "lib/a.js", config })).toBeNull();
});

test.each([
  ["a.js", "export function f() {}", "import * as"],
  ["a.ts", "function f() {} export {};", "import * as"],
  ["a.mjs", "function f() {}", "import * as"],
  ["a.cjs", "function f() {}", "require("],
  ["a.js", "function f() {} module.exports = f;", "require("],
  ["a.js", "function f() {}", "globalThis[Symbol.for("],
])("%s with %s reaches the runtime by %s", (filename, code, way) => {
  expect(instrument(code, { filename, config: ALL })?.code).toContain(way);
});

test.each([
  ["there is no module", "", false, 0],
  ["the runtime is not there", "", true, 1],
  ["module is the program's own", "var module = own;", true, 0],
  ["module is declared below its first call", "f(1); const module = own;", true, 0],
])("a script runs as written where %s", (_, more, isCommonJs, times) => {
  let asked = 0;
  const own = {
    require(): never {
      asked++;
      throw new Error("Cannot find module");
    },
  };
  const text = `function f(a) { return a + 1; } ${more} [f(1), f(1), f(1)].join();`;
  const done = instrument(text, { filename: "a.js", config: ALL });
  expect(done?.sites.length).toBe(1);
  const context = vm.createContext({ own, ...(isCommonJs && { module: own }) });
  expect(vm.runInContext(done?.code ?? "", context)).toBe("2,2,2");
  expect(asked).toBe(times);
});

test("the format can be told", () => {
  for (const [format, way] of [
    ["esm", "import * as"],
    ["cjs", "require("],
    ["script", "globalThis["],
  ] as const) {
    expect(
      instrument("function f() {}", { filename: "a.js", config: ALL, format })?.code,
    ).toContain(way);
  }
});

test.each([
  ["a hashbang", "#!/usr/bin/env node\nfunction f() {}", /^#!\/usr\/bin\/env node\nvar /],
  ["a byte order mark", "\uFEFFfunction f() {}", /^var /],
  ["both", "\uFEFF#!/usr/bin/env node\r\nfunction f() {}", /^#!\/usr\/bin\/env node\r\nvar /],
  ["a directive", '"use strict"\nfunction f() {}', /^"use strict"; var .*\nfunction f/],
  ["a licence", "/*! licence */\nfunction f() {}", /^\/\*! licence \*\/\nvar .* function f\(\)/],
])("inserts behind %s", (_name, code, expected) => {
  const done = instrument(code, { filename: "a.js", config: ALL, format: "script" });
  expect(done?.code).toMatch(expected);
});

test("a script without a loaded runtime runs as written", () => {
  const code = `${ADD}
function* count(n) { for (let i = 0; i < n; i++) yield i; }
class A { constructor(x) { this.x = x; } }
class B extends A { constructor(x) { super(x); let y = x; this.y = y++; } }
[add(1, 2), [...count(3)], new B(4).x, new B(4).y].join()`;
  const done = instrument(code, {
    filename: "a.js",
    config: { track: [{ functions: "**", capture: true }] },
    format: "script",
  });
  expect(done?.sites.length).toBe(4);
  expect(vm.runInNewContext(done?.code ?? "")).toBe("3,0,1,2,4,4");
});

test("CommonJS reaches the runtime by require", () => {
  process.env["LLMOPS_ENABLED"] = "false";
  const done = instrument(`${ADD} module.exports = add;`, { filename: "a.cjs", config: {} });
  const module = { exports: undefined as unknown };
  const compiled = vm.compileFunction(done?.code ?? "", ["module", "exports", "require"]);
  compiled(module, {}, createRequire(import.meta.url));
  expect((module.exports as (a: number, b: number) => number)(1, 2)).toBe(3);
});

test("the file that a span reports is relative to the config's directory", () => {
  const done = instrument(ADD, { filename: join(process.cwd(), "src/deep/add.js"), config: {} });
  expect(done?.code).toContain('.module(2, "src/deep/add.js"');
});

test.each(["esm", "cjs", "script"] as const)(
  "%s that is instrumented already is left alone, however it was printed",
  (format) => {
    const done = instrument(`${ADD} globalThis.sum = add(1, 2);`, {
      filename: "a.js",
      config: ALL,
      format,
    });
    const code = done?.code ?? "";
    const printed = [
      code,
      transformSync(code, { target: "es2017" }).code,
      transformSync(code, { format: format === "script" ? "iife" : "cjs" }).code,
    ];
    for (const text of printed)
      expect(instrument(text, { filename: "a.js", config: ALL, format })).toBeNull();
  },
);

test.each([
  ["loads the runtime alone", 'import "llmops-observability/instrument";'],
  ["talks about it", 'const text = "llmops-observability/instrument";'],
  ["has a function like the one that is inserted", 'function $m() { return x.module(1, ""); }'],
])("code that %s is instrumented", (_name, code) => {
  const done = instrument(`${code}\n${ADD}`, { filename: "a.js", config: {} });
  expect(done?.sites.length).toBe(1);
});

test("a function where `let` is a variable's name at the start of a loop's body is left untouched", () => {
  const code = "function f() { for (var x of []) let // no declaration\n{} }";
  const done = instrument(code, {
    filename: "a.js",
    config: { track: [{ functions: "f", capture: true }] },
  });
  expect(done?.code).toBe(code);
  expect(done?.diagnostics.map((found) => found.code)).toEqual(["LLMOPS3006"]);
});

test.each(["text", "ast"])("what a test runner moves before the imports runs: %s", (emitter) => {
  const code = `import { vi } from "vitest";
function made() { return 1; }
exports.seen = vi.hoisted(() => made());`;
  const before = emitter === "ast" ? [createTransformer(ts, { config: ALL })] : [];
  const given =
    emitter === "ast" ? code : instrument(code, { filename: "a.ts", config: ALL })?.code;
  const { outputText } = ts.transpileModule(given ?? "", {
    fileName: "a.ts",
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    transformers: { before },
  });
  expect(outputText).toContain("= require(");
  const exports: Record<string, unknown> = {};
  const load = createRequire(import.meta.url);
  const vi = { hoisted: (fn: () => unknown) => fn() };
  const require = (id: string): unknown => (id === "vitest" ? { vi } : load(id));
  vm.runInNewContext(`exports.early = made();\n${outputText}`, { exports, require });
  expect(exports).toMatchObject({ early: 1, seen: 1 });
});

test("an annotation stays before the call that it is about", () => {
  const code = `function f() { const a = /* #__PURE__ */ call(1); return /*@__PURE__*/ call(a); }
const g = () => /* #__PURE__ */ call(2);`;
  const done = instrument(code, {
    filename: "a.js",
    config: { track: [{ functions: "**", capture: true }] },
  });
  expect(done?.code.match(/__PURE__ ?\*\/ \w+/g)).toEqual([
    "__PURE__ */ call",
    "__PURE__*/ call",
    "__PURE__ */ call",
  ]);
});

test("a value that is one of a few names the nearest", () => {
  const code = "/** @track level=WARN */ function f() {}";
  const { diagnostics } = instrument(code, { filename: "a.js", config: {} }) ?? {};
  expect(diagnostics).toMatchObject([{ code: "LLMOPS1002", suggestion: "WARNING" }]);
});
