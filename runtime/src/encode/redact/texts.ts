// A text → the ranges in it that are secret: tokens.ts, values of secret names, passwords in URLs.
// Invariant: linear. What does not end (a PEM block, a quoted value) reaches to the end of the
// text: its closing mark may have been cut off.
import { engine } from "../../platform/node.ts";
import {
  BACKSLASH,
  BACKTICK,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  DOT,
  DOUBLE_QUOTE,
  EQUALS,
  GREATER,
  HYPHEN,
  LINE_FEED,
  OPEN_BRACE,
  OPEN_BRACKET,
  OPEN_PARENTHESIS,
  PIPE,
  PLUS,
  QUESTION_MARK,
  SINGLE_QUOTE,
  SPACE,
} from "../characters.ts";
import type { Hints, Piece } from "./hints.ts";
import { isToken } from "./names.ts";
import { itemBefore, nameBeside, type SecretName } from "./texts-beside.ts";
import { isEscape, isWord, type Range, tokens } from "./tokens.ts";

const CODE =
  /^(?:null|none|nil|undefined|true|false|string|number|str|bytes|any|bool|boolean|required|optional|\*+|\.{2,})$/i;
const PAIR_SCHEME =
  /^(?:basic|bearer|digest|token|apikey|api-key|negotiate|ntlm|aws4-hmac-sha256|key|hoba|mutual|dpop)\s+\S/i;
