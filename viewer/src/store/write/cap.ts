// A database above its cap → the oldest traces deleted, whole, and their room given back.
// Invariant: the newest trace stays; where it alone is larger than the cap its values go, not its
// row.
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { inTransaction, rowsOf } from "../database/statements.ts";
import { drop, type Doomed } from "./remove.ts";
import type { SearchIndex } from "./search-index.ts";
import { dropSnapshots } from "./snapshots.ts";

/** Down to this share, so that not each message makes us delete. */
const LOW = 0.95;
const AT_A_TIME = 0.02;

/** Of the database and its log. */
export function bytesOf(path: string): number {
  return ["", "-wal"].reduce((sum, log) => sum + (statSync(path + log, MISSING)?.size ?? 0), 0);
}

const MISSING = { throwIfNoEntry: false } as const;

export interface Evicted {
  readonly removed: readonly string[];
  /** Ids of rows whose values were dropped. */
  readonly emptied: readonly number[];
}

/** Deletes what is too much. */
export function evict(database: DatabaseSync, index: SearchIndex, maxBytes: number): Evicted {
  const removed: string[] = [];
  const emptied: number[] = [];
  if (inUse(database) <= maxBytes) return { removed, emptied };
  while (inUse(database) > maxBytes * LOW) {
    const doomed = oldest(database);
    if (doomed.length === 0) {
      const id = emptyLast(database, index);
      if (id !== undefined) emptied.push(id);
      break;
    }
    inTransaction(database, () => {
      drop(database, index, doomed);
      database
        .prepare("UPDATE counters SET value = value + ? WHERE name = 'evicted'")
        .run(doomed.length);
    });
    removed.push(...doomed.map(({ trace_id: id }) => id));
  }
  tidy(database, index);
  return { removed, emptied };
}

/** Pages that hold something, in bytes. */
function inUse(database: DatabaseSync): number {
  const [pages, free, bytes] = ["page_count", "freelist_count", "page_size"].map((name) =>
    Number(database.prepare(`PRAGMA ${name}`).get()?.[name]),
  );
  return ((pages ?? 0) - (free ?? 0)) * (bytes ?? 0);
}

function oldest(database: DatabaseSync): readonly Doomed[] {
  const count = Number(database.prepare("SELECT count(*) AS n FROM traces").get()?.["n"]);
  return rowsOf<Doomed>(
    database.prepare("SELECT id, trace_id, chunks FROM traces ORDER BY started, id LIMIT ?"),
    Math.min(count - 1, Math.max(1, Math.ceil(count * AT_A_TIME))),
  );
}

/** @returns the row whose values went, undefined where they are gone already */
function emptyLast(database: DatabaseSync, index: SearchIndex): number | undefined {
  const row = database
    .prepare("SELECT id, chunks FROM traces WHERE truncated = 0 ORDER BY started DESC LIMIT 1")
    .get();
  if (row === undefined) return undefined;
  const id = Number(row["id"]);
  inTransaction(database, () => {
    index.clear(id, Number(row["chunks"]));
    database
      .prepare("DELETE FROM span_json WHERE span IN (SELECT id FROM spans WHERE trace = ?)")
      .run(id);
    database
      .prepare(
        `UPDATE trace_json SET json = json_set(json, '$.trace_input', NULL, '$.trace_output', NULL,
           '$.metadata', json('{}')) WHERE trace = ?`,
      )
      .run(id);
    database
      .prepare("UPDATE traces SET truncated = 1, chunks = 0, indexed = 0 WHERE id = ?")
      .run(id);
  });
  return id;
}

/**
 * What deleted traces leave behind: snapshots and terms. The full text notes that a row is gone,
 * and forgets it when it next merges its parts; to have that at once takes seconds.
 */
function tidy(database: DatabaseSync, index: SearchIndex): void {
  inTransaction(database, () => {
    dropSnapshots(database);
    database.exec(
      "DELETE FROM terms WHERE NOT EXISTS (SELECT 1 FROM trace_terms WHERE term = terms.id)",
    );
  });
  index.forget();
}

/** Gives free pages and the log back to the file system. */
export function shrink(database: DatabaseSync): void {
  database.exec("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
}
