// What a build found and did → lines on stderr, as `tsc` writes them.
// Invariant: stdout stays empty; colours only on a terminal.
import { relative } from "node:path";
import type { Compiler, ts } from "../../syntax.ts";
import type { Terminal } from "../terminal.ts";
import type { Built } from "./emit.ts";

export interface Reporter {
  diagnostics(found: readonly ts.Diagnostic[]): void;
  done(built: Built, outDir: string, ms: number): void;
}

export function reporter(ts: Compiler, terminal: Terminal): Reporter {
  const host: ts.FormatDiagnosticsHost = {
    getCurrentDirectory: () => terminal.cwd,
    getNewLine: () => "\n",
    getCanonicalFileName: (name) => name,
  };
  return {
    diagnostics(found) {
      if (found.length === 0) return;
      const sorted = ts.sortAndDeduplicateDiagnostics(found);
      terminal.err(
        terminal.color
          ? ts.formatDiagnosticsWithColorAndContext(sorted, host)
          : ts.formatDiagnostics(sorted, host),
      );
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
