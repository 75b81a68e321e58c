// A package from npm → a copy of it in which every function is tracked with every local, and runs of a program that uses it.
// Invariant: bare and instrumented runs differ in the package's text alone, not even in its path; every function is accounted for.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transformSync } from "esbuild";
import {
  createTransformer,
  type Diagnostic,
  instrument,
  type Instrumented,
  type RawConfig,
} from "llmops-transformer";
import ts from "typescript";

export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));
const EVERYTHING: RawConfig = { track: [{ functions: "**", capture: true }] };

export interface Subject {
  /** The package's name, and that of the program in `programs/`. */
  readonly name: string;
  /** The file that the program loads, from the package's folder. */
  readonly file: string;
  /** What else of the package is needed, as it is. */
  readonly keep?: string;
}

type Emitter = "none" | "text" | "ast";
type Mode = "bare" | "counted" | "off" | "on" | "entered";

/** What became of the functions of a text. */
export interface Tally {
  readonly functions: number;
  readonly inlined: number;
  /** Diagnostics, one for each function left alone. */
  readonly untouched: readonly string[];
}

/** What one run of a program gave. */
interface Ran {
  readonly output: string;
  readonly milliseconds: number;
  /** Of `counted`: start, end and number of calls of each function. */
  readonly calls?: readonly (readonly [start: number, end: number, count: number])[];
  /** Of `on` and `entered`: recorded, or left out and counted. */
  readonly spans?: number;
  /** Of `entered`: how often each site was entered. */
  readonly entries?: readonly (readonly [line: number, column: number, count: number])[];
}

/** The text emitter's output, with every local of every function captured. */
export function instrumentEverything(code: string, path: string): Instrumented | null {
  return instrument(code, { filename: path, config: EVERYTHING });
}

export function tallyOf(
  code: string,
  path: string,
  done: Pick<Instrumented, "sites" | "diagnostics"> | null,
): Tally {
  return {
    functions: functionsIn(code, path).length,
    inlined: done?.sites.length ?? 0,
    untouched: (done?.diagnostics ?? []).map(textOf),
  };
}

function textOf({ code, message, file, line }: Diagnostic): string {
  return `${code} ${basename(file)}:${line} ${message}`;
}

function parse(code: string, path: string): ts.SourceFile {
  return ts.createSourceFile(path, code, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
}

/** Every function that has a body, found apart from the analysis. */
function functionsIn(code: string, path: string): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(parse(code, path));
  return found;
}

/** A package's copy, whose one file is rewritten from run to run. */
export class Copy {
  readonly original: string;
  readonly #subject: Subject;
  readonly #program: string;
  readonly #path: string;
  /** Of the last rewriting. */
  #sites: Instrumented["sites"] = [];

  constructor(subject: Subject, { minified = false }: { readonly minified?: boolean } = {}) {
    const { name, file, keep } = subject;
    this.#subject = subject;
    const directory = join(ROOT, ".llmops/test/differential", minified ? `${name}-min` : name);
    rmSync(directory, { recursive: true, force: true });
    const from = join(ROOT, "node_modules", name);
    const to = join(directory, "node_modules", name);
    mkdirSync(to, { recursive: true });
    for (const kept of ["package.json", file, keep ?? file])
      cpSync(join(from, kept), join(to, kept), { recursive: true });
    this.#program = join(directory, `${name}.mjs`);
    cpSync(fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url)), this.#program);
    this.#path = join(to, file);
    const text = readFileSync(this.#path, "utf8");
    this.original = minified ? transformSync(text, { minify: true }).code : text;
    this.rewrite("none");
  }

  /** Replaces the copy's file by what an emitter makes of the original. */
  rewrite(emitter: Emitter): Tally {
    const { original } = this;
    const done = emitter === "none" ? null : instrumentEverything(original, this.#path);
    this.#sites = done?.sites ?? [];
    const code = emitter === "ast" ? this.#throughTree() : (done?.code ?? original);
    writeFileSync(this.#path, code);
    return tallyOf(original, this.#path, done);
  }

  #throughTree(): string {
    const fileName = this.#path;
    const isModule = ts.isExternalModule(parse(this.original, fileName));
    return ts.transpileModule(this.original, {
      fileName,
      compilerOptions: {
        target: ts.ScriptTarget.ESNext,
        module: isModule ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
        allowJs: true,
      },
      transformers: { before: [createTransformer(ts, { config: EVERYTHING })] },
    }).outputText;
  }

  async run(mode: Mode, input: readonly string[]): Promise<Ran> {
    const runner = fileURLToPath(new URL("run.mjs", import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [runner, this.#program, mode, ...input],
      {
        cwd: ROOT,
        maxBuffer: 1 << 28,
        env: {
          ...process.env,
          PROJECT_ID: "differential",
          SUBJECT: `/node_modules/${this.#subject.name}/${this.#subject.file}`,
          ...(mode === "off" && { LLMOPS_ENABLED: "false" }),
        },
      },
    );
    if (stderr !== "") throw new Error(`${this.#subject.name} wrote to stderr:\n${stderr}`);
    return JSON.parse(stdout) as Ran;
  }

  /**
   * For each function that was called: its calls, as the engine has counted them, and its spans. Functions that end at one
   * place (`a => b => c`) count together. The engine counts each resumption of a generator or async function as a call.
   */
  compareCalls({ calls = [] }: Ran, { entries = [] }: Ran): readonly FunctionCalls[] {
    const spans = new Map(entries.map(([line, column, count]) => [`${line}:${column}`, count]));
    const byEnd = new Map<number, FunctionCalls>();
    for (const { facts, fn } of this.#sites) {
      const place = `${facts.line}:${facts.column}`;
      const known = byEnd.get(fn.end);
      byEnd.set(fn.end, {
        fn: `${facts.fn} at ${place}`,
        calls: 0,
        spans: (known?.spans ?? 0) + (spans.get(place) ?? 0),
        resumed: known?.resumed === true || facts.async === true || facts.generator === true,
      });
    }
    // The file itself begins at 0. A class without a constructor is a function, too, but ends where no written one does.
    for (const [start, end, count] of calls) {
      const found = byEnd.get(end);
      if (found !== undefined && start > 0) found.calls += count;
    }
    return [...byEnd.values()].filter((found) => found.calls > 0 || found.spans > 0);
  }
}

export interface FunctionCalls {
  readonly fn: string;
  calls: number;
  readonly spans: number;
  /** A generator or an async function. */
  readonly resumed: boolean;
}
