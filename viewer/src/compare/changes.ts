// Two values → where they differ.
// Invariant: at most so many changes, each of at most so many bytes; keys are compared as they are;
// what is new in each run, as ids and times are, is no change.
import type { Change } from "../views.ts";

/** Of a pair of spans, and of each value's JSON, in bytes. */
const MOST_CHANGES = 200;
const VALUE_BYTES = 2048;
/** Once a comparison is large, the first change of a pair, by the beginnings of its values. */
const [SCARCE_CHANGES, SCARCE_BYTES] = [1, 100];
/** Deeper values are compared as texts. */
const DEEPEST = 64;

/** What a comparison may still hold of values, in bytes. */
export interface Room {
  left: number;
}

export function changesBetween(a: unknown, b: unknown, room: Room): readonly Change[] {
  const into: Change[] = [];
  const scarce = room.left <= 0;
  const found = { into, most: scarce ? SCARCE_CHANGES : MOST_CHANGES };
  collect("", a, b, found, 0);
  return into.map(({ path, a: one, b: other, kind }) => {
    const bytes = scarce ? SCARCE_BYTES : VALUE_BYTES;
    return { path, a: cut(one, bytes, room), b: cut(other, bytes, room), kind };
  });
}

interface Found {
  readonly into: Change[];
  readonly most: number;
}

function collect(path: string, a: unknown, b: unknown, found: Found, depth: number): void {
  if (found.into.length >= found.most || Object.is(a, b)) return;
  if (depth < DEEPEST && isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b)) {
    const [of, other] = [entriesOf(a), entriesOf(b)];
    for (const key of new Set([...of.keys(), ...other.keys()])) {
      const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const [one, two] = [of.get(key), other.get(key)];
      if (!other.has(key)) put(found, at, one, null, "removed");
      else if (!of.has(key)) put(found, at, null, two, "added");
      else if (!isNewEachTime(key, one, two)) collect(at, one, two, found, depth + 1);
    }
    return;
  }
  if (isObject(a) && isObject(b) && JSON.stringify(a) === JSON.stringify(b)) return;
  const kind = a === null ? "added" : b === null ? "removed" : "changed";
  put(found, path, a, b, kind);
}

/** Of requests and answers, as providers' SDKs name them. */
const REQUESTS: ReadonlySet<string> = new Set(
  `request_id requestid x-request-id request-id x-amzn-requestid response_id responseid
   system_fingerprint trace_id traceid span_id spanid cf-ray`.split(/\s+/),
);
const TIMES = /^(?:created|created_?at|completed_?at|started_?at|timestamp|time_?stamp)$/i;
/** Ids as providers and UUIDs write them: `chatcmpl-9x…`, `call_abc…`, `msg_01…`. */
const MADE =
  /^(?:(?:chatcmpl|cmpl|msg|resp|req|gen|call|toolu|tooluse|run|fc|rs|item|aitxt)[-_][\w-]+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32})$/i;

function isNewEachTime(key: string, a: unknown, b: unknown): boolean {
  if (isObject(a) || isObject(b)) return false;
  if (REQUESTS.has(key.toLowerCase().replace(/^_/, ""))) return true;
  if (TIMES.test(key)) return isTime(a) && isTime(b);
  return /(?:^|_|-)id$|Id$|ID$/.test(key) && isMade(a) && isMade(b);
}

const isMade = (value: unknown): boolean => typeof value === "string" && MADE.test(value);

function isTime(value: unknown): boolean {
  if (typeof value === "number") return value > 1e9;
  return typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value);
}

function put(
  { into, most }: Found,
  path: string,
  a: unknown,
  b: unknown,
  kind: Change["kind"],
): void {
  if (into.length < most) into.push({ path, a, b, kind });
}

/** A long value is told by its beginning. */
function cut(value: unknown, most: number, room: Room): unknown {
  const json = JSON.stringify(value) ?? "null";
  let bytes = Buffer.byteLength(json);
  if (bytes <= most) {
    room.left -= bytes;
    return value ?? null;
  }
  let text = typeof value === "string" ? value : json;
  // Room for an ellipsis; escapes take more of it than what they stand for.
  let keep = most - 5;
  while (bytes > most - 3) {
    text = text.slice(0, Math.max(0, keep)).replace(/[\uD800-\uDBFF]$/, "");
    bytes = Buffer.byteLength(JSON.stringify(text));
    keep = Math.floor((keep * (most - 5)) / bytes) - 1;
  }
  room.left -= bytes;
  return `${text}…`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** In a map: a key may be `__proto__`. */
function entriesOf(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value));
}
