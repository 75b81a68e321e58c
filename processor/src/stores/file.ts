// Marks and kept messages → one SQLite file, for several processes of one machine.
// Invariant: what a resolved call said survives kill −9; every question and its answer are one
// statement.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openSqlite } from "../sqlite.ts";
import type { Store } from "../store.ts";
import { KEPT_MS } from "./memory.ts";

/** Between two times that what is too old is removed, in ms. */
const TIDY_MS = 3_600_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS marks (key TEXT PRIMARY KEY, done INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS kept (
    trace_id TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (trace_id, digest)
  );
`;

interface Statements {
  readonly database: DatabaseSync;
  readonly begin: StatementSync;
  readonly isDone: StatementSync;
  readonly finish: StatementSync;
  readonly abandon: StatementSync;
  readonly keep: StatementSync;
  readonly kept: StatementSync;
}

/** A store in one file, made when it is used first. */
export function fileStore(path: string): Store {
  let opened: Statements | undefined;
  let tidiedMs = 0;

  function statements(): Statements {
    opened ??= open(path);
    const nowMs = Date.now();
    if (nowMs - tidiedMs > TIDY_MS) {
      tidiedMs = nowMs;
      for (const table of ["marks", "kept"])
        opened.database.prepare(`DELETE FROM ${table} WHERE until < ?`).run(nowMs - KEPT_MS);
    }
    return opened;
  }

  return {
    async begin(key, leaseMs) {
      const { begin, isDone } = statements();
      const nowMs = Date.now();
      if (begin.run(key, nowMs + leaseMs, nowMs).changes === 1) return "mine";
      return isDone.get(key)?.["done"] === 1 ? "done" : "busy";
    },
    async finish(key) {
      statements().finish.run(key, Date.now());
    },
    async abandon(key) {
      statements().abandon.run(key);
    },
    async keep(traceId, digest, body) {
      const { keep, kept } = statements();
      keep.run(traceId, digest, body, Date.now());
      return kept.all(traceId).map((row) => String(row["body"]));
    },
  };
}

function open(path: string): Statements {
  const database = openSqlite(path, SCHEMA);
  return {
    database,
    begin: database.prepare(`
      INSERT INTO marks (key, done, until) VALUES (?, 0, ?)
      ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE done = 0 AND until <= ?`),
    isDone: database.prepare("SELECT done FROM marks WHERE key = ?"),
    finish: database.prepare(`
      INSERT INTO marks (key, done, until) VALUES (?, 1, ?)
      ON CONFLICT (key) DO UPDATE SET done = 1, until = excluded.until`),
    abandon: database.prepare("UPDATE marks SET until = 0 WHERE key = ? AND done = 0"),
    keep: database.prepare("INSERT OR IGNORE INTO kept VALUES (?, ?, ?, ?)"),
    kept: database.prepare("SELECT body FROM kept WHERE trace_id = ? ORDER BY rowid"),
  };
}
