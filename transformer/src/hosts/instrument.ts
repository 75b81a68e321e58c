// `instrument(code, { filename, config })` → one file's code, instrumented by the text emitter.
// Invariant: never throws for what is in `code`; the map leads through a map that the code brings.
import { dirname, isAbsolute, resolve } from "node:path";
import { MagicString } from "magic-string";
import { mayHoldSites } from "../analyze/analyze.ts";
import { loadConfig } from "../config/load.ts";
import type { RawConfig } from "../config/schema.ts";
import { finding } from "../diagnostics.ts";
import { emitText } from "../emit/text.ts";
import type { Form } from "../plan.ts";
import type { Compiler, ts } from "../syntax.ts";
import { findCompiler } from "./compiler.ts";
import { locate } from "./render.ts";
import type { Instrumented, Results } from "./results.ts";
import { type FileResult, openSession, type Session } from "./session.ts";
import { commentOf, composed, inlineMap, type SourceMapObject } from "./source-map.ts";

export type { Instrumented, SourceMapObject };

/** How the file is loaded: it decides how it reaches the runtime. */
export type Format = Form;

/** How `instrument` reads a file. */
export interface InstrumentOptions {
  /** Absolute, or relative to the working directory; its ending tells the language. */
  readonly filename: string;
  /** As in `llmops.config.json`, a path, or left out: searched upwards from the file. */
  readonly config?: RawConfig | string;
  /**
   * How the file reaches the runtime: by `import` or by `require`.
   * @default detected: by the ending, then by the syntax
   */
  readonly format?: Format;
  /**
   * The map that the code comes with, as an object or JSON text. The result's leads to its sources.
   * @default the one in the code's own `sourceMappingURL=data:` comment
   */
  readonly map?: object | string;
}

/**
 * Instruments one file.
 * @returns null where there is neither a site nor a diagnostic
 */
export function instrument(
  code: string,
  { config, ...options }: InstrumentOptions,
): Instrumented | null {
  const from = config === undefined ? dirname(resolve(options.filename)) : process.cwd();
  // Most files are refused, and a session takes as long to open as a file to refuse.
  const loaded = loadConfig(config, from);
  if (
    loaded.findings.length === 0 &&
    !mayHoldSites(
      code,
      isAbsolute(options.filename) ? options.filename : resolve(options.filename),
      loaded,
    )
  )
    return null;
  const session = openSession(config, from);
  const done = instrumentIn(session, code, options);
  const { configDiagnostics } = session;
  if (configDiagnostics.length === 0) return done;
  const { diagnostics, ...result } = done ?? { ...untouched(code, options), diagnostics: [] };
  return { ...result, diagnostics: [...configDiagnostics, ...diagnostics] };
}

/** No part of the code: behind it neither TypeScript nor V8 takes a `#!` line. */
const BYTE_ORDER_MARK = /^\uFEFF/;

interface FileOptions extends Omit<InstrumentOptions, "config"> {
  /** A name whose ending tells the language, for a part of a file. @default filename */
  readonly part?: string;
  /** What a file is that says nothing of itself. @default a script, which looks for the runtime */
  readonly unclear?: () => Form;
  /** Of earlier processes; looked in, and kept in. */
  readonly results?: Results | undefined;
  /** Where scripts are only parts of the text. */
  readonly scripts?: Scripts | undefined;
}

/** The scripts of a text, as one file of code that has each of them where it stands. */
export interface Scripts {
  /** As long as the whole text. */
  readonly text: string;
  /** Where the module begins. */
  readonly start: number;
}

/**
 * The same with a configuration that is loaded. What is wrong with that is no part of the result.
 */
export function instrumentIn(
  session: Session,
  text: string,
  { filename, part = filename, format, map, unclear, results, scripts }: FileOptions,
): Instrumented | null {
  const code = text.replace(BYTE_ORDER_MARK, "");
  const path = resolve(filename);
  const own = scripts?.text ?? code;
  if (!session.mayHoldSites(own, path)) return null;
  const forms = format === undefined ? ["", unclear?.()] : [format];
  const given = typeof map === "object" ? JSON.stringify(map) : map;
  const key = results?.keyOf(session.config, [path, part, code, given, ...forms]);
  const known = key === undefined ? undefined : results?.find(key);
  if (known !== undefined) {
    session.recall(path, known.record);
    return known.made;
  }
  const ts = findCompiler();
  if (ts === undefined) {
    const missing = locate(finding("LLMOPS1202", { start: 0, length: 0 }, []), path, code);
    return { ...untouched(code, { filename, map }), diagnostics: [missing] };
  }
  const file = ts.createSourceFile(path, own, ts.ScriptTarget.Latest, false, scriptKind(ts, part));
  const told = format ?? formOf(ts, file, path);
  const form = told === "script" && unclear !== undefined ? unclear() : told;
  const analyzed = session.analyze({ ts, file, strict: form === "esm", form, whole: code });
  const made = emit(code, path, placedIn(scripts, analyzed), map);
  if (key !== undefined) results?.keep(key, { made, record: analyzed.record });
  return made;
}

/** The first statement of all may be another script's, of each instance of the component. */
function placedIn(scripts: Scripts | undefined, result: FileResult): FileResult {
  const { plan } = result;
  if (scripts === undefined || plan === null) return result;
  return { ...result, plan: { ...plan, insertAt: scripts.start, afterDirective: false } };
}

function emit(
  code: string,
  path: string,
  { plan, diagnostics }: FileResult,
  given: object | string | undefined,
): Instrumented | null {
  if (plan === null && diagnostics.length === 0) return null;
  if (plan === null) return { ...untouched(code, { filename: path, map: given }), diagnostics };
  const emitted = emitText(code, plan);
  const inline = inlineMap(code);
  const map = mapOf(emitted, path, given ?? inline?.json);
  if (inline !== undefined) emitted.update(inline.start, inline.end, commentOf(map));
  return { code: emitted.toString(), map, sites: plan.sites, diagnostics };
}

/** The text as it is, without its byte order mark. */
function untouched(
  text: string,
  { filename, map }: { readonly filename: string; readonly map?: object | string | undefined },
): Omit<Instrumented, "diagnostics"> {
  const code = text.replace(BYTE_ORDER_MARK, "");
  const incoming = map ?? inlineMap(code)?.json;
  return { code, map: mapOf(new MagicString(code), resolve(filename), incoming), sites: [] };
}

function mapOf(
  emitted: MagicString,
  source: string,
  incoming: object | string | undefined,
): SourceMapObject {
  // A segment for every word and every other character: all that anything can ask for.
  const generated = emitted.generateMap({ source, includeContent: true, hires: "boundary" });
  const own = generated as SourceMapObject;
  return incoming === undefined ? own : composed(own, incoming);
}

export function scriptKind(ts: Compiler, name: string): ts.ScriptKind {
  if (/\.tsx$/i.test(name)) return ts.ScriptKind.TSX;
  if (/\.[cm]?ts$/i.test(name)) return ts.ScriptKind.TS;
  // JSX is legal in any file that some bundler is told to take it in.
  return /\.jsx$/i.test(name) ? ts.ScriptKind.JSX : ts.ScriptKind.JS;
}

export function formOf(ts: Compiler, file: ts.SourceFile, path: string): Form {
  if (/\.m[jt]s$/i.test(path)) return "esm";
  if (ts.isExternalModule(file)) return "esm";
  if (/\.c[jt]s$/i.test(path)) return "cjs";
  return /\b(?:require\s*\(|module\.exports|exports\.)/.test(file.text) ? "cjs" : "script";
}
