// A finding with its file → a Diagnostic → what a terminal or TypeScript shows of it.
// Invariant: a Diagnostic counts lines and columns from 1.
import type { Diagnostic, Finding } from "../diagnostics.ts";
import type { Compiler, ts } from "../syntax.ts";

/** Completes a finding with its file and line. */
export function locate(found: Finding, file: string, text: string): Diagnostic {
  const before = text.slice(0, found.start);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { ...found, file, line: before.split("\n").length, column: found.start - lineStart + 1 };
}

/** `src/app.ts:3:5: LLMOPS1001: Unknown option …` */
export function lineOf({ code, message, file, line, column }: Diagnostic): string {
  return `${file}:${line}:${column}: ${code}: ${message}`;
}

/** TypeScript wants a number: from 900000 on, so that none is taken for one of its own. */
const FIRST_CODE = 900_000;

export function typescriptDiagnostic(
  ts: Compiler,
  file: ts.SourceFile,
  { code, severity, message, start, length }: Diagnostic,
): ts.Diagnostic {
  return {
    category: severity === "error" ? ts.DiagnosticCategory.Error : ts.DiagnosticCategory.Warning,
    code: FIRST_CODE + Number(code.slice("LLMOPS".length)),
    file,
    start,
    length,
    messageText: `${code}: ${message}`,
    source: "llmops",
  };
}
