// Reading of foreign objects: own data properties only → no getter, no proxy trap, no user code runs.
import { types } from "./node.ts";

/** The value of an own data property, else undefined. */
export function field(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
}

/** As `field`, under the first of two spellings that is there: on the wire `snake_case`, in some SDKs `camelCase`. */
export function either(value: unknown, key: string, other: string): unknown {
  return field(value, key) ?? field(value, other);
}

export function textField(value: unknown, key: string): string | undefined {
  return asText(field(value, key));
}

/** A count of tokens: a whole number that is not negative; anything else is no count. */
export function countField(value: unknown, key: string): number | undefined {
  return asCount(field(value, key));
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** No call has ten billion tokens, and the sums of a trace's spans stay exact. */
const MAX_COUNT = 1e10;

export function asCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT
    ? value
    : undefined;
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !types.isProxy(value);
}

/** The items of a true array. */
export function items(value: unknown): readonly unknown[] {
  if (types.isProxy(value) || !Array.isArray(value)) return [];
  const list: unknown[] = [];
  for (let at = 0; at < value.length; at++) list[list.length] = field(value, at);
  return list;
}

/** The first item of a true array. */
export function firstItem(value: unknown): unknown {
  return !types.isProxy(value) && Array.isArray(value) ? field(value, 0) : undefined;
}

/** Above this a body is not parsed: no text answer is that long, but a generated image may be. */
const MAX_JSON_BYTES = 1024 * 1024;

/** JSON in a text or in bytes; undefined for anything else. */
export function parsedJson(value: unknown): unknown {
  try {
    if (typeof value === "string")
      return value.length <= MAX_JSON_BYTES ? (JSON.parse(value) as unknown) : undefined;
    if (!types.isUint8Array(value) || byteLength(value) > MAX_JSON_BYTES) return undefined;
    return JSON.parse(utf8.decode(value)) as unknown;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder();
const byteLengthGetter = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "byteLength",
)?.get;

/** By the language's own getter: a subclass may have another. */
function byteLength(bytes: Uint8Array): number {
  return byteLengthGetter === undefined
    ? Infinity
    : (Reflect.apply(byteLengthGetter, bytes, []) as number);
}

/** The first of `names` that is an own member with an object in it. */
export function firstMember(value: unknown, names: readonly string[]): string | undefined {
  return isObject(value) ? names.find((name) => isObject(field(value, name))) : undefined;
}

/** The first of `names` that is an own member. */
export function firstKey(value: unknown, names: readonly string[]): string | undefined {
  return isObject(value) ? names.find((name) => field(value, name) !== undefined) : undefined;
}
