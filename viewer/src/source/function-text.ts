// A file's text → where a function stands in it.
// Invariant: what is said to be the same has the same hash.
import { sourceHash } from "./hash.ts";

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

/** So many characters are hashed while a function is looked for that moved: 0.1 s of CPU. */
const HASHED = 32 * 1024 * 1024;

/** Where a function's text of that hash and length is, at its old place or wherever it moved. */
export function findByHash(text: string, hash: string, { start, end }: Range): Range | undefined {
  if (sourceHash(text.slice(start, end)) === hash) return { start, end };
  const length = end - start;
  let left = HASHED;
  // A function begins with a word or a bracket, behind none.
  for (const { index } of text.matchAll(/(?<![\w$.])[\w$([*#"'<]/g)) {
    if (index + length > text.length || (left -= length) < 0) break;
    if (sourceHash(text.slice(index, index + length)) === hash)
      return { start: index, end: index + length };
  }
  return undefined;
}

/** The same text, wherever it is; line ends may differ. */
export function findText(text: string, wanted: string): Range | undefined {
  const start = text.indexOf(wanted);
  if (start >= 0) return { start, end: start + wanted.length };
  const turned = wanted.includes("\r\n")
    ? wanted.replaceAll("\r\n", "\n")
    : wanted.replaceAll("\n", "\r\n");
  const again = text.indexOf(turned);
  return again < 0 ? undefined : { start: again, end: again + turned.length };
}

export function linesOf(text: string, { start, end }: Range): Lines {
  const first = count(text, 0, start) + 1;
  return { first, last: first + count(text, start, end) };
}

function count(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1))
    lines++;
  return lines;
}

/** Without its end known: from its line to the bracket that closes what opens first. */
export function guessRange(text: string, line: number, column: number): Range {
  const start = Math.min(offsetOf(text, line) + column - 1, text.length);
  let depth = 0;
  let opened = false;
  const tokens =
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[{}()[\]]/g;
  tokens.lastIndex = start;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found;
    if ("{([".includes(token)) {
      depth++;
      opened ||= token === "{";
    } else if ("})]".includes(token) && --depth <= 0 && opened) {
      return { start, end: found.index + 1 };
    }
  }
  return { start, end: offsetOf(text, line + GUESSED_LINES) };
}

const GUESSED_LINES = 40;

function offsetOf(text: string, line: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}
