// A text → its JSON string, its size in bytes of UTF-8, the part of it that fits a budget.
// Invariant: SQS accepts the JSON, and readers get back the very same text: what SQS rejects (lone
// surrogates, U+FFFE, U+FFFF) is written as \uXXXX.

import { engine, v8 } from "../platform/node.ts";
import { uncurry } from "../platform/own-properties.ts";
import { BACKSLASH, COLON, DOUBLE_QUOTE, EQUALS, SPACE, TILDE } from "./characters.ts";

const NONCHARACTER = /[\uFFFE\uFFFF]/g;
const stringify = JSON.stringify;
const byteLength = Buffer.byteLength;

/**
 * From V8 13 on, a search for one of up to 16 characters takes 0.03 ns a character. For more of
 * them in one expression it takes 0.6, so that there are three for what JSON escapes.
 */
// oxlint-disable-next-line no-control-regex -- JSON escapes them
const ESCAPED = /["\\\x00-\x0d]/;
// oxlint-disable-next-line no-control-regex -- and these
const RARE = /[\x0e-\x1d]/;
// oxlint-disable-next-line no-control-regex -- and these
const RARER = /[\x1e\x1f]/;

/** Below this length `JSON.stringify` is as quick as the searches. */
const LONG = 64;
const searches = engine >= 13;
/** From here on V8 14, as in Node 26, is quicker by `JSON.stringify`: 0.07 ns a character. */
const LONGEST = engine === 13 ? Infinity : 1024;
/** So many long texts are written before `node:v8` is loaded for the others: that takes 1 ms. */
const FEW = 100;
let asked = 0;
let isOneByte: ((text: string) => boolean) | undefined;

/**
 * Whether V8 keeps it in a byte a character. A piece of a text that V8 does not keep so would make
 * all of the trace's JSON twice as long in memory, and as slow to copy; `JSON.stringify` copies it.
 */
function isNarrow(text: string): boolean {
  if (isOneByte === undefined) {
    if (++asked < FEW) return false;
    isOneByte = v8().isStringOneByteRepresentation ?? (() => false);
  }
  return isOneByte(text);
}

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

/**
 * Whether a longer text is known to be its own JSON text in quotes, if `hasRareControl` says no.
 * That takes a tenth of the 0.6 ns a character of `JSON.stringify` (V8 13, Node 24).
 */
export function isPlainIn(text: string): boolean {
  if (!searches || text.length < LONG || text.length >= LONGEST) return false;
  return isNarrow(text) && !ESCAPED.test(text);
}

/** Whether JSON text that was put together of such texts has to be made in another way. */
export function hasRareControl(json: string): boolean {
  return searches && (RARE.test(json) || RARER.test(json));
}

function cleaned(json: string): string {
  return NONCHARACTER.test(json)
    ? json.replace(NONCHARACTER, (c) => (c === "\uFFFE" ? "\\ufffe" : "\\uffff"))
    : json;
}

export function quoteOrNull(text: string | undefined): string {
  return text === undefined ? "null" : quote(text);
}

const write = uncurry(Buffer.prototype.write) as (bytes: Buffer, text: string) => number;
const SCRATCH_BYTES = 65_536;
const MOST_BYTES_A_UNIT = 3;
let scratch: Buffer | undefined;

/** Size in bytes of UTF-8. */
export function bytesOf(text: string): number {
  const { length } = text;
  // V8 13 takes 0.12 ns a character to count them, and a tenth of that to write them.
  if (engine !== 13 || length < LONG || length * MOST_BYTES_A_UNIT > SCRATCH_BYTES)
    return byteLength(text, "utf8");
  return write((scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)), text);
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
