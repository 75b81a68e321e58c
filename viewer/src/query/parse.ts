// A query → its conditions, or where it cannot be read and what was probably meant.
// Invariant: whatever text comes in, what is thrown is a QueryError.
import { QueryError } from "../store.ts";
import {
  type Comparison,
  type Condition,
  type Mark,
  MARKS,
  NUMBER_FIELDS,
  type NumberField,
  type Pattern,
  TEXT_FIELDS,
} from "./condition.ts";
import { nearest } from "./nearest.ts";
import { type Piece, type Term, termsOf } from "./tokens.ts";

/**
 * @param now in Unix seconds: times may be told from it
 * @throws {QueryError}
 */
export function parse(query: string, now: number): readonly Condition[] {
  return termsOf(query).flatMap((term) => conditionOf(term, now) ?? []);
}

function conditionOf(term: Term, now: number): Condition | undefined {
  const { field, pieces, not, position } = term;
  if (field === undefined) {
    const text = pieces[0]?.text ?? "";
    return text === "" ? undefined : { kind: "word", text, not };
  }
  const name = field.toLowerCase();
  if (name.startsWith("meta.") && name.length > "meta.".length)
    return { kind: "meta", key: field.slice("meta.".length), any: pieces.map(patternOf), not };
  if (isOneOf(name, TEXT_FIELDS)) {
    refuseComparison(name, pieces, position);
    return { kind: "text", field: name, any: pieces.map(patternOf), not };
  }
  if (isOneOf(name, NUMBER_FIELDS)) {
    const any = pieces.map((piece) => comparisonOf(name, piece, now, position));
    return { kind: "number", field: name, any, not };
  }
  if (name === "has") return { kind: "has", any: pieces.map((one) => markOf(one, position)), not };
  const all = [...TEXT_FIELDS, ...NUMBER_FIELDS, "has", "meta."];
  const meant = nearest(name, all);
  throw new QueryError(
    `There is no field "${field}"`,
    position,
    meant === undefined
      ? 'a ":" in a word needs quotes'
      : `${meant}${meant === "meta." ? "KEY" : ""}:`,
  );
}

function patternOf({ text, quoted }: Piece): Pattern {
  if (quoted) return { text, start: false, end: false };
  const start = text.startsWith("*");
  const end = text.length > 1 && text.endsWith("*");
  return { text: text.slice(start ? 1 : 0, end ? -1 : undefined), start, end };
}

function refuseComparison(field: string, pieces: readonly Piece[], position: number): void {
  if (pieces.some(({ text, quoted }) => !quoted && /^[<>]/.test(text)))
    throw new QueryError(
      `${field} is a text, which is neither more nor less`,
      position,
      "quote a text that begins with < or >",
    );
}

function comparisonOf(
  field: NumberField,
  { text }: Piece,
  now: number,
  position: number,
): { is: Comparison; value: number } {
  const [, sign = "", rest = ""] = /^(>=|<=|>|<|=)?(.*)$/s.exec(text) ?? [];
  const value = valueOf(field, rest.trim(), now);
  if (value === undefined)
    throw new QueryError(`${field}: takes ${EXAMPLES[field]}, not "${rest}"`, position);
  // A moment is met by nothing; what is meant is the time since it.
  const alone = field === "started" ? ">=" : "=";
  return { is: sign === "" ? alone : (sign as Comparison), value };
}

const EXAMPLES: Readonly<Record<NumberField, string>> = {
  duration: "milliseconds, or a time as 2s, 150ms, 1m",
  cost: "dollars, as 0.01",
  tokens: "a number",
  spans: "a number",
  errors: "a number",
  started: "a time as 2026-11-28T12:00 or -15m",
};

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function valueOf(field: NumberField, text: string, now: number): number | undefined {
  if (field === "started") {
    const back = text.startsWith("-") ? milliseconds(text.slice(1)) : undefined;
    if (back !== undefined && !/\d$/.test(text)) return now - back / 1000;
    return /^\d{4}-/.test(text) ? momentOf(text) : undefined;
  }
  if (field === "duration") return milliseconds(text);
  return /^\$?\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text.replace("$", "")) : undefined;
}

function milliseconds(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d*\.?\d+)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** A time without a zone is the reader's own. */
function momentOf(text: string): number | undefined {
  const dateAlone = /^\d{4}-\d\d-\d\d$/.test(text);
  const ms = Date.parse(dateAlone ? `${text}T00:00` : text);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function markOf({ text }: Piece, position: number): Mark {
  const name = text.toLowerCase();
  if (isOneOf(name, MARKS)) return name;
  throw new QueryError(
    `has: takes ${MARKS.join(", ")}, not "${text}"`,
    position,
    nearest(name, MARKS),
  );
}

function isOneOf<Name extends string>(name: string, names: readonly Name[]): name is Name {
  return (names as readonly string[]).includes(name);
}
