// In: a text. Out: the ranges in it that are secret: well-known token shapes, `name = value` pairs with a secret name, URL passwords.
// Ranges may overlap. An open end (a PEM block, a quoted value) reaches to the end of the text, so that a cut hides no closing mark.
// Speed: one look backwards at each `:` and `=`; for token shapes see redact-tokens.ts.
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
const NAME_BESIDE =
  /(?:\\*"(?:name|key)\\*"\s*:\s*\\*"([\w.-]{2,80})\\*"\s*,\s*\\*"?|\b(?:name|key)=\\*["']([\w.-]{2,80})\\*["']\s+)$/i;
const VALUE = /^value$/i;
const ARGUMENTS = /(\\*["'`])([\w-]{2,80})\1\s*,\s*(\\*["'`])/y;
const FLAG = /-?([A-Za-z][\w-]*)(?=\s+[^\s-])/y;
const USER_FLAG = /^(?:u|user|proxy-user)$/;
const USER_PASSWORD =
  /\s+\\*["']?(?:[^\s:"']*:([^\s"'\\$<{][^\s"'\\]*)|([^\s:"'$<{]+):(?=[\s"'\\]|$))/y;

/** How far to look back for the name before a `:` or `=`. */
const LONGEST_NAME = 80;

/** Where a bracketed value ends; the end of the text when it is cut. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 91 || code === 123) depth++;
    else if ((code === 93 || code === 125) && --depth === 0) return i + 1;
  }
  return text.length;
}

/** The end of a quoted value whose opening mark is `mark` (`"`, `'`, `\"`, `\\\"`): an unescaped one of the same depth. */
function quoted(text: string, from: number, mark: string): number {
  let at = text.indexOf(mark, from);
  while (at > 0) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes++;
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

/** The range of the value that follows a secret name, or undefined where it reads like prose or code. */
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
    const end = quoted(text, start, mark);
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
  if (text.charCodeAt(separator) === 58) {
    // A type stands between: `apiKey: string = "…"`
    TYPED.lastIndex = start;
    const type = TYPED.exec(text)?.[1];
    if (type !== undefined)
      return { start: TYPED.lastIndex, end: quoted(text, TYPED.lastIndex, type) };
  }
  if (value === "" || CODE.test(value)) return undefined;
  const next = text.charCodeAt(end);
  if (next === 40 || next === 91 || next === 123 || value.startsWith("$")) return undefined; // a call, an index, a template
  const tight = start === separator + 1 && text.charCodeAt(separator) === 61;
  // `Password=x;` is a connection string; `token = value` and `password: must` read as code or prose unless the value looks random.
  if (!tight && !nameQuoted && !isRandom(value)) return undefined;
  return { start, end };
}

/** Rather a password than a word. */
function isRandom(value: string): boolean {
  return value.length >= 16 || /[\d!@$%^*+=~]/.test(value);
}

/** What may stand before a `=`: `:=`, `+=`, `.=`, `?=`, `::=`, `||=`. */
function isOperator(code: number): boolean {
  return code === 58 || code === 43 || code === 46 || code === 63 || code === 124;
}

function nameStart(text: string, end: number): number {
  let start = end;
  const floor = Math.max(0, end - LONGEST_NAME);
  while (start > floor) {
    const code = text.charCodeAt(start - 1);
    if (!isWord(code) && code !== 45) break;
    start--;
  }
  return start;
}

/** `<password>…</password>`; the closing tag tells where it ends. */
function elements(text: string, secretName: (name: string) => boolean, found: Range[]): void {
  for (let at = text.indexOf("</"); at >= 0; at = text.indexOf("</", at + 2)) {
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
}

/** `set("api-key", "…")` */
function calls(text: string, secretName: (name: string) => boolean, found: Range[]): void {
  for (let at = text.indexOf("("); at >= 0; at = text.indexOf("(", at + 1)) {
    const next = text.charCodeAt(at + 1);
    if (!isQuote(next) && next !== 92) continue;
    ARGUMENTS.lastIndex = at + 1;
    const match = ARGUMENTS.exec(text);
    if (match === null) continue;
    const start = ARGUMENTS.lastIndex;
    if (!secretName(match[2] ?? "")) continue;
    const end = quoted(text, start, match[3] ?? "");
    if (isRandom(text.slice(start, end))) found.push({ start, end });
  }
}

/** `--api-key …`, `-ClientSecret "…"`, and `curl -u name:…` */
function flags(text: string, secretName: (name: string) => boolean, found: Range[]): void {
  let isCurl: boolean | undefined;
  for (let at = text.indexOf("-"); at >= 0; at = text.indexOf("-", at + 1)) {
    const before = text.charCodeAt(at - 1);
    if (before !== 32 && before !== 10) continue;
    FLAG.lastIndex = at + 1;
    const match = FLAG.exec(text);
    if (match === null) continue;
    const name = match[1] ?? "";
    const end = FLAG.lastIndex;
    if (USER_FLAG.test(name)) {
      isCurl ??= /\bcurl\b/.test(text);
      if (!isCurl) continue;
      USER_PASSWORD.lastIndex = end;
      const user = USER_PASSWORD.exec(text);
      if (user === null) continue;
      // An API key may be the user, with no password.
      const colon = user[1] === undefined ? 1 : 0;
      const until = USER_PASSWORD.lastIndex - colon;
      found.push({ start: until - (user[1] ?? user[2] ?? "").length, end: until });
    } else if (secretName(name)) {
      const value = valueAfter(text, end, name, false);
      if (
        value !== undefined &&
        (text.startsWith("--", at) || isQuote(text.charCodeAt(value.start - 1)))
      )
        found.push(value);
    }
  }
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39;
}

function pairs(text: string, secretName: (name: string) => boolean, found: Range[]): void {
  const length = text.length;
  let colon = text.indexOf(":");
  let equals = text.indexOf("=");
  while (colon >= 0 || equals >= 0) {
    const at = equals < 0 || (colon >= 0 && colon < equals) ? colon : equals;
    if (at === colon) {
      if (text.charCodeAt(at + 1) === 47 && text.charCodeAt(at + 2) === 47) {
        USERINFO.lastIndex = at + 1;
        const password = USERINFO.exec(text)?.[1];
        if (password !== undefined) {
          found.push({
            start: USERINFO.lastIndex - 1 - password.length,
            end: USERINFO.lastIndex - 1,
          });
        }
      }
      colon = text.indexOf(":", at + 1);
    }
    if (at === equals) equals = text.indexOf("=", at + 1);
    const next = text.charCodeAt(at + 1);
    const arrow = next === 62 && text.charCodeAt(at) === 61;
    if (next === 61) continue; // `==`, and `:=` at its second sign
    if (next === 58 && text.charCodeAt(at) === 58) continue; // `::=`, at its last sign
    let end = at;
    while (at - end < 3 && isOperator(text.charCodeAt(end - 1))) end--;
    const sign = end;
    while (end > 0 && text.charCodeAt(end - 1) === 32 && sign - end < 40) end--;
    const quote = text.charCodeAt(end - 1);
    const nameQuoted = quote === 34 || quote === 39;
    if (arrow && !nameQuoted) continue;
    if (nameQuoted || quote === 96) {
      end--;
      while (end > 0 && text.charCodeAt(end - 1) === 92) end--;
    }
    let start = nameStart(text, end);
    if (end - start < 2 || at + 1 >= length) continue;
    let name = text.slice(start, end);
    if (text.charCodeAt(at) === 61 && text.charCodeAt(start - 1) === 32 && STRING_TYPE.test(name)) {
      // `var apiKey string = "…"`
      end = start - 1;
      start = nameStart(text, end);
      name = text.slice(start, end);
    } else if (name.length === 5 && VALUE.test(name)) {
      // `{"name": "API_KEY", "value": "…"}`, `<add key="ApiKey" value="…"/>`
      const beside = NAME_BESIDE.exec(text.slice(Math.max(0, start - 160), start));
      name = beside?.[1] ?? beside?.[2] ?? name;
    }
    const secret = secretName(name) || SIGNATURE.test(name);
    if (!secret && !(isEscape(text, start) && secretName(name.slice(1)))) continue;
    const value = valueAfter(text, arrow ? at + 1 : at, name, nameQuoted);
    if (value === undefined) continue;
    found.push(value);
    // What is masked needs no search: values that open within values would be looked through once each.
    if (colon >= 0 && colon < value.end) colon = text.indexOf(":", value.end);
    if (equals >= 0 && equals < value.end) equals = text.indexOf("=", value.end);
  }
}

/** All secret ranges of `text`, sorted and merged; an empty list for ordinary text. */
export function secretRanges(
  text: string,
  secretName: (name: string) => boolean,
  patterns: readonly RegExp[],
): readonly Range[] {
  const found: Range[] = [];
  tokens(text, found);
  pairs(text, secretName, found);
  elements(text, secretName, found);
  calls(text, secretName, found);
  flags(text, secretName, found);
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
