// A query's conditions → SQL over `traces`, and the values in it.
// Invariant: nothing of a query stands in the SQL itself; each condition is one or two look-ups of
// an index, or a comparison of columns.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type {
  Ask,
  Comparison,
  Condition,
  Mark,
  NumberField,
  Pattern,
} from "../../query/condition.ts";
import { bitOf } from "../characters.ts";
import { CHUNKS, FLAG } from "../database/schema.ts";

export interface Where {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

export function whereOf(database: DatabaseSync, conditions: readonly Condition[]): Where {
  const parts = conditions.map((condition) => {
    const { sql, values } = sqlOf(database, condition);
    return { sql: condition.not ? `NOT (${sql})` : `(${sql})`, values };
  });
  return {
    sql: parts.length === 0 ? "1" : parts.map(({ sql }) => sql).join(" AND "),
    values: parts.flatMap(({ values }) => values),
  };
}

function sqlOf(database: DatabaseSync, ask: Ask): Where {
  switch (ask.kind) {
    case "word":
      return wordsSql(database, ask.text);
    case "meta":
      return termsSql(
        "meta",
        ask.any.map(({ text, start, end }) => ({ text: `${ask.key}=${text}`, start, end })),
        ask.key,
      );
    case "has":
      return any(ask.any.map(markSql));
    case "number":
      return any(ask.any.map(({ is, value }) => numberSql(ask.field, is, value)));
    default:
      if (ask.field === "status") return any(ask.any.map((one) => fits("status", one)));
      if (ask.field === "id") return any(ask.any.map((one) => fits("trace_id", one)));
      return termsSql(ask.field, ask.any);
  }
}

function any(all: readonly Where[]): Where {
  return {
    sql: all.map(({ sql }) => `(${sql})`).join(" OR "),
    values: all.flatMap(({ values }) => values),
  };
}

/** @param key of metadata: a star at the start of a value stands behind it */
function termsSql(field: string, patterns: readonly Pattern[], key?: string): Where {
  const matches = any(
    patterns.map((pattern) =>
      key !== undefined && pattern.start
        ? likeSql(
            "folded",
            `${escaped(key)}=%${escaped(pattern.text.slice(key.length + 1))}`,
            pattern.end,
          )
        : fits("folded", pattern),
    ),
  );
  return {
    sql: `id IN (SELECT trace FROM trace_terms WHERE term IN
      (SELECT id FROM terms WHERE field = ? AND (${matches.sql})))`,
    values: [field, ...matches.values],
  };
}

function fits(column: string, { text, start, end }: Pattern): Where {
  const folded = text.toLowerCase();
  if (start || end) return likeSql(column, (start ? "%" : "") + escaped(folded), end);
  return column === "folded"
    ? { sql: "folded = ?", values: [folded] }
    : { sql: `${column} = ? COLLATE NOCASE`, values: [text] };
}

/** Folded already where letters beyond ASCII are: LIKE folds those of ASCII alone. */
function likeSql(column: string, pattern: string, end: boolean): Where {
  return {
    sql: `${column} LIKE ? ESCAPE '\\'`,
    values: [pattern.toLowerCase() + (end ? "%" : "")],
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

const COLUMNS: Readonly<Record<NumberField, string>> = {
  duration: "duration_ms",
  cost: "cost",
  tokens: "total_tokens",
  spans: "spans",
  errors: "errors",
  started: "started",
};

function numberSql(field: NumberField, is: Comparison, value: number): Where {
  // What has no price is not cheap: but a NULL would make the negation of it NULL too.
  const column = field === "cost" ? "cost IS NOT NULL AND cost" : COLUMNS[field];
  return { sql: `${column} ${is} ?`, values: [value] };
}

function markSql(mark: Mark): Where {
  if (mark === "error") return { sql: "status = 'error' OR errors > 0", values: [] };
  const sql = `(flags & ${FLAG[mark]}) <> 0`;
  return { sql: mark === "truncated" ? `truncated = 1 OR ${sql}` : sql, values: [] };
}

function wordsSql(database: DatabaseSync, word: string): Where {
  const bit = bitOf(word);
  if (bit === undefined) return trigramsSql(database, word);
  const held = {
    sql: `id IN (SELECT trace FROM characters WHERE ${bit.column} & ? <> 0)`,
    values: [bit.bit],
  };
  const old = database.prepare("SELECT 1 FROM characters WHERE from_20 IS NULL LIMIT 1").get();
  return old === undefined ? held : any([held, trigramsSql(database, word)]);
}

function trigramsSql(database: DatabaseSync, word: string): Where {
  // Code points: the index has groups of three of them.
  const long = Array.from(word).length >= 3;
  const match = long ? [quoted(word)] : shortWords(database, word);
  if (match.length === 0) return { sql: "0", values: [] };
  return any(
    match.map((one) => ({
      sql: `id IN (SELECT rowid / ${CHUNKS} FROM words WHERE words MATCH ?)`,
      values: [one],
    })),
  );
}

/** Alternatives in one search. */
const ABREAST = 200;

/** One or two characters: all groups of three in the store that begin with them. */
function shortWords(database: DatabaseSync, word: string): readonly string[] {
  const start = word.toLowerCase();
  const rows = database
    .prepare("SELECT term FROM trigrams WHERE term >= ? AND term < ? ORDER BY doc DESC")
    .all(start, `${start}\u{10FFFF}`);
  const terms = rows.map((row) => quoted(String(row["term"])));
  return Array.from({ length: Math.ceil(terms.length / ABREAST) }, (_, at) =>
    terms.slice(at * ABREAST, (at + 1) * ABREAST).join(" OR "),
  );
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
