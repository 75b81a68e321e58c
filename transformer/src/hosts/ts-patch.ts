// ts-patch's two shapes of plugins → a program (`transformProgram`) or a source transformer.
// Invariant: types and declarations are TypeScript's own; we add a transformer and diagnostics.
import { dirname } from "node:path";
import type { RawConfig } from "../config/schema.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { emitAst } from "../emit/ast.ts";
import { type Compiler, ownFiles, type ts } from "../syntax.ts";
import { followEdits } from "./config-edits.ts";
import { ManifestWriter } from "./manifest.ts";
import { typescriptDiagnostic } from "./render.ts";
import { type FileResult, openSession, type Session } from "./session.ts";

/** The plugin's entry in tsconfig's `plugins`. */
export interface PluginOptions {
  /** Path of the config file, relative to the tsconfig; left out: searched from there up. */
  readonly config?: string | RawConfig;
  /**
   * Where the manifest is written, relative to the config file or tsconfig; false: nowhere.
   * @default true: `.llmops/manifest.json`
   */
  readonly manifest?: boolean | string;
}

interface Extras {
  /** The compiler that is patched. */
  readonly ts: Compiler;
  /** Makes a finding one of the build. */
  readonly addDiagnostic?: (diagnostic: ts.Diagnostic) => number;
}

/** ts-patch hands a program transformer the host as well. */
export default function plugin(
  program: ts.Program,
  ...rest:
    | [host: ts.CompilerHost | undefined, options: PluginOptions, extras: Extras]
    | [options: PluginOptions, extras: Extras]
): ts.Program | ts.TransformerFactory<ts.SourceFile> {
  if (rest.length === 3) return transformProgram(new Build(rest[2].ts, program, rest[1]));
  const [options, { ts, addDiagnostic }] = rest;
  const build = new Build(ts, program, options);
  return transformerOf(build, (diagnostic) => addDiagnostic?.(diagnostic));
}

/** One program that is compiled with us. */
class Build {
  readonly ts: Compiler;
  readonly program: ts.Program;
  readonly session: Session;
  readonly manifest: ManifestWriter;
  /** The configuration is this program's alone: one further up may be about others. */
  readonly #own: boolean;
  readonly #strict: boolean;
  readonly #results = new WeakMap<ts.SourceFile, FileResult>();
  readonly #warned = new Set<string>();

  constructor(ts: Compiler, program: ts.Program, options: PluginOptions) {
    const { configFilePath, alwaysStrict, strict } = program.getCompilerOptions();
    const root =
      typeof configFilePath === "string" ? dirname(configFilePath) : program.getCurrentDirectory();
    this.ts = ts;
    this.program = program;
    this.session = openSession(options.config, root);
    this.#own = this.session.config.root === root;
    this.manifest = new ManifestWriter(this.session, {
      adapter: "tspc",
      manifest: options.manifest,
      warn: (found) => this.inConfig([found]).forEach((diagnostic) => this.warn(diagnostic)),
    });
    // TypeScript 6 made `alwaysStrict` the default; before, `strict` implied it.
    this.#strict = alwaysStrict ?? strict ?? Number.parseInt(ts.versionMajorMinor, 10) >= 6;
  }

