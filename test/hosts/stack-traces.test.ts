// Errors of tracked functions show the same lines and columns as those of the program as written, through every way of building it.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { createTransformer, instrument } from "llmops-transformer";
import { llmops } from "llmops-transformer/esbuild";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";

const MAPS = "--enable-source-maps";
const REGISTER = ["--import", "llmops-transformer/register"];
const SCRATCH = join(import.meta.dirname, "../../.llmops/test/stack-traces");

/** Prints, for each case, the places in this file that its error's stack names. */
const PROGRAM = `
type Case = () => unknown;
interface Shape { readonly wide: number }
const fail = (message: string): never => { throw new Error(message); };

/** @track capture */
function sync(a: number): number { let doubled = a * 2; doubled += 1; if (doubled > 1) throw new Error("sync"); return doubled; }

/** @track capture */
function nested(a: number): number { const first = a, { length } = "four"; return (first + length, sync(a)); }

/** @track capture */
async function afterAwait(a: number): Promise<number> { const got = await a; await null; throw new Error(\`\${got}\`); }

/** @track capture */
async function awaitsFailing(a: number): Promise<number> { try { return (await a) + await afterAwait(a); } finally { await null; } }

/** @track capture */
async function waits(a: number): Promise<unknown> {
  let result;
  result = await awaitsFailing(a); return result;
}

/** @track capture */
function* generator(a: number): Generator<number, number, number> { const sent = yield a; (null as unknown as Shape).wide; return sent; }

/** @track capture */
function* delegates(): Generator<number, number, number> { const inner: number = yield* generator(1); return inner; }

/** @track capture */
async function* asyncGenerator(a: number): AsyncGenerator<number> { yield a; yield await afterAwait(a); }

/** @track capture */
async function consumes(): Promise<void> { for await (const item of asyncGenerator(2)) fail.call(null, String(item)); }

/** @track capture */
const arrow = (a: number) => a + fail("arrow");

/** @track capture */
const block = (items: number[]): number[] => items.map((item) => { const x = item; return x > 1 ? fail("block") : x; });

/** @track capture */
class Base { size: number; constructor(size: number) { this.size = size; if (size > 2) throw new RangeError("size"); } get area(): number { return fail("area"); } static make(size: number): Base { return new Base(size); } }

class Derived extends Base { extra: number = this.size; /** @track capture */ constructor(size: number) { const more = size + 1; super(more); fail("derived"); } }

/** @track capture */
function destructures({ a: { b } }: { a: { b: number } }): number { let c; [c] = [b]; c++; const { d } = undefined as unknown as { d: number }; return c + d; }

/** @track capture */
async function catches(): Promise<unknown> { try { await waits(1); } catch (error) { const { message } = error as Error; throw new Error(message, { cause: error }); } return 1; }

const cases: Record<string, Case> = {
  sync: () => sync(1), nested: () => nested(1), afterAwait: () => afterAwait(1), waits: () => waits(1),
  generator: () => { const made = generator(1); made.next(); made.next(); }, delegates: () => [...delegates()],
  asyncGenerator: async () => { for await (const _ of asyncGenerator(1)); }, consumes,
  arrow: () => arrow(1), block: () => block([1, 2]), make: () => Base.make(3), area: () => new Base(1).area,
  derived: () => new Derived(1), derivedBase: () => new Derived(5), destructures: () => destructures({ a: { b: 1 } }), catches,
};

const places = (error: unknown): unknown => {
  if (!(error instanceof Error)) return "no error";
  const found = [...(error.stack ?? "").matchAll(/^ +at .*?(program\\.[a-z]+):(\\d+):(\\d+)\\)?$/gm)];
  return [...found.map(([, file, line, column]) => \`\${file}:\${line}:\${column}\`), ...(error.cause ? [places(error.cause)] : [])];
};

for (const [name, run] of Object.entries(cases)) {
  try { await run(); console.log(name, "did not throw"); }
  catch (error) { console.log(name, JSON.stringify(places(error))); }
}
export {};
`;

beforeAll(() => {
  rmSync(SCRATCH, { recursive: true, force: true });
  mkdirSync(SCRATCH, { recursive: true });
  writeFileSync(join(SCRATCH, "package.json"), '{ "type": "module" }\n');
});

function run(name: string, code: string, ...args: string[]): string {
  mkdirSync(join(SCRATCH, name), { recursive: true });
  const file = join(SCRATCH, name, code === PROGRAM ? "program.ts" : "program.js");
  writeFileSync(file, code);
  const spool = join(SCRATCH, name, "spool");
  return execFileSync(process.execPath, [...args, file], {
    encoding: "utf8",
    stdio: "pipe",
    env: { ...process.env, LLMOPS_SPOOL_DIR: spool },
  });
}

