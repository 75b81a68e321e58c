// `createTransformer`: the AST emitter for programs that drive TypeScript themselves.
// Invariant: needs no program and no tsconfig; what it has to say goes to `addDiagnostic`.
import { analyze } from "../analyze/analyze.ts";
import type { Compiler, ts } from "../syntax.ts";
import { loadConfig, locate, type RawConfig } from "../config/load.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { emitAst } from "../emit/ast.ts";

export interface TransformerOptions {
  /** As in `llmops.config.json`, a path, or left out: searched upwards from the working directory. */
  readonly config?: RawConfig | string;
  readonly addDiagnostic?: (diagnostic: Diagnostic) => void;
}

/**
 * Makes a `before` transformer.
 * @param ts the TypeScript instance that the tree comes from, 5.4 or later, below 7
 */
export function createTransformer(
  ts: Compiler,
  { config: source, addDiagnostic }: TransformerOptions = {},
): ts.TransformerFactory<ts.SourceFile> {
  const config = loadConfig(source, process.cwd());
  for (const found of config.findings) addDiagnostic?.(locate(found, found.file, config.text));
  return (context) => {
    const { alwaysStrict, strict } = context.getCompilerOptions();
    return (file) => {
      const { plan, findings } = analyze({
        ts,
        file,
        path: file.fileName,
        config,
        strict: alwaysStrict ?? strict ?? false,
      });
      for (const found of findings) addDiagnostic?.(locate(found, file.fileName, file.text));
      return plan === null ? file : emitAst(ts, context, file, plan);
    };
  };
}
