// `createTransformer` → a transformer for programs that drive TypeScript themselves.
// Invariant: needs no program and no tsconfig; diagnostics go to `addDiagnostic`.
import type { RawConfig } from "../config/schema.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { emitAst } from "../emit/ast.ts";
import type { Plan } from "../plan.ts";
import type { Compiler, ts } from "../syntax.ts";
import { openSession } from "./session.ts";

/** What `createTransformer` takes. */
export interface TransformerOptions {
  /** As in `llmops.config.json`, a path, or left out: searched from the working directory up. */
  readonly config?: RawConfig | string;
  /** Hears of each finding; without it they are told to no one. */
  readonly addDiagnostic?: (diagnostic: Diagnostic) => void;
}

/**
 * Makes a `before` transformer.
 * @param ts the TypeScript instance that the tree comes from, 5.4 or later, below 7
 */
export function createTransformer(
  ts: Compiler,
  { config, addDiagnostic }: TransformerOptions = {},
): ts.TransformerFactory<ts.SourceFile> {
  const session = openSession(config, process.cwd());
  for (const diagnostic of session.configDiagnostics) addDiagnostic?.(diagnostic);
  return (context) => {
    const { alwaysStrict, strict = false } = context.getCompilerOptions();
    return (file) => {
      const { plan, diagnostics } = session.analyze({ ts, file, strict: alwaysStrict ?? strict });
      for (const diagnostic of diagnostics) addDiagnostic?.(diagnostic);
      return plan === null ? file : emitAst(ts, context, file, plan);
    };
  };
}

/** A transformer by plans that are made already. */
export function planTransformer(
  ts: Compiler,
  planOf: (file: ts.SourceFile) => Plan | null,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const plan = planOf(file);
    return plan === null ? file : emitAst(ts, context, file, plan);
  };
}
