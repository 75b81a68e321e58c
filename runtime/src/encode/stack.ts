// An error → its stack's text as of now.
// Invariant: the engine formats a stack when it is first read, by the name and message of that moment, and keeps the text. A stack
// that the program has not read stays unread: what it changes of the error before it does is still there to be seen.
import { hasOwn, ownDatum, uncurry } from "../platform/own-properties.ts";

type Formatter = (error: unknown, sites: readonly unknown[]) => unknown;

const describe = Object.getOwnPropertyDescriptor;
/** V8's own accessor of `stack`: since V8 12 each error has it as an own accessor property; an accessor that is another one is the app's. */
const nativeStack = describe(new Error("probe"), "stack")?.get;
const nativeRead = uncurry(nativeStack);

/** Thrown by a formatter, this leaves the stack unformatted. */
const UNREAD: unique symbol = Symbol("unread");

/** Undefined where there is none, or where only an accessor of the app's could tell. An app's own formatter is called: that is what it is there for. */
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
