// A Diagnostic and its source → what a bundler shows of it: its place, and the lines around it.
// Invariant: each host shows place and frame once, whether it draws frames itself or not.
import { codeFrameColumns } from "@babel/code-frame";
import type { Diagnostic } from "../../diagnostics.ts";
import { lineOf } from "../render.ts";

/** As Rollup and its kin take it. */
export interface PlacedMessage {
  readonly message: string;
  readonly id: string;
  /** Its column counts from 0. */
  readonly loc: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame: string;
}

/** For hosts that show a frame of their own, or the one given. */
export function placedMessage(diagnostic: Diagnostic, source: string): PlacedMessage {
  const { code, message, file, line, column } = diagnostic;
  return {
    message: `${code}: ${message}`,
    id: file,
    loc: { file, line, column: column - 1 },
    frame: frameOf(diagnostic, source),
  };
}

/** For hosts that show nothing but the text, and for texts about another file than the module. */
export function messageWithFrame(diagnostic: Diagnostic, source: string): string {
  return `${lineOf(diagnostic)}\n${frameOf(diagnostic, source)}`;
}

function frameOf({ line, column, length }: Diagnostic, source: string): string {
  const start = { line, column };
  return codeFrameColumns(source, { start, end: { line, column: column + length } });
}
