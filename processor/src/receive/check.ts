// A decoded trace → what in it no sink could map, if anything.
// Invariant: sparse is well, absent and null count alike; a value of a wrong kind is named by its
// place, never quoted.
import { traceSchema, type WireTrace } from "llmops-observability/wire";

/**
 * `JSON.stringify` recurses: beyond some 7,000 levels it overflows the stack (Node 24). The runtime
 * writes a dozen.
 */
const MAX_DEPTH = 1000;

/** Whether the brackets of a JSON text go deeper than sinks can write. */
export function isTooDeep(json: string): boolean {
  // As many brackets as that in a text are rare: most are through here.
  if (json.length < 2 * MAX_DEPTH) return false;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (inText) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** @param event its type, where it is an event of the older form */
export function faultIn(trace: WireTrace, event: string | undefined): string | undefined {
  if (trace.trace_id === "") return `The trace has no "trace_id".`;
  const fault = mismatch(trace, traceSchema, "trace");
  if (fault !== undefined) return fault;
  if (trace.spans.some(({ span_id: id }) => id === "" || id === null))
    return event === undefined
      ? `A span of the trace has no "span_id".`
      : `The event has no "span_id".`;
  return undefined;
}

/** The part of JSON Schema that the trace's is written in. */
interface Schema {
  readonly $comment?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function mismatch(value: unknown, schema: Schema, place: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  const { anyOf, properties, items } = schema;
  // A word that we do not know is a newer writer's; what is no word nobody can map.
  const type = schema.enum === undefined ? schema.type : "string";
  if (anyOf !== undefined) {
    const faults = anyOf.map((one) => mismatch(value, one, place));
    return faults.includes(undefined) ? undefined : faults.at(-1);
  }
  if (type !== undefined && ![type].flat().some((one) => isA(value, one)))
    return `${place} is no ${[type].flat().join(" or ")}.`;
  if (properties !== undefined) {
    const members = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(properties)) {
      if (!Object.hasOwn(members, key)) continue;
      const fault = mismatch(members[key], properties[key] ?? {}, `${place}.${key}`);
      if (fault !== undefined) return fault;
    }
  }
  // Lists of spans, links and scores; what stands in a list of names is made a text.
  if (items?.properties !== undefined && Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      if (item === null) return `${place}[${at}] is null.`;
      const fault = mismatch(item, items, `${place}[${at}]`);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function isA(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}
