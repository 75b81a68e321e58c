// Two values → where they differ.
// Invariant: at most so many changes, each of at most so many bytes; keys are compared as they are.
import type { Change } from "../views.ts";

const MOST_CHANGES = 200;
const VALUE_BYTES = 2048;
/** Deeper values are compared as texts. */
const DEEPEST = 64;

export function changesBetween(
  path: string,
  a: unknown,
  b: unknown,
  into: Change[],
  depth = 0,
): void {
  if (into.length >= MOST_CHANGES || Object.is(a, b)) return;
  if (depth < DEEPEST && isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b)) {
    const [of, other] = [entriesOf(a), entriesOf(b)];
    for (const key of new Set([...of.keys(), ...other.keys()])) {
      const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (!other.has(key)) put(into, at, of.get(key), null, "removed");
      else if (!of.has(key)) put(into, at, null, other.get(key), "added");
      else changesBetween(at, of.get(key), other.get(key), into, depth + 1);
    }
    return;
  }
  if (isObject(a) && isObject(b) && JSON.stringify(a) === JSON.stringify(b)) return;
  const kind = a === null ? "added" : b === null ? "removed" : "changed";
  put(into, path, a, b, kind);
}

function put(into: Change[], path: string, a: unknown, b: unknown, kind: Change["kind"]): void {
  if (into.length < MOST_CHANGES) into.push({ path, a: cut(a), b: cut(b), kind });
}

/** A long value is told by its beginning. */
function cut(value: unknown): unknown {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
  if (text.length <= VALUE_BYTES / 3 || Buffer.byteLength(text) <= VALUE_BYTES)
    return value ?? null;
  const bytes = Buffer.from(text).subarray(0, VALUE_BYTES - 3);
  return `${bytes.toString("utf8").replace(/\uFFFD+$/, "")}…`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** In a map: a key may be `__proto__`. */
function entriesOf(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value));
}
