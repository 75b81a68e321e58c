// A place in a text → the name that stands beside the value there, as data has them when it is
// written out: `["x-api-key", "…"]`, `{"key": "…", "value": "…"}`, `name: …` on the line before.
// Invariant: linear. No look goes further than a bounded piece.
import {
  BACKSLASH,
  BACKTICK,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  DOUBLE_QUOTE,
  GREATER,
  HYPHEN,
  LESS,
  LINE_FEED,
  OPEN_BRACE,
  OPEN_BRACKET,
  OPEN_PARENTHESIS,
  SINGLE_QUOTE,
} from "../characters.ts";
import { isWord } from "./tokens.ts";

export type SecretName = (name: string) => boolean;

/** Characters; an object whose members stand further apart is not seen. */
const LONGEST_LOOK = 200;
const LONGEST_NAME = 80;
const LONGEST_GAP = 40;
/** What stands before a value's name, and the line above it. */
const LONGEST_INDENT = 200;
const LONGEST_LINE = 120;

/** A member that is told by others. */
const VALUE = /(?:value|val|values|^v)$/i;
const NAME =
  /(?:(?:name|key|header|field|param|variable|property|attribute|path)|\bk)\\*["']?\s*[:=]\s*(?:\{\s*\\*["']\w+\\*["']\s*:\s*)?\\*["']?([\w./-]{2,80})/gi;

/** The secret name beside a member called `value`, whose own name stands from `start` to `end`. */
export function nameBeside(
  text: string,
  start: number,
  end: number,
  secretName: SecretName,
): string | undefined {
  if (!VALUE.test(text.slice(start, end))) return undefined;
  const opening = openingBefore(text, start);
  if (opening === undefined) {
    // YAML has a line for each.
    const line = lineBreakBefore(text, start, LONGEST_INDENT);
    if (line === undefined) return undefined;
    const previous = lineBreakBefore(text, line, LONGEST_LINE) ?? line - LONGEST_LINE;
    return secretIn(text.slice(Math.max(0, previous), line), secretName);
  }
  return (
    secretIn(text.slice(opening, start), secretName) ??
    secretIn(text.slice(end, closingAfter(text, end)), secretName)
  );
}

function lineBreakBefore(text: string, at: number, most: number): number | undefined {
  for (let i = at - 1; i >= 0 && i >= at - most; i--)
    if (text.charCodeAt(i) === LINE_FEED) return i;
  return undefined;
}

function secretIn(piece: string, secretName: SecretName): string | undefined {
  NAME.lastIndex = 0;
  for (let match = NAME.exec(piece); match !== null; match = NAME.exec(piece)) {
    const name = match[1] ?? "";
    if (secretName(name)) return name;
  }
  return undefined;
}

/** Where the object or tag around `at` opens. */
function openingBefore(text: string, at: number): number | undefined {
  let depth = 0;
  for (let i = at - 1; i >= 0 && i >= at - LONGEST_LOOK; i--) {
    const code = text.charCodeAt(i);
    if (code === CLOSE_BRACE || code === GREATER) depth++;
    else if ((code === OPEN_BRACE || code === LESS) && --depth < 0) return i;
  }
  return undefined;
}

function closingAfter(text: string, at: number): number {
  let depth = 0;
  let i = at;
  for (; i < text.length && i < at + LONGEST_LOOK; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_BRACE || code === LESS) depth++;
    else if ((code === CLOSE_BRACE || code === GREATER) && --depth < 0) return i;
  }
  return i;
}

/** A name among items or arguments, and where the item after it begins. */
export interface NamedItem {
  readonly name: string;
  /** What it stands behind: `[`, `(` or `,`. */
  readonly opening: number;
  /** It opens an item of a list of such: `[["name",` */
  readonly inList: boolean;
}

/** What stands in quotes before the comma at `comma`; undefined for a member of an object. */
export function itemBefore(text: string, comma: number): NamedItem | undefined {
  let end = skipSpace(text, comma);
  const mark = text.charCodeAt(end - 1);
  if (mark !== DOUBLE_QUOTE && mark !== SINGLE_QUOTE && mark !== BACKTICK) return undefined;
  end--;
  while (text.charCodeAt(end - 1) === BACKSLASH) end--;
  let start = end;
  while (start > end - LONGEST_NAME && isNamePart(text.charCodeAt(start - 1))) start--;
  if (end - start < 2 || text.charCodeAt(start - 1) !== mark) return undefined;
  let before = start - 1;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  // Python's bytes: `(b"x-api-key", b"…")`
  if (text[before - 1] === "b") before--;
  before = skipSpace(text, before);
  const opening = text.charCodeAt(before - 1);
  if (opening !== OPEN_BRACKET && opening !== OPEN_PARENTHESIS && opening !== COMMA)
    return undefined;
  return { name: text.slice(start, end), opening, inList: isInList(text, before - 1) };
}

/** `[["name"`, `[("name"`, `], ["name"` */
function isInList(text: string, bracket: number): boolean {
  if (text.charCodeAt(bracket) === COMMA) return false;
  let at = skipSpace(text, bracket);
  if (text.charCodeAt(at - 1) === OPEN_BRACKET) return true;
  if (text.charCodeAt(at - 1) !== COMMA) return false;
  at = skipSpace(text, at - 1);
  return text[at - 1] === ")" || text.charCodeAt(at - 1) === CLOSE_BRACKET;
}

function isNamePart(code: number): boolean {
  return isWord(code) || code === HYPHEN;
}

/** Where the white space before `end` begins. */
function skipSpace(text: string, end: number): number {
  let at = end;
  while (at > end - LONGEST_GAP) {
    const code = text.charCodeAt(at - 1);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
    at--;
  }
  return at;
}
