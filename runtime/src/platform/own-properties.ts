// Any value → its own properties, as data.
// Invariant: no getter, no proxy trap and no method of the program runs. Inherited properties count
// only where a prototype chain is walked, property by property.
import { type Decoder, textDecoder, types } from "./node.ts";

export type Uncurried = (self: unknown, ...rest: unknown[]) => unknown;
const bind = Function.prototype.bind;
const call = Function.prototype.call;
/** A method taken at load, to be called on any object whatever its prototype says by then. */
export const uncurry = (method: unknown): Uncurried =>
  bind.call(call, method as never) as Uncurried;

const describe = Object.getOwnPropertyDescriptor;
/** The same for the accessor of a property. */
export const getter = (holder: object, name: PropertyKey): Uncurried =>
  uncurry(describe(holder, name)?.get);
const prototypeOf = Object.getPrototypeOf;
const isArray = Array.isArray;
const isProxy = types.isProxy;
const isBytes = types.isUint8Array;
const bytesIn = getter(prototypeOf(Uint8Array.prototype) as object, "byteLength") as (
  bytes: Uint8Array,
) => number;
let utf8: Decoder | undefined;

/** How far up a prototype chain we look. */
export const LONGEST_CHAIN = 12;

export const hasOwn: typeof Object.hasOwn = Object.hasOwn;

/** Whether it is an object that can be read: a proxy cannot. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isProxy(value);
}

/** What a property descriptor holds; an accessor shows as a word. */
export function held(property: PropertyDescriptor): unknown {
  // Read directly, `value` might be that of a polluted Object.prototype.
  if (hasOwn(property, "value")) return property.value;
  return property.get === undefined ? "[Setter]" : "[Getter]";
}

/**
 * A list's item by its descriptor takes 45 ns; asking for a getter, and then reading, 13 (Node 24).
 */
const getterOf = uncurry(
  (Object.prototype as unknown as { __lookupGetter__: unknown }).__lookupGetter__,
);

/** An item of a list; an accessor shows as a word. */
export function itemIn(list: readonly unknown[], at: number): unknown {
  // Where there is an item, neither question goes on to a prototype.
  if (!hasOwn(list, at)) return undefined;
  if (getterOf(list, at) === undefined) {
    const item = list[at];
    if (item !== undefined) return item;
  }
  // With a getter, with a setter alone, or nothing.
  return ownValue(list, at);
}

/** The value of an own property. The object must not be a proxy. */
export function ownValue(object: object, key: PropertyKey): unknown {
  const property = describe(object, key);
  return property === undefined ? undefined : held(property);
}

/** The value of an own data property, undefined for an accessor. The object must not be a proxy. */
export function ownDatum(object: object, key: PropertyKey): unknown {
  const property = describe(object, key);
  return property !== undefined && hasOwn(property, "value") ? property.value : undefined;
}

/** As `ownDatum`, of anything. */
export function field(value: unknown, key: string | number): unknown {
  return isObject(value) ? ownDatum(value, key) : undefined;
}

/** The first of two spellings: on the wire `snake_case`, in some SDKs `camelCase`. */
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

/** The items of a true array. */
export function items(value: unknown): readonly unknown[] {
  const list: unknown[] = [];
  if (isProxy(value) || !isArray(value)) return list;
  for (let at = 0; at < value.length; at++) list[at] = ownDatum(value, at);
  return list;
}

/** The first item of a true array. */
export function firstItem(value: unknown): unknown {
  return !isProxy(value) && isArray(value) ? ownDatum(value, 0) : undefined;
}

/** The first of `names` that is an own member with an object in it. */
export function firstMember(value: unknown, names: readonly string[]): string | undefined {
  return isObject(value) ? names.find((name) => isObject(ownDatum(value, name))) : undefined;
}

/** The first of `names` that is an own member. */
export function firstKey(value: unknown, names: readonly string[]): string | undefined {
  return isObject(value) ? names.find((name) => ownDatum(value, name) !== undefined) : undefined;
}

/** A longer body is not parsed: no text answer is that long, but a generated image may be. */
const MAX_JSON_BYTES = 1024 * 1024;

/** JSON in a text or in bytes; undefined for anything else. */
export function parsedJson(value: unknown): unknown {
  try {
    if (typeof value === "string")
      return value.length <= MAX_JSON_BYTES ? (JSON.parse(value) as unknown) : undefined;
    // A subclass of Uint8Array may have a `byteLength` of its own.
    if (!isBytes(value) || bytesIn(value) > MAX_JSON_BYTES) return undefined;
    utf8 ??= textDecoder();
    return JSON.parse(utf8.decode(value)) as unknown;
  } catch {
    return undefined;
  }
}

/** Stands for what only the program's code could tell: behind an accessor, or behind a proxy. */
const OPAQUE: unique symbol = Symbol("opaque");

/** The nearest property of that name, own or inherited, where it is plain data. */
export function lookUp(object: object, key: PropertyKey): unknown {
  let holder: object | null = object;
  for (let i = 0; holder !== null; i++) {
    if (i === LONGEST_CHAIN || isProxy(holder)) return OPAQUE;
    const property = describe(holder, key);
    if (property !== undefined) return hasOwn(property, "value") ? property.value : OPAQUE;
    holder = prototypeOf(holder);
  }
  return undefined;
}

export function descendsFrom(value: object, prototype: object): boolean {
  let holder: object | null = prototypeOf(value);
  for (let i = 0; holder !== null && i < LONGEST_CHAIN; i++) {
    if (holder === prototype) return true;
    if (isProxy(holder)) return false;
    holder = prototypeOf(holder);
  }
  return false;
}

/** The prototype of a class that Node loads lazily, if `value` descends from it. */
export function globalPrototype(value: object, name: string): object | undefined {
  const holder = ownDatum(globalThis, name);
  if (typeof holder !== "function" || isProxy(holder)) return undefined;
  const prototype = ownDatum(holder, "prototype");
  if (typeof prototype !== "object" || prototype === null) return undefined;
  return descendsFrom(value, prototype) ? prototype : undefined;
}
