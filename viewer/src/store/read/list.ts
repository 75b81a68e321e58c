// A query → a page of the list.
// Invariant: a cursor names a place in the order, not a number of rows: traces that arrive move
// nothing.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { SortKey, TracePage, TraceQuery } from "../../model.ts";
import { parse } from "../../query/parse.ts";
import { CursorError } from "../../store.ts";
import { rowsOf } from "../database/statements.ts";
import { type Where, whereOf } from "./condition.ts";
import { type TraceColumns, traceRowOf } from "./rows.ts";

const COLUMNS: Readonly<Record<SortKey, string>> = {
  started: "started",
  duration: "duration_ms",
  // What has no price stands below what costs nothing.
  cost: "coalesce(cost, -1)",
  tokens: "total_tokens",
  spans: "spans",
  errors: "errors",
  name: "name",
};

const LIMIT = 50;
const MOST = 500;

/** @throws {QueryError | CursorError} */
export function listTraces(database: DatabaseSync, query: TraceQuery): TracePage {
  const begun = performance.now();
  const { sort = "started", order = "desc", cursor, since } = query;
  const limit = Math.min(MOST, Math.max(1, Math.floor(query.limit ?? LIMIT)));
  const asked = and(matching(database, query.q ?? ""), changedSince(since));
  const column = COLUMNS[sort];
  const page = behind(column, order, cursor);
  const all = asked.values.length === 0 && asked.sql === and(ALL, ALL).sql;
  // A word is looked for once, for the number and for the page.
  const rows = rowsOf<TraceColumns & { place: SQLInputValue; total: number }>(
    database.prepare(
      `WITH matches AS MATERIALIZED (SELECT id FROM traces WHERE ${asked.sql})
       SELECT *, ${column} AS place, (SELECT count(*) FROM matches) AS total FROM traces
       WHERE ${all ? "1" : "id IN matches"} AND ${page.sql} ORDER BY ${column} ${order}, id ${order} LIMIT ?`,
    ),
    ...asked.values,
    ...page.values,
    limit + 1,
  );
  const total = rows[0]?.total ?? countOf(database, asked);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    traces: shown.map(traceRowOf),
    total,
    next: last === undefined ? null : cursorOf([last.place, last.id]),
    took_ms: Math.round((performance.now() - begun) * 10) / 10,
  };
}

function countOf(database: DatabaseSync, { sql, values }: Where): number {
  const statement = database.prepare(`SELECT count(*) AS n FROM traces WHERE ${sql}`);
  return Number(statement.get(...values)?.["n"]);
}

/** @throws {QueryError} */
export function matching(database: DatabaseSync, q: string): Where {
  return whereOf(database, parse(q, Date.now() / 1000));
}

function changedSince(since: number | undefined): Where {
  return since === undefined ? ALL : { sql: "updated >= ?", values: [since] };
}

const ALL: Where = { sql: "1", values: [] };

function behind(column: string, order: "asc" | "desc", cursor: string | undefined): Where {
  if (cursor === undefined || cursor === "") return ALL;
  const sign = order === "desc" ? "<" : ">";
  return { sql: `(${column}, id) ${sign} (?, ?)`, values: [...placeOf(cursor)] };
}

function and(one: Where, other: Where): Where {
  return { sql: `(${one.sql}) AND (${other.sql})`, values: [...one.values, ...other.values] };
}

function cursorOf(place: readonly SQLInputValue[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function placeOf(cursor: string): readonly [string | number, number] {
  try {
    const place = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown;
    if (Array.isArray(place) && place.length === 2) {
      const [value, id] = place as unknown[];
      if ((typeof value === "string" || typeof value === "number") && typeof id === "number")
        return [value, id];
    }
  } catch {
    // As below.
  }
  throw new CursorError();
}
