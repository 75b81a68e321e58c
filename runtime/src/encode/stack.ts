// An error → its stack's text as of now.
// Invariant: V8 formats `error.stack` at its first read, from the name and message at that time,
// and caches the text. We read it without filling that cache, so the program can still change the
// error before it reads the stack itself.
import { hasOwn, ownDatum, uncurry } from "../platform/own-properties.ts";

type Formatter = (error: unknown, sites: readonly unknown[]) => unknown;

const describe = Object.getOwnPropertyDescriptor;
/**
 * V8's own accessor of `stack`: since V8 12 each error has it as an own accessor property. Another
 * accessor is the program's.
 */
const nativeStack = describe(new Error("probe"), "stack")?.get;
const nativeRead = uncurry(nativeStack);

/** Thrown by a formatter, this leaves the stack unformatted. */
const UNREAD: unique symbol = Symbol("unread");

/**
 * Undefined where there is none, or where only an accessor of the program's could tell. A formatter
 * of the program's is called: that is what it is there for.
 */
export function stackOf(error: object): unknown {
  const errors: unknown = ownDatum(globalThis, "Error");
  if (typeof errors !== "function") return undefined;
  const formatter = describe(errors, "prepareStackTrace");
  // Node sets one at its start. Where it cannot be replaced, a read leaves its mark.
  if (formatter?.writable !== true || typeof formatter.value !== "function") return read(error);
  const holder = errors as unknown as { prepareStackTrace: unknown };
  const format = formatter.value as Formatter;
  let text: unknown;
  holder.prepareStackTrace = (subject: unknown, sites: readonly unknown[]) => {
    holder.prepareStackTrace = format;
    text = format(subject, sites);
    throw UNREAD;
  };
  try {
    return read(error);
  } catch {
    return text;
  } finally {
    holder.prepareStackTrace = format;
  }
}

function read(error: object): unknown {
  const property = describe(error, "stack");
  if (property === undefined) return undefined;
  if (hasOwn(property, "value")) return property.value;
  const { get } = property;
  return get !== undefined && get === nativeStack ? nativeRead(error) : undefined;
}