const compile = (
  code: string,
  before: ts.TransformerFactory<ts.SourceFile>[] = [],
  options: ts.CompilerOptions = { inlineSourceMap: true },
): ts.TranspileOutput =>
  ts.transpileModule(code, {
    fileName: "program.ts",
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      inlineSources: true,
      ...options,
    },
    transformers: { before },
  });

let written: string;
/** As TypeScript's own maps have it, which leave out some tokens. */
let plain: string;
beforeAll(() => {
  written = run("written", PROGRAM);
  plain = run("plain", compile(PROGRAM).outputText, MAPS);
});

test("the program as written prints its stacks", () => {
  expect(written.split("\n").length).toBe(17);
  expect(written).not.toContain("did not throw");
});

test("AST emitter", () => {
  const { outputText } = compile(PROGRAM, [createTransformer(ts, { config: {} })]);
  expect(run("ast", outputText, MAPS)).toBe(plain);
});

test("node --import llmops-transformer/register", () => {
  expect(run("register", PROGRAM, MAPS, ...REGISTER)).toBe(written);
});

test("instrument() with the map inside of compiled code", () => {
  const done = instrument(compile(PROGRAM).outputText, { filename: "program.js", config: {} });
  expect(done?.code.match(/sourceMappingURL=/g)?.length).toBe(1);
  expect(run("inline", done?.code ?? "", MAPS)).toBe(plain);
});

test.each(["object", "text"])("instrument() with the map of compiled code as %s", (kind) => {
  const { outputText, sourceMapText = "" } = compile(PROGRAM, [], { sourceMap: true });
  const map = kind === "text" ? sourceMapText : (JSON.parse(sourceMapText) as object);
  const done = instrument(outputText, { filename: "program.js", config: {}, map });
  writeFileSync(join(SCRATCH, "program.js.map"), JSON.stringify(done?.map));
  expect(done?.map.sources.map((source) => source?.endsWith("/program.ts"))).toEqual([true]);
  expect(done?.map.sourcesContent).toEqual([PROGRAM]);
  const code = (done?.code ?? "").replace(/(?<=sourceMappingURL=)/, "../");
  expect(run(`map-${kind}`, code, MAPS)).toBe(plain);
});

test("register, with maps of compiled code inside and beside of it", () => {
  expect(run("compiled-inline", compile(PROGRAM).outputText, MAPS, ...REGISTER)).toBe(plain);
  const { outputText, sourceMapText = "" } = compile(PROGRAM, [], { sourceMap: true });
  mkdirSync(join(SCRATCH, "compiled-beside"));
  writeFileSync(join(SCRATCH, "compiled-beside/program.js.map"), sourceMapText);
  expect(run("compiled-beside", outputText, MAPS, ...REGISTER)).toBe(plain);
});

test("esbuild, from the original and from compiled code with a map inside or beside of it", async () => {
  const { outputText, sourceMapText = "" } = compile(PROGRAM, [], { sourceMap: true });
  for (const [folder, name, code, expected] of [
    ["original", "program.ts", PROGRAM, written],
    ["inside", "program.js", compile(PROGRAM).outputText, plain],
    ["beside", "program.js", outputText, plain],
  ] as const) {
    const directory = join(SCRATCH, `esbuild-${folder}`);
    mkdirSync(directory);
    writeFileSync(join(directory, name), code);
    if (folder === "beside") writeFileSync(join(directory, `${name}.map`), sourceMapText);
    const { outputFiles } = await esbuild.build({
      entryPoints: [join(directory, name)],
      outdir: directory,
      write: false,
      sourcemap: "inline",
      format: "esm",
      target: "es2022",
      plugins: [llmops({ config: {} })],
    });
    expect(run(`esbuild-${folder}`, outputFiles[0]?.text ?? "", MAPS)).toBe(expected);
  }
});

test.each([
  ["no JSON", "{"],
  ["no map", "[]"],
  ["nothing", ""],
])("a map that cannot be read is left aside: %s", (_name, map) => {
  const code = "/** @track */ function f() { return 1; }\n";
  const own = instrument(code, { filename: "f.js", config: {} });
  expect(instrument(code, { filename: "f.js", config: {}, map })?.map).toEqual(own?.map);
  const comment = `//# sourceMappingURL=data:application/json;base64,${btoa(map)}`;
  const broken = instrument(code + comment, { filename: "f.js", config: {} });
  expect(broken?.map.mappings.startsWith(own?.map.mappings ?? "none")).toBe(true);
});
