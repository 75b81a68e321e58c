// An object that the program passes to a function of ours → its fields, getters included.
// Invariant: never throws; a field that cannot be read is counted and left out, the others stay.
import { types } from "../platform/node.ts";
import { count } from "../platform/report.ts";

/** Counted: what the program passes is not what the function takes. */
export type Refusal =
  | "invalid_trace_options"
  | "invalid_track_options"
  | "invalid_update"
  | "invalid_score";

/** @returns undefined where a getter or a proxy's trap throws */
export function fieldOf<T extends object, K extends keyof T>(
  given: T,
  key: K,
  refusal: Refusal,
): T[K] | undefined {
  try {
    const value = given[key];
    return key in Object.prototype && isInherited(given, key, value) ? undefined : value;
  } catch {
    count(refusal);
    return undefined;
  }
}

/** From what some library has put on `Object.prototype`, where every object finds it. */
function isInherited(given: object, key: PropertyKey, value: unknown): boolean {
  return !Object.hasOwn(given, key) && Reflect.get(Object.prototype, key) === value;
}

/** Whether it has fields that are to be read as they are: proxies can change what they show. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && !types.isProxy(value) && !Array.isArray(value)
  );
}

/** A text; another value is counted. */
export function textIn(value: unknown, refusal: Refusal): string | undefined {
  if (typeof value === "string") return value;
  if (value !== undefined && value !== null) count(refusal);
  return undefined;
}
