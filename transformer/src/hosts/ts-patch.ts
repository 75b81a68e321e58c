// ts-patch's two plugin shapes → one default export: a program transformer (`transformProgram`) or a plain source transformer.
// Invariant: type-checking and declaration output are TypeScript's own; we add a transformer, diagnostics and the config's hash.
import { dirname } from "node:path";
import { type Analysis, analyze } from "../analyze/analyze.ts";
import type { Compiler, ts } from "../syntax.ts";
import { type Config, loadConfig, type RawConfig } from "../config/load.ts";
import { type Finding, finding, numericCode } from "../diagnostics.ts";
import { emitAst } from "../emit/ast.ts";

/** The plugin's entry in tsconfig's `plugins`. */
export interface PluginOptions {
  /** Path of the config file, relative to the tsconfig; searched upwards from there where absent. */
  readonly config?: string | RawConfig;
}

interface Extras {
  readonly ts: Compiler;
  readonly addDiagnostic?: (diagnostic: ts.Diagnostic) => number;
}

/** ts-patch calls a program transformer with (program, host, options, extras) and a plain one with (program, options, extras). */
export default function plugin(
  program: ts.Program,
  ...rest:
    | [host: ts.CompilerHost | undefined, options: PluginOptions, extras: Extras]
    | [options: PluginOptions, extras: Extras]
): ts.Program | ts.TransformerFactory<ts.SourceFile> {
  if (rest.length === 3) return transformProgram(program, rest[1], rest[2].ts);
  const [options, { ts, addDiagnostic }] = rest;
  const session = openSession(ts, program, options);
  return createFactory(ts, session, (diagnostic) => addDiagnostic?.(diagnostic));
}

interface Session {
  readonly config: Config;
  analysisOf(file: ts.SourceFile): Analysis;
}

function openSession(ts: Compiler, program: ts.Program, options: PluginOptions): Session {
  const compilerOptions = program.getCompilerOptions();
  const { configFilePath } = compilerOptions;
  const root =
    typeof configFilePath === "string" ? dirname(configFilePath) : program.getCurrentDirectory();
  const config = loadConfig(options.config, root);
  // TypeScript 6 made `alwaysStrict` the default; before, `strict` implied it.
  const strict =
    compilerOptions.alwaysStrict ??
    compilerOptions.strict ??
    Number.parseInt(ts.versionMajorMinor, 10) >= 6;
  const analyses = new WeakMap<ts.SourceFile, Analysis>();
  return {
    config,
    analysisOf(file) {
      const known = analyses.get(file);
      if (known !== undefined) return known;
      const analysis = analyze({ ts, file, path: file.fileName, config, strict });
      analyses.set(file, analysis);
      return analysis;
    },
  };
}

function createFactory(
  ts: Compiler,
  session: Session,
  report: (diagnostic: ts.Diagnostic) => void,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { plan, findings } = session.analysisOf(file);
    for (const found of findings) report(diagnosticOf(ts, file, found));
    return plan === null ? file : emitAst(ts, context, file, plan);
  };
}

/** What TypeScript's incremental builder asks instead of `getSemanticDiagnostics`; internal, present from 5.4 to 6.0. */
interface BuilderProgram {
  getBindAndCheckDiagnostics?: ts.Program["getSemanticDiagnostics"];
}

type VersionedFile = ts.SourceFile & { version?: string };

