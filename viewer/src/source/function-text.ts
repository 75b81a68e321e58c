// A file's text → where a function stands in it.
// Invariant: what is said to be the same has the same hash; a hostile site costs no more than others.
import type { Site } from "../model.ts";
import { sourceHash } from "./hash.ts";
import { codeOf } from "./scan.ts";

export interface Range {
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

export interface Lines {
  /** From 1. */
  readonly first: number;
  readonly last: number;
}

/** As TypeScript and V8 count them. */
const LINE_END = /\r\n|[\n\r\u2028\u2029]/g;

export function splitLines(text: string): readonly string[] {
  return text.split(LINE_END);
}

/** Characters that are hashed while a function is looked for that moved: 20 ms of CPU. */
const HASHED = 4 * 1024 * 1024;

/** Where a function stood, as a manifest says it. */
export type Stood = Range & Pick<Site, "column" | "line" | "end_line">;

/**
 * Where a function's text of that hash is: at its old place, or where it moved up or down. Line
 * ends may be others by now.
 */
export function findByHash(text: string, hash: string, stood: Stood): Range | undefined {
  const { start, end, column, line, end_line: endLine } = stood;
  if (sourceHash(text.slice(start, end)) === hash) return { start, end };
  const length = end - start;
  const turned = text.includes("\r\n") ? endLine - line : line - endLine;
  const lengths = turned === 0 ? [length] : [length, length + turned];
  let left = HASHED;
  for (const begin of lineStarts(text)) {
    const at = begin + column - 1;
    // In a line that is indented as the function was.
    if (/\s/.test(text[at] ?? " ") || (column > 1 && /[\w$]/.test(text[at - 1] ?? ""))) continue;
    for (const one of lengths) {
      if (one <= 0 || at + one > text.length) continue;
      if ((left -= one) < 0) return undefined;
      if (sourceHash(text.slice(at, at + one)) === hash) return { start: at, end: at + one };
    }
  }
  return undefined;
}

function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(LINE_END), ({ 0: end, index }) => index + end.length)];
}

/** The same text, wherever it is; line ends may differ. */
export function findText(text: string, wanted: string): Range | undefined {
  if (wanted === "") return undefined;
  const start = text.indexOf(wanted);
  if (start >= 0) return { start, end: start + wanted.length };
  const turned = wanted.includes("\r\n")
    ? wanted.replaceAll("\r\n", "\n")
    : wanted.replaceAll("\n", "\r\n");
  const again = text.indexOf(turned);
  return again < 0 ? undefined : { start: again, end: again + turned.length };
}

export function linesOf(text: string, { start, end }: Range): Lines {
  const first = lineEnds(text.slice(0, start)) + 1;
  return { first, last: first + lineEnds(text.slice(start, end)) };
}

const lineEnds = (text: string): number => text.match(LINE_END)?.length ?? 0;

/** Without its end known: from its line to the bracket that closes what opens first. */
export function guessRange(text: string, line: number, column: number): Range {
  const starts = lineStarts(text);
  const row = Math.min(Math.max(1, Math.floor(line) || 1), starts.length) - 1;
  const start = Math.min((starts[row] ?? 0) + Math.max(0, column - 1 || 0), text.length);
  let depth = 0;
  let body = false;
  const code = codeOf(text.slice(start, start + LONGEST_GUESS));
  for (const { 0: token, index } of code.matchAll(/[{}()[\]]/g)) {
    if ("{([".includes(token)) {
      body ||= token === "{" && depth === 0;
      depth++;
    } else if (--depth < 0) {
      return { start, end: start + index };
    } else if (depth === 0 && body) {
      return { start, end: start + index + 1 };
    }
  }
  return { start, end: Math.max(start, (starts[row + GUESSED_LINES] ?? text.length + 1) - 1) };
}

const GUESSED_LINES = 40;
const LONGEST_GUESS = 64 * 1024;
