// An error → its type, message, stack, cause and own fields, as data.
// Invariant: none of the program's accessors runs; the stack reads as of now (see stack.ts).
import { types } from "../platform/node.ts";
import {
  descendsFrom,
  getter,
  globalPrototype,
  hasOwn,
  lookUp,
  ownDatum,
  ownValue,
} from "../platform/own-properties.ts";
import { className } from "./names.ts";
import { Fields } from "./fields.ts";
import { stackOf } from "./stack.ts";

const keysOf = Object.keys;

export interface ErrorParts {
  readonly type: string;
  readonly message: string;
  readonly stack: string | null;
  readonly cause: unknown;
  /** Its other own fields. */
  readonly fields: Fields;
}

/** Whether it is an error, also one of another realm. */
export function isError(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !types.isProxy(value) &&
    (types.isNativeError(value) || descendsFrom(value, Error.prototype))
  );
}

export function errorParts(error: object): ErrorParts {
  const name = domText(error, "name") ?? lookUp(error, "name");
  const message = domText(error, "message") ?? lookUp(error, "message");
  // V8 reads name and message where it formats a stack: an object's `toString` would run.
  const stack = isText(name) && isText(message) ? stackOf(error) : undefined;
  const own = ownDatum(error, "name");
  const named = typeof own === "string" && own !== "" ? own : className(error);
  const type = named === "" || named === "DOMException" ? name : named;
  return {
    type: typeof type === "string" ? type : "Error",
    message: typeof message === "string" ? message : "",
    stack: typeof stack === "string" ? stack : null,
    cause: ownValue(error, "cause"),
    fields: otherFields(error),
  };
}

/** As they stand in the JSON text. */
export function errorFields({ type, message, stack, cause, fields }: ErrorParts): Fields {
  const names = ["type", "message", "stack"];
  const values: unknown[] = [type, message, stack];
  if (cause !== undefined) {
    names.push("cause");
    values.push(cause);
  }
  if (fields.names.length > 0) {
    names.push("fields");
    values.push(fields);
  }
  return new Fields(names, values);
}

function otherFields(error: object): Fields {
  const names: string[] = [];
  const values: unknown[] = [];
  const keys = keysOf(error);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? "";
    if (key === "name" || key === "message" || key === "stack" || key === "cause") continue;
    names.push(key);
    values.push(ownValue(error, key));
  }
  // An AggregateError's `errors` are not enumerable.
  if (types.isNativeError(error) && !names.includes("errors") && hasOwn(error, "errors")) {
    names.push("errors");
    values.push(ownValue(error, "errors"));
  }
  return new Fields(names, values);
}

/** A DOMException keeps name and message in slots that only its class's own accessors read. */
function domText(error: object, name: "name" | "message"): string | undefined {
  const prototype = globalPrototype(error, "DOMException");
  if (prototype === undefined) return undefined;
  try {
    return getter(prototype, name)(error) as string;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}
