// What a build found and did → lines on stderr, as `tsc` writes them.
// Invariant: stdout stays empty; colours only on a terminal.
import { relative } from "node:path";
import type { Compiler, ts } from "../../syntax.ts";
import type { Tsconfig } from "../project/tsconfig.ts";
import type { Terminal } from "../terminal.ts";
import type { Built } from "./emit.ts";

export interface Reporter {
  diagnostics(found: readonly ts.Diagnostic[]): void;
  /** @returns whether the tsconfig has errors */
  errors(config: Tsconfig): boolean;
  done(built: Built, outDir: string, ms: number): void;
}

export function reporter(ts: Compiler, terminal: Terminal): Reporter {
  const host: ts.FormatDiagnosticsHost = {
    getCurrentDirectory: () => terminal.cwd,
    getNewLine: () => "\n",
    getCanonicalFileName: (name) => name,
  };
  const diagnostics = (found: readonly ts.Diagnostic[]): void => {
    if (found.length === 0) return;
    const sorted = ts.sortAndDeduplicateDiagnostics(found);
    terminal.err(
      terminal.color
        ? ts.formatDiagnosticsWithColorAndContext(sorted, host)
        : ts.formatDiagnostics(sorted, host),
    );
  };
  return {
    diagnostics,
    errors({ parsed }) {
      const errors = parsed.errors.filter((error) => !isUnknownOption(error));
      diagnostics(errors);
      return errors.length > 0;
    },
    done({ ok, files, sites }, outDir, ms) {
      const to = relative(terminal.cwd, outDir) || ".";
      terminal.err(
        ok
          ? `${files} files → ${to}, ${sites} functions tracked (${Math.round(ms)} ms)\n`
          : "Nothing was written.\n",
      );
    },
  };
}

/** TypeScript 7 may know options that the one that emits does not. */
function isUnknownOption({ code }: ts.Diagnostic): boolean {
  return code === 5023 || code === 5025;
}
