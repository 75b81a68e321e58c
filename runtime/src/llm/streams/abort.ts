// Arguments → the `AbortSignal` among them: the caller's, whatever an SDK makes of it.
import { descendsFrom, field, isObject } from "../../platform/own-properties.ts";

const NAMES: readonly string[] = ["signal", "abortSignal", "options", "config", "requestOptions"];

const abortedGetter = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")?.get;

export function isAborted(signal: unknown): boolean {
  try {
    return isObject(signal) && abortedGetter?.call(signal) === true;
  } catch {
    return false;
  }
}

/** One that is an argument, or stands in an object of options. */
export function signalIn(values: readonly unknown[]): AbortSignal | undefined {
  for (let at = 0; at < values.length; at++) {
    const found = signalWithin(values[at], 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

function signalWithin(value: unknown, depth: number): AbortSignal | undefined {
  if (!isObject(value) || depth > 2) return undefined;
  if (isSignal(value)) return value;
  for (const name of NAMES) {
    const found = signalWithin(field(value, name), depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSignal(value: object): value is AbortSignal {
  return descendsFrom(value, AbortSignal.prototype);
}