function transformProgram(program: ts.Program, options: PluginOptions, ts: Compiler): ts.Program {
  const session = openSession(ts, program, options);
  const { config } = session;
  const files = program
    .getSourceFiles()
    .filter((file) => !file.isDeclarationFile && !program.isSourceFileFromExternalLibrary(file));
  for (const file of files) stampVersion(file, config);

  const warned = new Set<string>();
  /** Warnings are shown, but no part of the result: TypeScript's exit code knows no harmless diagnostic. */
  const errorsOf = (file: ts.SourceFile): ts.Diagnostic[] => {
    const errors: ts.Diagnostic[] = [];
    for (const found of session.analysisOf(file).findings) {
      const diagnostic = diagnosticOf(ts, file, found);
      if (found.severity === "error") errors.push(diagnostic);
      else warn(diagnostic);
    }
    return errors;
  };
  const warn = (diagnostic: ts.Diagnostic): void => {
    const key = `${diagnostic.file?.fileName}:${diagnostic.start}:${diagnostic.code}`;
    if (warned.has(key)) return;
    warned.add(key);
    const { sys } = ts;
    const pretty = program.getCompilerOptions().pretty ?? sys.writeOutputIsTTY?.() ?? false;
    const host = {
      getCurrentDirectory: () => program.getCurrentDirectory(),
      getNewLine: () => sys.newLine,
      getCanonicalFileName: (name: string) => name,
    };
    sys.write(
      pretty
        ? ts.formatDiagnosticsWithColorAndContext([diagnostic], host)
        : ts.formatDiagnostic(diagnostic, host),
    );
  };
  const withOurs =
    (ask: ts.Program["getSemanticDiagnostics"]): ts.Program["getSemanticDiagnostics"] =>
    (file, cancellation) => {
      const theirs = ask(file, cancellation);
      if (file === undefined) return [...theirs, ...files.flatMap(errorsOf)];
      return files.includes(file) ? [...theirs, ...errorsOf(file)] : theirs;
    };

  const internal = program as ts.Program & BuilderProgram;
  program.getSemanticDiagnostics = withOurs(program.getSemanticDiagnostics);
  if (internal.getBindAndCheckDiagnostics !== undefined) {
    internal.getBindAndCheckDiagnostics = withOurs(internal.getBindAndCheckDiagnostics);
  }
  const { getOptionsDiagnostics, emit } = program;
  // Of all the places for problems of the whole program, the one that `tspc -b` asks too.
  program.getOptionsDiagnostics = (cancellation) => [
    ...getOptionsDiagnostics(cancellation),
    ...configDiagnostics(ts, config),
  ];
  program.emit = (target, write, cancellation, declarationsOnly, custom, ...internals: []) => {
    const before = [
      createFactory(
        ts,
        session,
        (diagnostic) => diagnostic.category === ts.DiagnosticCategory.Warning && warn(diagnostic),
      ),
    ];
    const ours: ts.CustomTransformers = {
      ...custom,
      before: [...before, ...(custom?.before ?? [])],
    };
    for (const diagnostic of unmatchedEntries(ts, files, session)) warn(diagnostic);
    return emit(target, write, cancellation, declarationsOnly, ours, ...internals);
  };
  return program;
}

/** The config is an input of the build: with its hash in their versions, the builder sees all files as changed when it is edited. */
function stampVersion(file: VersionedFile, config: Config): void {
  if (file.version === undefined) return;
  file.version = `${file.version.split(" llmops:")[0]} llmops:${config.hash}`;
}

function unmatchedEntries(
  ts: Compiler,
  files: readonly ts.SourceFile[],
  session: Session,
): ts.Diagnostic[] {
  const { config } = session;
  if (config.path === undefined || config.entries.length === 0) return [];
  const matched = new Set(files.flatMap((file) => [...session.analysisOf(file).matched]));
  const json = ts.parseJsonText(config.path, config.text);
  return config.entries
    .filter(({ index }) => !matched.has(index))
    .map(({ index, range }) =>
      diagnosticOf(ts, json, finding("LLMOPS2003", range, [`track[${index}]`])),
    );
}

function configDiagnostics(ts: Compiler, config: Config): ts.Diagnostic[] {
  return config.findings.map((found) =>
    diagnosticOf(ts, ts.parseJsonText(found.file, config.text), found),
  );
}

function diagnosticOf(ts: Compiler, file: ts.SourceFile, found: Finding): ts.Diagnostic {
  return {
    category:
      found.severity === "error" ? ts.DiagnosticCategory.Error : ts.DiagnosticCategory.Warning,
    code: numericCode(found.code),
    file,
    start: found.start,
    length: found.length,
    messageText: `${found.code}: ${found.message}`,
    source: "llmops",
  };
}
