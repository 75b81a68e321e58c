// A Diagnostic and its source → the message that bundlers show, with the lines around the place.
// Invariant: apart from `render.ts`, so that compilers do not load the code for frames.
import { codeFrameColumns } from "@babel/code-frame";
import type { Diagnostic } from "../diagnostics.ts";

export interface BundlerMessage {
  readonly message: string;
  readonly id: string;
  /** Its column counts from 0. */
  readonly loc: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame: string;
}

export function bundlerMessage(
  { code, message, file, line, column, length }: Diagnostic,
  source: string,
): BundlerMessage {
  const end = { line, column: column + length };
  const frame = codeFrameColumns(source, { start: { line, column }, end });
  return {
    message: `${code}: ${message}\n${frame}`,
    id: file,
    loc: { file, line, column: column - 1 },
    frame,
  };
}
