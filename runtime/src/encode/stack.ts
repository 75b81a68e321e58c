// An error → its stack's text as of now. (V8 formats `error.stack` at its first read, from the name
// and message at that time, and caches the text.)
// Invariant: we fill no cache: the program can still change the error before it reads the stack.
import { types } from "../platform/node.ts";
import {
  descendsFrom,
  hasOwn,
  LONGEST_CHAIN,
  ownDatum,
  uncurry,
} from "../platform/own-properties.ts";

type Formatter = (error: unknown, sites: readonly unknown[]) => unknown;

const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const sourceOf = uncurry(Function.prototype.toString) as (fn: unknown) => string;
/**
 * V8's own accessor of `stack`: since V8 12 each error has it as an own accessor property. Another
 * accessor is the program's, or V8's of another realm.
 */
const nativeStack = describe(new Error("probe"), "stack")?.get;
const nativeRead = uncurry(nativeStack);
const nativeSource = nativeStack && sourceOf(nativeStack);

/** Thrown by a formatter, this leaves the stack unformatted. */
const UNREAD: unique symbol = Symbol("unread");

/**
 * Undefined where there is none, or where only an accessor of the program's could tell. A formatter
 * of the program's is called: that is what it is there for.
 */
export function stackOf(error: object): unknown {
  const errors = formattingError(error);
  // Node sets one at its start. Where it cannot be replaced, a read leaves its mark.
  if (errors === undefined) return read(error);
  const format = errors.prepareStackTrace;
  let text: unknown;
  errors.prepareStackTrace = (subject: unknown, sites: readonly unknown[]) => {
    errors.prepareStackTrace = format;
    text = format(subject, sites);
    throw UNREAD;
  };
  try {
    return read(error);
  } catch {
    return text;
  } finally {
    errors.prepareStackTrace = format;
  }
}

/** An `Error` whose formatter can be replaced. */
interface FormattingError {
  prepareStackTrace: Formatter;
}

/** The `Error` that Node asks for a formatter: that of the error's realm, then its own. */
function formattingError(error: object): FormattingError | undefined {
  const ours: unknown = ownDatum(globalThis, "Error");
  if (!descendsFrom(error, Error.prototype)) {
    const theirs = errorOfRealm(error);
    if (isFormatting(theirs)) return theirs;
  }
  return isFormatting(ours) ? ours : undefined;
}

function isFormatting(errors: unknown): errors is FormattingError {
  if (typeof errors !== "function" || types.isProxy(errors)) return false;
  const formatter = describe(errors, "prepareStackTrace");
  return formatter?.writable === true && typeof formatter.value === "function";
}

/** The constructor of the last prototype before `Object.prototype`. */
function errorOfRealm(error: object): unknown {
  let last: object = error;
  for (let i = 0; i < LONGEST_CHAIN; i++) {
    const holder = prototypeOf(last) as object | null;
    if (holder === null || types.isProxy(holder)) return undefined;
    const next = prototypeOf(holder) as object | null;
    if (next === null) return ownDatum(last, "constructor");
    last = holder;
  }
  return undefined;
}

function read(error: object): unknown {
  const property = describe(error, "stack");
  if (property === undefined) return undefined;
  if (hasOwn(property, "value")) return property.value;
  return isNative(property.get) ? nativeRead(error) : undefined;
}

/** V8's accessor reads the errors of all realms. A function of the program's is never called. */
function isNative(get: unknown): boolean {
  if (get === undefined || get === nativeStack) return get !== undefined;
  // A bound function's source is the same; its name is not.
  return sourceOf(get) === nativeSource && ownDatum(get as object, "name") === "";
}
