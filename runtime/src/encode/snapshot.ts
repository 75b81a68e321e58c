// A small, plain value in the moment of a call → a copy that later changes do not reach. It becomes
// JSON text when its trace is sent; copying takes a third of the time of encoding (bench W1).
// Invariant: runs no code of the program; what is large or odd is left to the encoder, at once.
import { types } from "../platform/node.ts";
import { held } from "../platform/own-properties.ts";
import { functionText } from "./names.ts";
import { Fields } from "./fields.ts";

const isProxy = types.isProxy;
const isArray = Array.isArray;
const { keys: keysOf, values: valuesOf } = Object;
const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const plain = Object.prototype;
const list = Array.prototype;

/** Stands for a copy of what is not small and plain. */
export const LARGE: unique symbol = Symbol("large");

/**
 * Slots per snapshot. A value takes one; a string takes 8, plus one per 8 characters. A larger copy
 * would need up to three times the memory of its JSON text.
 */
const ROOM = 128;
const MAX_DEPTH = 8;
/**
 * V8 never makes a shorter string a slice of another one, which it would keep alive
 * (`SlicedString::kMinLength`, V8 14).
 */
const NEVER_A_SLICE = 13;

const NO_NAMES: readonly string[] = [];

let room = 0;

/** A copy to be encoded later; LARGE where the value is to be encoded now. */
export function snapshot(value: unknown): unknown {
  room = ROOM;
  return copyOf(value, 0);
}

/**
 * The same in place, for a list that is the runtime's own. False where one of them is to be encoded
 * now; those before it are copies then.
 */
export function snapshotAll(values: unknown[]): boolean {
  room = ROOM;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    // Most values are copies of themselves.
    if (typeof value === "number" || typeof value === "boolean") continue;
    const copy = copyOf(value, 0);
    if (copy === LARGE) return false;
    values[at] = copy;
  }
  return true;
}

/** The same for a literal's new object: no look at what it is saves 50 ns of 280 (bench W1). */
export function snapshotLiteral(literal: object): unknown {
  const listed = isArray(literal);
  const values = valuesOf(literal) as unknown[];
  const names = listed ? NO_NAMES : keysOf(literal);
  return snapshotAll(values) && values.length < ROOM ? new Fields(names, values, listed) : LARGE;
}

/** What the last copies take of memory, in bytes: a unit is a slot. */
export function bytesCopied(): number {
  return (ROOM - room) * 8;
}

function copyOf(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return copyOfText(value);
    case "object":
      return value === null ? null : copyOfObject(value, depth);
    case "function":
      return functionText(value);
    case "bigint":
      return LARGE;
    default:
      return value;
  }
}

function copyOfText(text: string): string | typeof LARGE {
  const { length } = text;
  if (length < NEVER_A_SLICE) return text;
  room -= 8 + (length >> 3);
  if (room < 0) return LARGE;
  return ` ${text}`.slice(1);
}

function copyOfObject(value: object, depth: number): unknown {
  if (depth === MAX_DEPTH || isProxy(value)) return LARGE;
  const prototype = prototypeOf(value) as object | null;
  const listed = isArray(value);
  if (prototype !== (listed ? list : plain)) return LARGE;
  const keys = listed ? NO_NAMES : keysOf(value);
  const { length } = listed ? (value as readonly unknown[]) : keys;
  if ((room -= length + 1) < 0) return LARGE;
  // oxlint-disable-next-line unicorn/no-new-array -- a list that grows takes 10 ns more (bench W1)
  const values = new Array<unknown>(length);
  for (let at = 0; at < length; at++) {
    const property = describe(value, listed ? at : (keys[at] as string));
    const before = room;
    const copy = property === undefined ? undefined : copyOfProperty(property, depth);
    // Where the items are of one kind, the first tells that they will not fit.
    if (copy === LARGE || (listed && at === 0 && (before - room) * (length - 1) > room))
      return LARGE;
    values[at] = copy;
  }
  return new Fields(keys, values, listed);
}

function copyOfProperty(property: PropertyDescriptor, depth: number): unknown {
  // Only data has it.
  if (property.writable === undefined) return held(property);
  const value: unknown = property.value;
  if (typeof value === "number") return value;
  if (typeof value === "string" && value.length < NEVER_A_SLICE) return value;
  return copyOf(value, depth + 1);
}
