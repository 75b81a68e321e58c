// A text → its JSON string, its size in bytes of UTF-8, the part of it that fits a budget.
// Invariant: SQS accepts the JSON, and readers get back the very same text: what SQS rejects (lone
// surrogates, U+FFFE, U+FFFF) is written as \uXXXX.

import { BACKSLASH, COLON, DOUBLE_QUOTE, EQUALS, SPACE, TILDE } from "./characters.ts";

const NONCHARACTER = /[\uFFFE\uFFFF]/g;
const stringify = JSON.stringify;
const byteLength = Buffer.byteLength;

/** Below this length a loop over the characters is quicker than `JSON.stringify`. */
export const SHORT = 16;

/** Whether it is its own JSON text in quotes, and holds no `name=secret`. */
export function isShortAndPlain(text: string): boolean {
  const { length } = text;
  if (length >= SHORT) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < SPACE || code > TILDE || code === DOUBLE_QUOTE || code === BACKSLASH) return false;
    if (code === COLON || code === EQUALS) return false;
  }
  return true;
}

/** The JSON text of a string. */
export function quote(text: string): string {
  return cleaned(stringify(text));
}

/** The JSON text of what holds nothing but data (plain.ts). */
export function quoteAll(value: object): string {
  return cleaned(stringify(value));
}

function cleaned(json: string): string {
  return NONCHARACTER.test(json)
    ? json.replace(NONCHARACTER, (c) => (c === "\uFFFE" ? "\\ufffe" : "\\uffff"))
    : json;
}

export function quoteOrNull(text: string | undefined): string {
  return text === undefined ? "null" : quote(text);
}

/** Size in bytes of UTF-8. */
export function bytesOf(text: string): number {
  return byteLength(text, "utf8");
}

/**
 * How many UTF-16 units of `text`, at most, fit `bytes` bytes of UTF-8, and `jsonBytes` when
 * written inside a JSON string; never half a surrogate pair.
 */
export function unitsWithin(text: string, bytes: number, jsonBytes: number = Infinity): number {
  const length = text.length;
  let raw = 0;
  let json = 0;
  let at = 0;
  while (at < length) {
    const code = text.codePointAt(at) ?? 0;
    const units = code > 0xffff ? 2 : 1;
    const lone = code >= 0xd800 && code <= 0xdfff;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    raw += size;
    if (code < 0x20) json += code >= 8 && code <= 13 && code !== 11 ? 2 : 6;
    else if (code === 0x22 || code === 0x5c) json += 2;
    else json += lone || code === 0xfffe || code === 0xffff ? 6 : size;
    if (raw > bytes || json > jsonBytes) break;
    at += units;
  }
  return at;
}

/** A copy that shares no memory with a longer string it was cut from. */
export function detached(text: string): string {
  return text.length < 13 ? text : (JSON.parse(stringify(text)) as string);
}
