// The bytes of a JSON text → where its values lie, without parsing them.
// Invariant: whatever bytes come in, a scan ends; what it finds is parsed by JSON.parse alone, so
// that nothing is read otherwise than there.

export interface Range {
  readonly from: number;
  /** Behind the last byte. */
  readonly to: number;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

export const LINE_BREAK = 0x0a;

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === LINE_BREAK || byte === 0x0d || byte === 0x09;
}

/** @returns where something stands, or the end */
export function pastBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
}

export const isList = (bytes: Uint8Array, at: number): boolean => bytes[at] === OPEN_BRACKET;
export const isObject = (bytes: Uint8Array, at: number): boolean => bytes[at] === OPEN_BRACE;

/** @returns the place behind the value that begins there; undefined: it has no end */
export function endOf(bytes: Uint8Array, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
      if (at >= bytes.length) return undefined;
      if (depth === 0) return at + 1;
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      if (--depth === 0) return at + 1;
      // Of what is around it.
      if (depth < 0) return at;
    } else if (depth === 0 && (byte === COMMA || isBlank(byte))) return at;
  }
  return depth === 0 ? bytes.length : undefined;
}

/** Items of the list that begins there. @throws {SyntaxError} where it is none */
export function* itemsIn(bytes: Uint8Array, list: number): Generator<Range> {
  let from = firstIn(bytes, list, CLOSE_BRACKET);
  while (from !== undefined) {
    const item = { from, to: valueAt(bytes, from) };
    yield item;
    from = nextOf(bytes, item.to, CLOSE_BRACKET);
  }
}

export interface Member {
  readonly key: string;
  readonly value: Range;
}

/** Members of the object that begins there. @throws {SyntaxError} where it is none */
export function* membersIn(bytes: Uint8Array, object: number): Generator<Member> {
  let at = firstIn(bytes, object, CLOSE_BRACE);
  while (at !== undefined) {
    const key = { from: at, to: valueAt(bytes, at) };
    const colon = pastBlanks(bytes, key.to);
    if (bytes[key.from] !== QUOTE || bytes[colon] !== COLON)
      throw new SyntaxError("An object has members with names");
    const from = pastBlanks(bytes, colon + 1);
    const value = { from, to: valueAt(bytes, from) };
    yield { key: JSON.parse(textOf(bytes, key)) as string, value };
    at = nextOf(bytes, value.to, CLOSE_BRACE);
  }
}

function valueAt(bytes: Uint8Array, from: number): number {
  const to = endOf(bytes, from);
  if (to === undefined || to === from) throw new SyntaxError("A value is missing, or its end");
  return to;
}

/** Behind an opening bracket; undefined: nothing is between it and the closing one. */
function firstIn(bytes: Uint8Array, open: number, close: number): number | undefined {
  const at = pastBlanks(bytes, open + 1);
  return bytes[at] === close ? undefined : at;
}

function nextOf(bytes: Uint8Array, behind: number, close: number): number | undefined {
  const at = pastBlanks(bytes, behind);
  if (bytes[at] === close) return undefined;
  if (bytes[at] !== COMMA) throw new SyntaxError("Something stands where a comma would");
  return pastBlanks(bytes, at + 1);
}

export function textOf(bytes: Uint8Array, { from, to }: Range): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}
