// In: a text. Out: the ranges in it that are secret: well-known token shapes, `name = value` pairs with a secret name, URL passwords.
// Ranges may overlap. An open end (a PEM block, a quoted value) reaches to the end of the text, so that a cut hides no closing mark.
// Speed: one regular expression that stops only at rare characters, then one look backwards at each `:` and `=`.

/** Token shapes that begin with a fixed prefix and end in a long random part. */
const PREFIXED =
  "sk-|[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|xai-|pplx-|shp[a-z]{2}_|lin_api_|ntn_|dop_v1_|dckr_pat_|nvapi-|pcsk_|tvly-|lsv2_[a-z]{2}_|whsec_|GOCSPX-|ya29\\.|hvs\\.|AGE-SECRET-KEY-|sq0[a-z]{3}-|tskey-|sntry[su]_|secret_|EAAA|pypi-";

/** Every alternative begins with a rare character and looks back from there, so that prose is skipped at the speed of a byte search. */
const TOKENS = new RegExp(
  "[-_.:BbIJK](?:" +
    [
      // a fixed prefix, then 16 characters or more with a digit among them
      `(?<=\\b(?:${PREFIXED}))(?=[A-Za-z_-]*\\d)[\\w-]{16,}(?:\\.[\\w-]+)*`,
      // the same, where prefix and package or variable names look alike: letters and digits only
      "(?<=\\b(?:hf|npm|r8|gsk)_)[A-Za-z0-9]{30,}",
      "(?<=\\bkey-)[0-9a-f]{32}\\b",
      "(?<=\\bSG\\.)[\\w-]{16,}\\.[\\w-]{16,}",
      "(?<=hooks\\.)slack\\.com/services/[\\w/]+",
      // Telegram bots
      "(?<=\\b\\d{8,10}:)AA[\\w-]{33}",
      "(?<=-)----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)",
      // AWS access key ids, Google API keys, Twilio keys
      "(?<=\\bA[KSB]I)A[A-Z0-9]{16}\\b",
      "(?<=\\bAI)za[\\w-]{30,}",
      "(?<=\\bSK)[0-9a-f]{32}\\b",
      // JSON web tokens, signed or encrypted
      "(?<=\\beyJ)[\\w-]{5,}\\.[\\w-]{8,}(?:\\.[\\w-]*)*",
      "(?<=\\b[Bb])(?:earer|asic)\\s+[\\w.~+/=-]{8,}",
      "(?<=\\bB)(?:EARER|ASIC)\\s+[\\w.~+/=-]{8,}",
    ].join("|") +
    ")",
  "g",
);

/** A superset of TOKENS without a look back: what ordinary text fails at once (three times as quick as TOKENS). */
const QUICK =
  /[-_.][\w-]{16}|:AA[\w-]{33}|----BEGIN|IA[A-Z0-9]{16}|Iza[\w-]{30}|K[0-9a-f]{32}|J[\w-]{5,}\.|[Bb](?:earer|asic)\s|B(?:EARER|ASIC)\s|\.slack\.com/;

const SCHEME = /^b(?:earer|asic)\s+/i;
const PROSE = /^[A-Za-z]?[a-z]*(?:[-.][a-z]*)*$/;
const CODE =
  /^(?:null|none|nil|undefined|true|false|string|number|str|bytes|any|bool|boolean|required|optional|\*+|\.{2,})$/i;
const PAIR_SCHEME =
  /^(?:basic|bearer|digest|token|apikey|api-key|negotiate|ntlm|aws4-hmac-sha256|key|hoba|mutual|dpop)\s+\S/i;
const USERINFO = /\/\/[^\s/:@"'<>\\]*:([^\s/@"'<>]+)@/y;
const SIGNATURE = /^(?:sig|signature|x-(?:amz|goog)-signature)$/i;

/** How far to look back for the name before a `:` or `=`. */
const LONGEST_NAME = 80;

export interface Range {
  start: number;
  end: number;
}

function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95
  );
}

/** `Basic …` and `Bearer …` in prose are followed by an ordinary word, in a header by something that is none. */
function isCredential(scheme: string, value: string): boolean {
  if (!/^b(?:asic)/i.test(scheme)) return !PROSE.test(value);
  const decoded = Buffer.from(value, "base64").toString("latin1");
  return /^[\x20-\x7e\x80-\xff]*:/.test(decoded);
}

function tokens(text: string, found: Range[]): void {
  if (!QUICK.test(text)) return;
  TOKENS.lastIndex = 0;
  for (let match = TOKENS.exec(text); match !== null; match = TOKENS.exec(text)) {
    const matched = match[0];
    const end = match.index + matched.length;
    const scheme = SCHEME.exec(matched);
    if (scheme !== null) {
      const start = match.index + scheme[0].length;
      if (isCredential(matched, text.slice(start, end))) found.push({ start, end });
      else TOKENS.lastIndex = start;
      continue;
    }
    let start = match.index;
    while (start > 0 && isWord(text.charCodeAt(start - 1))) start--;
    found.push({ start, end });
  }
}

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
    LINE.lastIndex = start;
    const line = LINE.exec(text)?.[0] ?? "";
    if (PAIR_SCHEME.test(line) || /^[^\s=;,]+=\S/.test(line))
      return { start, end: start + line.length };
  }
  BARE.lastIndex = start;
  const value = BARE.exec(text)?.[0] ?? "";
  const end = start + value.length;
  if (value === "" || CODE.test(value)) return undefined;
  const next = text.charCodeAt(end);
  if (next === 40 || next === 91 || next === 123 || value.startsWith("$")) return undefined; // a call, an index, a template
  const tight = start === separator + 1 && text.charCodeAt(separator) === 61;
  // `Password=x;` is a connection string; `token = value` and `password: must` read as code or prose unless the value looks random.
  if (!tight && !nameQuoted && !/[\d!@$%^*+=~]/.test(value) && value.length < 16) return undefined;
  return { start, end };
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
    if (next === 61 || (next === 62 && text.charCodeAt(at) === 61)) continue; // `==`, `=>`, and `:=` at its second sign
    let end = text.charCodeAt(at - 1) === 58 ? at - 1 : at;
    while (end > 0 && text.charCodeAt(end - 1) === 32 && at - end < 5) end--;
    const quote = text.charCodeAt(end - 1);
    const nameQuoted = quote === 34 || quote === 39;
    if (nameQuoted || quote === 96) {
      end--;
      while (end > 0 && text.charCodeAt(end - 1) === 92) end--;
    }
    let start = end;
    const floor = end - LONGEST_NAME;
    while (start > 0 && start > floor) {
      const code = text.charCodeAt(start - 1);
      if (!isWord(code) && code !== 45) break;
      start--;
    }
    if (end - start < 2 || at + 1 >= length) continue;
    const name = text.slice(start, end);
    if (!secretName(name) && !SIGNATURE.test(name)) continue;
    const value = valueAfter(text, at, name, nameQuoted);
    if (value !== undefined) found.push(value);
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