  /** TypeScript asks for diagnostics and emits: a file is analyzed once for both. */
  analyze(file: ts.SourceFile): FileResult {
    const known = this.#results.get(file);
    if (known !== undefined) return known;
    const result = this.session.analyze({ ts: this.ts, file, strict: this.#strict });
    this.#results.set(file, result);
    return result;
  }

  diagnosticsOf(file: ts.SourceFile): ts.Diagnostic[] {
    return this.analyze(file).diagnostics.map((found) =>
      typescriptDiagnostic(this.ts, file, found),
    );
  }

  /** @param diagnostics about configurations, and files of which nothing is shown */
  inConfig(diagnostics: readonly Diagnostic[]): ts.Diagnostic[] {
    const { ts, session } = this;
    return diagnostics.map((found) =>
      typescriptDiagnostic(
        ts,
        ts.parseJsonText(found.file, session.config.texts.get(found.file) ?? ""),
        found,
      ),
    );
  }

  /** Prints a warning. Among its diagnostics, TypeScript would fail for it. */
  warn(diagnostic: ts.Diagnostic): void {
    const { ts, program } = this;
    const key = `${diagnostic.file?.fileName}:${diagnostic.start}:${diagnostic.code}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
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
  }

  /** Globs of the configuration that match nothing, once all files are analyzed. */
  unmatched(): ts.Diagnostic[] {
    return this.#own ? this.inConfig(this.session.unmatched()) : [];
  }

  isWarning({ category }: ts.Diagnostic): boolean {
    return category === this.ts.DiagnosticCategory.Warning;
  }
}

function transformerOf(
  build: Build,
  report: (diagnostic: ts.Diagnostic) => void,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    for (const diagnostic of build.diagnosticsOf(file)) report(diagnostic);
    const { plan } = build.analyze(file);
    build.manifest.writeAfter(QUIET_MS);
    return plan === null ? file : emitAst(build.ts, context, file, plan);
  };
}

/** What TypeScript's incremental builder asks. It is internal, and there from 5.4 to 6.0. */
interface BuilderProgram {
  getBindAndCheckDiagnostics?: ts.Program["getSemanticDiagnostics"];
}

type VersionedFile = ts.SourceFile & { version?: string };

function transformProgram(build: Build): ts.Program {
  const { program, session } = build;
  const files = ownFiles(program);
  for (const file of files) stampVersion(file, session.config.hash);
  addDiagnostics(build, files);
  listAll(build, files);
  followEdits(build.ts, program, session.config);
  const { emit } = program;
  program.emit = (target, write, cancellation, declarationsOnly, custom, ...internals: []) => {
    // Errors were told by then: they are part of the diagnostics.
    const ours = transformerOf(build, (diagnostic) => {
      if (build.isWarning(diagnostic)) build.warn(diagnostic);
    });
    const transformers = { ...custom, before: [ours, ...(custom?.before ?? [])] };
    // A file that is not emitted this time may hold what an entry is about.
    if (session.config.entries.length > 0) for (const file of files) build.analyze(file);
    for (const diagnostic of build.unmatched()) build.warn(diagnostic);
    const emitted = emit(target, write, cancellation, declarationsOnly, transformers, ...internals);
    // Incremental builds emit file by file.
    if (target === undefined) build.manifest.write();
    return emitted;
  };
  return program;
}

/** Between the files of one build it is never as quiet as this, in ms. */
const QUIET_MS = 50;

/** An incremental build may emit few files or none: a new manifest would lack the others. */
function listAll(build: Build, files: readonly ts.SourceFile[]): void {
  if (build.manifest.isThere || build.program.getCompilerOptions().noEmit === true) return;
  for (const file of files) build.analyze(file);
  build.manifest.writeAfter(QUIET_MS);
}

/** With the config's hash in their versions, files count as changed when the config is edited. */
function stampVersion(file: VersionedFile, hash: string): void {
  if (file.version === undefined) return;
  file.version = `${file.version.split(" llmops:")[0]} llmops:${hash}`;
}

/** Puts ours among the program's own diagnostics. */
function addDiagnostics(build: Build, files: readonly ts.SourceFile[]): void {
  const { program, session } = build;
  const errorsOf = (file: ts.SourceFile): ts.Diagnostic[] => {
    const diagnostics = build.diagnosticsOf(file);
    for (const diagnostic of diagnostics) if (build.isWarning(diagnostic)) build.warn(diagnostic);
    return diagnostics.filter((diagnostic) => !build.isWarning(diagnostic));
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
  if (internal.getBindAndCheckDiagnostics !== undefined)
    internal.getBindAndCheckDiagnostics = withOurs(internal.getBindAndCheckDiagnostics);
  const { getOptionsDiagnostics } = program;
  // Of all the places for problems of the whole program, the one that `tspc -b` asks too.
  program.getOptionsDiagnostics = (cancellation) => {
    const ours = build.inConfig(session.configDiagnostics);
    for (const diagnostic of ours) if (build.isWarning(diagnostic)) build.warn(diagnostic);
    const errors = ours.filter((diagnostic) => !build.isWarning(diagnostic));
    return [...getOptionsDiagnostics(cancellation), ...errors];
  };
}