/** A scheme nobody knows, before what is no word. */
const OTHER_SCHEME = /^[A-Za-z][\w-]*\s+(?:\S*\d\S*\s*$|(?=\S*\d)\S{12,}|\S{16,}\s*$)/;
/** Up to the last `@`: people forget to escape those in a password. */
const USERINFO = /\/\/[^\s/:@"'<>\\]*:([^\s/"'<>]+)@/y;
const SIGNATURE = /^(?:sig|signature|x-(?:amz|goog)-signature|_gitlab_session)$/i;
const TYPED = /[\w.&<>[\]| ?]{1,40}=\s*(\\*["'`])/y;
const STRING_TYPE = /^(?:string|String|str)$/;
const NEXT_ITEM = /\s*b?(\\*["'`])/y;
const AFTER_PAIR = /\s*[\])]/y;
const FLAG = /-?([A-Za-z][\w-]*)(?=\s+[^\s-])/y;
const CURL = /\bcurl\b/;
const USER_FLAG = /^(?:u|user|proxy-user)$/;
const USER_PASSWORD =
  /\s+\\*["']?(?:[^\s:"']*:([^\s"'\\$<{][^\s"'\\]*)|([^\s:"'$<{]+):(?=[\s"'\\]|$))/y;

/** Without one of them no name stands beside a value: a comma follows a name in quotes. */
const SIGN = /[:=<\-"'`]/;
/** It takes 0.03 ns a character, and in V8 before 13 ten times as much. */
const looksForSigns = engine >= 13;

/** So many looks at what may be a name cost less than a search for hints. */
const FEW = 16;

interface Searched {
  readonly text: string;
  readonly secretName: SecretName;
  readonly found: Range[];
}

/** A search in a piece of a text. It ends where it has looked `most` times, and returns where. */
interface Look extends Searched {
  readonly from: number;
  readonly to: number;
  readonly most: number;
}

/** How far to look back for the name before a `:` or `=`. */
const LONGEST_NAME = 80;
/** Spaces between the two. */
const LONGEST_GAP = 40;

/** Where a bracketed value ends; the end of the text when it is cut. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_BRACKET || code === OPEN_BRACE) depth++;
    else if ((code === CLOSE_BRACKET || code === CLOSE_BRACE) && --depth === 0) return i + 1;
  }
  return text.length;
}

/**
 * The end of a quoted value whose opening mark is `mark` (`"`, `'`, `\"`, `\\\"`): an unescaped one
 * of the same depth.
 */
function closingMark(text: string, from: number, mark: string): number {
  let at = text.indexOf(mark, from);
  while (at > 0) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    // The mark itself may be escaped (JSON inside a string); a deeper one belongs to the value.
    if (mark.length > 1 ? slashes === 0 : slashes % 2 === 0) return at;
    at = text.indexOf(mark, at + mark.length);
  }
  return text.length;
}

const OPENING = /\s*(?:(\\*["'`])|([[{]))?/y;
const BARE = /[^\s,;&"'`<>()[\]{}\\]*/y;
const LINE_START = /[^\r\n"'`\\]{0,200}/y;
const LINE = /[^\r\n"'`\\]*/y;

/**
 * The range of the value that follows a secret name, or undefined where it reads like prose or
 * code.
 */
function valueAfter(
  text: string,
  separator: number,
  name: string,
  nameQuoted: boolean,
): Range | undefined {
  OPENING.lastIndex = separator + 1;
  const opening = OPENING.exec(text);
  const start = OPENING.lastIndex;
  const mark = opening?.[1];
  if (mark !== undefined) {
    const end = closingMark(text, start, mark);
    return end > start && !CODE.test(text.slice(start, end)) ? { start, end } : undefined;
  }
  if (opening?.[2] !== undefined)
    return nameQuoted ? { start: start - 1, end: closing(text, start - 1) } : undefined;
  if (/(?:authorization|cookies?)$/i.test(name)) {
    LINE_START.lastIndex = start;
    const head = LINE_START.exec(text)?.[0] ?? "";
    if (PAIR_SCHEME.test(head) || /^[^\s=;,]+=\S/.test(head) || OTHER_SCHEME.test(head)) {
      LINE.lastIndex = start;
      LINE.test(text);
      return { start, end: LINE.lastIndex };
    }
  }
  BARE.lastIndex = start;
  const value = BARE.exec(text)?.[0] ?? "";
  const end = start + value.length;
  if (text.charCodeAt(separator) === COLON) {
    // A type stands between: `apiKey: string = "…"`
    TYPED.lastIndex = start;
    const type = TYPED.exec(text)?.[1];
    if (type !== undefined)
      return { start: TYPED.lastIndex, end: closingMark(text, TYPED.lastIndex, type) };
  }
  if (value === "" || CODE.test(value)) return undefined;
  const next = text.charCodeAt(end);
  const isCall = next === OPEN_PARENTHESIS || next === OPEN_BRACKET || next === OPEN_BRACE;
  if (isCall || value.startsWith("$")) return undefined;
  const tight = start === separator + 1 && text.charCodeAt(separator) === EQUALS;
  // `Password=x;` is a connection string; `token = value` and `password: must` read as code or
  // prose unless the value looks random.
  if (!tight && !nameQuoted && !isRandom(value)) return undefined;
  return { start, end };
}

/** Rather a password than a word. */
function isRandom(value: string): boolean {
  return value.length >= 16 || /[\d!@$%^*+=~]/.test(value);
}

/** What may stand before a `=`: `:=`, `+=`, `.=`, `?=`, `::=`, `||=`. */
function isOperator(code: number): boolean {
  return code === COLON || code === PLUS || code === DOT || code === QUESTION_MARK || code === PIPE;
}

function nameStart(text: string, end: number): number {
  let start = end;
  const floor = Math.max(0, end - LONGEST_NAME);
  while (start > floor) {
    const code = text.charCodeAt(start - 1);
    if (!isWord(code) && code !== HYPHEN) break;
    start--;
  }
  return start;
}

/** `<password>…</password>`; the closing tag tells where it ends. */
function elements({ text, from, to, most, secretName, found }: Look): number {
  let looks = 0;
  for (let at = text.indexOf("</", from); at >= 0 && at < to; at = text.indexOf("</", at + 2)) {
    if (looks++ === most) return at;
    const close = text.indexOf(">", at);
    if (close < 0 || close - at > LONGEST_NAME) continue;
    const name = text.slice(at + 2, close).trim();
    if (!secretName(name)) continue;
    // No other element stands in it.
    const open = text.lastIndexOf("<", at - 1);
    const start = open >= 0 && text.startsWith(name, open + 1) ? text.indexOf(">", open) + 1 : -1;
    if (start > 0 && start < at && text.slice(start, at).trim() !== "")
      found.push({ start, end: at });
  }
  return to;
}

/** `set("api-key", "…")`, `["x-api-key", "…"]` */
function items({ text, from, to, most, secretName, found }: Look): number {
  let looks = 0;
  for (let at = text.indexOf(",", from); at >= 0 && at < to; at = text.indexOf(",", at + 1)) {
    const item = itemBefore(text, at);
    if (item === undefined) continue;
    if (looks++ === most) return at;
    NEXT_ITEM.lastIndex = at + 1;
    const mark = NEXT_ITEM.exec(text)?.[1];
    if (mark === undefined || !secretName(item.name)) continue;
    const start = NEXT_ITEM.lastIndex;
    const end = closingMark(text, start, mark);
    const value = text.slice(start, end);
    const isSecret = item.opening === OPEN_PARENTHESIS ? isRandom(value) : isToken(value);
    AFTER_PAIR.lastIndex = end + mark.length;
    if (!isSecret && !(item.inList && AFTER_PAIR.test(text))) continue;
    if (end > start) found.push({ start, end });
    at = end;
  }
  return to;
}

/** `--api-key …`, `-ClientSecret "…"` */
function flags({ text, from, to, most, secretName, found }: Look): number {
  let looks = 0;
  for (let at = text.indexOf("-", from); at >= 0 && at < to; at = text.indexOf("-", at + 1)) {
    const name = flagAt(text, at);
    if (name === undefined || USER_FLAG.test(name)) continue;
    if (looks++ === most) return at;
    if (!secretName(name)) continue;
    const value = valueAfter(text, FLAG.lastIndex, name, false);
    if (
      value !== undefined &&
      (text.startsWith("--", at) || isQuote(text.charCodeAt(value.start - 1)))
    )
      found.push(value);
  }
  return to;
}

/** `curl -u name:…` */
function users(text: string, found: Range[]): void {
  for (let at = text.indexOf("-"); at >= 0; at = text.indexOf("-", at + 1)) {
    const name = flagAt(text, at);
    if (name === undefined || !USER_FLAG.test(name)) continue;
    USER_PASSWORD.lastIndex = FLAG.lastIndex;
    const user = USER_PASSWORD.exec(text);
    if (user === null) continue;
    // An API key may be the user, with no password.
    const colon = user[1] === undefined ? 1 : 0;
    const until = USER_PASSWORD.lastIndex - colon;
    found.push({ start: until - (user[1] ?? user[2] ?? "").length, end: until });
  }
}

/** The name of the flag whose first hyphen stands at `at`. FLAG is left behind it. */
function flagAt(text: string, at: number): string | undefined {
  const before = text.charCodeAt(at - 1);
  if (before !== SPACE && before !== LINE_FEED) return undefined;
  FLAG.lastIndex = at + 1;
  return FLAG.exec(text)?.[1];
}

function isQuote(code: number): boolean {
  return code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
}

/** A name, and where the text of its value begins. */
interface Named {
  readonly name: string;
  /** The sign between the two ends here. */
  readonly separator: number;
  readonly quoted: boolean;
  /** Its first letter may be that of `\n`, as JSON within a text has it. */
  readonly escaped: boolean;
}

/** What stands before the `:` or `=` at `at`; undefined where it is no name. */
function nameBefore(text: string, at: number, secretName: SecretName): Named | undefined {
  const sign = text.charCodeAt(at);
  const next = text.charCodeAt(at + 1);
  // `==`, and `:=` at its second sign; `::=` at its last one.
  if (next === EQUALS || (next === COLON && sign === COLON)) return undefined;
  const arrow = next === GREATER && sign === EQUALS;
  let end = at;
  while (at - end < 3 && isOperator(text.charCodeAt(end - 1))) end--;
  const floor = Math.max(0, end - LONGEST_GAP);
  while (end > floor && text.charCodeAt(end - 1) === SPACE) end--;
  const mark = text.charCodeAt(end - 1);
  const quoted = isQuote(mark);
  if (arrow && !quoted) return undefined;
  if (quoted || mark === BACKTICK) {
    end--;
    while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH) end--;
  }
  const start = nameStart(text, end);
  if (end - start < 2 || at + 1 >= text.length) return undefined;
  const name = belongingName(text, start, end, sign, secretName);
  return { name, separator: arrow ? at + 1 : at, quoted, escaped: isEscape(text, start) };
}

/** The name that a value belongs to may stand further off. */
function belongingName(
  text: string,
  start: number,
  end: number,
  sign: number,
  secretName: SecretName,
): string {
  const name = text.slice(start, end);
  if (sign === EQUALS && text.charCodeAt(start - 1) === SPACE && STRING_TYPE.test(name)) {
    // `var apiKey string = "…"`
    return text.slice(nameStart(text, start - 1), start - 1);
  }
  return nameBeside(text, start, end, secretName) ?? name;
}

/** `https://user:password@host` */
function urls(text: string, found: Range[]): void {
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) {
    USERINFO.lastIndex = at + 1;
    const password = USERINFO.exec(text)?.[1];
    if (password === undefined) continue;
    const end = USERINFO.lastIndex - 1;
    found.push({ start: end - password.length, end });
  }
}

/** `name: value`, `name=value` */
function pairs({ text, from, to, most, secretName, found }: Look): number {
  let colon = text.indexOf(":", from);
  let equals = text.indexOf("=", from);
  let looks = 0;
  let last = to;
  while (colon >= 0 || equals >= 0) {
    const at = equals < 0 || (colon >= 0 && colon < equals) ? colon : equals;
    if (at >= to) break;
    if (looks++ === most) return at;
    if (at === colon) colon = text.indexOf(":", at + 1);
    else equals = text.indexOf("=", at + 1);
    const named = nameBefore(text, at, secretName);
    if (named === undefined) continue;
    const { name, separator, quoted: nameQuoted, escaped } = named;
    const secret = secretName(name) || (escaped && secretName(name.slice(1)));
    if (!secret && !SIGNATURE.test(name)) continue;
    const value = valueAfter(text, separator, name, nameQuoted);
    if (value === undefined) continue;
    found.push(value);
    last = Math.max(to, value.end);
    // What is masked needs no search: values that open within values would be looked through once
    // each.
    if (colon >= 0 && colon < value.end) colon = text.indexOf(":", value.end);
    if (equals >= 0 && equals < value.end) equals = text.indexOf("=", value.end);
  }
  return last;
}

/**
 * One kind of names and values. @param pieces where names may stand, once that is known
 * @returns them, if they are known by now
 */
function search(
  look: (look: Look) => number,
  { text, secretName, found }: Searched,
  hints: Hints,
  pieces: readonly Piece[] | undefined,
): readonly Piece[] | undefined {
  const end = text.length;
  let from = look({ text, from: 0, to: end, most: FEW, secretName, found });
  if (from >= end) return pieces;
  const known = pieces ?? hints.pieces(text);
  for (let i = 0; i < known.length; i++) {
    const { from: start, to } = known[i] as Piece;
    if (to <= from) continue;
    from = look({ text, from: Math.max(from, start), to, most: Infinity, secretName, found });
  }
  return known;
}

/** All secret ranges of `text`, sorted and merged; an empty list for ordinary text. */
export function secretRanges(
  text: string,
  secretName: SecretName,
  hints: Hints,
  patterns: readonly RegExp[],
): readonly Range[] {
  const found: Range[] = [];
  tokens(text, found);
  if (looksForSigns && patterns.length === 0 && !SIGN.test(text)) return found;
  const colon = text.includes(":");
  if (colon) urls(text, found);
  let pieces: readonly Piece[] | undefined;
  const searched = { text, secretName, found };
  if (colon || text.includes("=")) pieces = search(pairs, searched, hints, pieces);
  if (text.includes("</")) pieces = search(elements, searched, hints, pieces);
  if (text.includes(",")) pieces = search(items, searched, hints, pieces);
  if (text.includes("-")) {
    pieces = search(flags, searched, hints, pieces);
    if (CURL.test(text)) users(text, found);
  }
  for (let i = 0; i < patterns.length; i++) {
    const pattern = patterns[i] as RegExp;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      if (match[0] === "") pattern.lastIndex++;
      else found.push({ start: match.index, end: match.index + match[0].length });
    }
  }
  return found.length < 2 ? found : merge(found);
}

function merge(found: Range[]): Range[] {
  found.sort((a, b) => a.start - b.start);
  const merged: Range[] = [];
  let last: Range | undefined;
  for (let i = 0; i < found.length; i++) {
    const range = found[i] as Range;
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push((last = range));
  }
  return merged;
}
