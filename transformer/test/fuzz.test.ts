// Cut, mutated, scrambled sources → no emitter throws, outputs parse, a second pass changes nothing.
// `RUNS=20000 SEED=7 npx vitest run transformer/test/fuzz.test.ts` looks further than CI does.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import fc from "fast-check";
import { createTransformer, instrument, type RawConfig } from "llmops-transformer";
import ts from "typescript";
import { expect, test } from "vitest";
import { cases, casesDirectory, inputOf, textOf } from "../../test/semantics/fixtures/variants.ts";

const EVERYTHING: RawConfig = { track: [{ functions: "**", capture: true }] };
const numRuns = Number(process.env["RUNS"] ?? 200);
const seed = Number(process.env["SEED"] ?? 20_261_123);

interface Source {
  readonly file: string;
  readonly text: string;
}

const fixtures: readonly Source[] = cases.map((name) => {
  const file = inputOf(name);
  return { file, text: textOf(name, file) };
});
const module = join(casesDirectory, "../transformer/src/analyze/edits.ts");
const sources: readonly Source[] = [
  ...fixtures,
  { file: "edits.ts", text: readFileSync(module, "utf8") },
];

function parses({ file, text }: Source): boolean {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest) as ts.SourceFile & {
    readonly parseDiagnostics: readonly ts.Diagnostic[];
  };
  return parsed.parseDiagnostics.length === 0;
}

/** Without early errors, too, which TypeScript does not look for. */
function isProgram(code: string): boolean {
  const sourceType = /^(?:import|export)\b/m.test(code) ? "module" : "script";
  try {
    parse(code, { ecmaVersion: "latest", sourceType, allowReturnOutsideFunction: true });
    return true;
  } catch {
    return false;
  }
}

/** Returns how many functions were inlined. */
function checkText(source: Source): number {
  const { file, text } = source;
  const done = instrument(text, { filename: file, config: EVERYTHING });
  if (done === null) return 0;
  expect(Array.isArray(done.diagnostics)).toBe(true);
  if (done.sites.length === 0) {
    expect(done.code).toBe(text);
    return 0;
  }
  const output = { file, text: done.code };
  expect(parses(output), done.code).toBe(true);
  const plain = transpile(source, []);
  if (isProgram(plain)) expect(isProgram(transpile(output, [])), done.code).toBe(true);
  expect(done.code.split("\n").length).toBe(text.split("\n").length);
  const again = instrument(done.code, { filename: file, config: EVERYTHING });
  expect(again?.code ?? done.code).toBe(done.code);
  return done.sites.length;
}

function transpile({ file, text }: Source, before: ts.TransformerFactory<ts.SourceFile>[]): string {
  return ts.transpileModule(text, {
    fileName: file,
    compilerOptions: { target: ts.ScriptTarget.ESNext, jsx: ts.JsxEmit.Preserve, allowJs: true },
    transformers: { before },
  }).outputText;
}

function checkTree(source: Source): void {
  let plain: string;
  try {
    plain = transpile(source, []);
  } catch {
    // The compiler itself crashes on some trees.
    return;
  }
  const text = transpile(source, [createTransformer(ts, { config: EVERYTHING })]);
  const file = source.file.replace(/\.ts(x?)$/, ".js$1");
  if (parses({ file, text: plain })) expect(parses({ file, text }), text).toBe(true);
  if (isProgram(plain)) expect(isProgram(text), text).toBe(true);
}

test("sources that are cut off", () => {
  let inlined = 0;
  for (const { file, text } of sources) {
    // A step that shares no factor with line lengths and indents; the compiler is the slow part.
    const step = Math.max(13, Math.ceil(text.length / 6));
    for (let at = 1; at < text.length; at += step) {
      const cut = { file, text: text.slice(0, at) };
      inlined += checkText(cut);
      checkTree(cut);
      checkText({ file, text: text.slice(at) });
    }
  }
  expect(inlined).toBeGreaterThan(50);
});

/** Words, strings, numbers and operators, with what stands between them. */
function tokensOf(text: string): string[] {
  return text.match(/[\w$]+|\s+|=>|\.\.\.|\?\?=?|\*\*|[+-]{2}|[&|]{2}|[!=]==?|[^]/g) ?? [];
}

const scraps = fc.constantFrom(
  ..."( ) { } [ ] ; , ? : ! = + ++ -- * => ... . ?. # @ / ` ' \\ \n \u2028 ${ </ < >".split(" "),
  ..."async await yield function* super() super this new.target return throw let var const using".split(
    " ",
  ),
  ..."class static get set extends eval arguments with(o) if(1) else do while(0) for(;;) switch".split(
    " ",
  ),
  ..."case 1: default: break continue label: try{} catch{} finally{} import export default".split(
    " ",
  ),
  "await using x = y;",
  "for await (const x of y)",
  "/** @track */",
  '/** @track capture=x name="y" */',
  "/** @noTrack */",
  "'use strict';",
  "x = y++",
  "() => {}",
  "[a = 1, ...b] = c",
  "({ a: b = 1 } = c)",
  "$s",
  "__proto__",
);

interface Change {
  readonly at: number;
  readonly to: number;
  readonly scrap: string;
  readonly kind: "insert" | "replace" | "swap" | "remove" | "repeat";
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  scrap: fc.oneof(scraps, fc.string({ maxLength: 3 })),
  kind: fc.constantFrom("insert", "replace", "swap", "remove", "repeat"),
});

const mutated: fc.Arbitrary<Source> = fc
  .tuple(fc.constantFrom(...fixtures), fc.array(change, { minLength: 1, maxLength: 4 }))
  .map(([{ file, text }, changes]) => {
    const tokens = tokensOf(text);
    for (const { at: first, to: second, scrap, kind } of changes) {
      const [at, to] = [first, second].map((share) => Math.floor(share * (tokens.length - 1)));
      if (at === undefined || to === undefined) continue;
      const [a = "", b = ""] = [tokens[at], tokens[to]];
      if (kind === "insert") tokens.splice(at, 0, ` ${scrap} `);
      else if (kind === "replace") tokens[at] = scrap;
      else if (kind === "remove") tokens.splice(at, 1);
      else if (kind === "repeat") tokens.splice(to, 0, a);
      else [tokens[at], tokens[to]] = [b, a];
    }
    return { file, text: tokens.join("") };
  });

test("sources that are mutated", () => {
  let inlined = 0;
  fc.assert(
    fc.property(mutated, (source) => {
      inlined += checkText(source);
      checkTree(source);
    }),
    { numRuns, seed },
  );
  expect(inlined).toBeGreaterThan(numRuns / 10);
}, 600_000);

test("text that is no source at all", () => {
  const files = fc.constantFrom("x.ts", "x.tsx", "x.js", "x.mjs", "x.cjs", "x.jsx", "x.mts");
  const noise = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(scraps).map((list) => list.join(" ")),
  );
  let checked = 0;
  fc.assert(
    fc.property(files, noise, (file, text) => {
      checked++;
      checkText({ file, text });
      checkTree({ file, text });
    }),
    { numRuns, seed },
  );
  expect(checked).toBe(numRuns);
}, 600_000);
