// A program → its files, instrumented and written; or what is wrong with them, and nothing written.
// Invariant: findings are complete before the first file is written.
import type { Diagnostic } from "../../diagnostics.ts";
import { ManifestWriter } from "../../hosts/manifest.ts";
import { locate, typescriptDiagnostic } from "../../hosts/render.ts";
import type { FileResult, Session } from "../../hosts/session.ts";
import { planTransformer } from "../../hosts/transformer.ts";
import type { Compiler, ts } from "../../syntax.ts";
import { limitsOf } from "./limits.ts";
import { sourcesOf } from "./program.ts";

export interface Built {
  /** Errors first have all places; empty of errors, if something was written. */
  readonly diagnostics: readonly ts.Diagnostic[];
  readonly ok: boolean;
  readonly files: number;
  /** Tracked functions. */
  readonly sites: number;
}

/** @param manifest as in the plugin's entry: where it is written, if at all */
export function emitProgram(
  ts: Compiler,
  program: ts.Program,
  session: Session,
  manifest: boolean | string | undefined,
): Built {
  const options = program.getCompilerOptions();
  const strict =
    options.alwaysStrict ?? options.strict ?? Number.parseInt(ts.versionMajorMinor, 10) >= 6;
  const files = sourcesOf(program);
  const results = new Map<ts.SourceFile, FileResult>();
  const found: ts.Diagnostic[] = [...program.getConfigFileParsingDiagnostics()];
  for (const each of program.getOptionsDiagnostics())
    if (MISPLACED.has(each.code)) found.push(each);
  for (const file of files) {
    found.push(...program.getSyntacticDiagnostics(file));
    const result = session.analyze({ ts, file, strict });
    results.set(file, result);
    const limits = limitsOf(ts, file, program).map((each) =>
      locate(each, file.fileName, file.text),
    );
    for (const each of [...result.diagnostics, ...limits])
      found.push(typescriptDiagnostic(ts, file, each));
  }
  for (const each of [...session.configDiagnostics, ...session.unmatched()])
    found.push(inConfig(ts, session, each));
  const ok = found.every(({ category }) => category !== ts.DiagnosticCategory.Error);
  if (ok) {
    const before = [planTransformer(ts, (file) => results.get(file)?.plan ?? null)];
    const { diagnostics } = program.emit(undefined, undefined, undefined, false, { before });
    found.push(...diagnostics);
    const warn = (each: Diagnostic): void => void found.push(inConfig(ts, session, each));
    new ManifestWriter(session, { adapter: "build", manifest, warn }).write();
  }
  const plans = [...results.values()].flatMap(({ plan }) => plan ?? []);
  return {
    diagnostics: found,
    ok: found.every(({ category }) => category !== ts.DiagnosticCategory.Error),
    files: files.length,
    sites: plans.reduce((sum, plan) => sum + plan.sites.length, 0),
  };
}

/**
 * What is written would be an input, the output of another file, or outside of the output folder.
 * Of such files TypeScript writes none, and says it here alone.
 */
const MISPLACED: ReadonlySet<number> = new Set([5055, 5056, 6059]);

function inConfig(ts: Compiler, session: Session, found: Diagnostic): ts.Diagnostic {
  const text = session.config.texts.get(found.file) ?? "";
  return typescriptDiagnostic(ts, ts.parseJsonText(found.file, text), found);
}
