// A path and a schema → an open SQLite file that several processes may use at a time.
// Invariant: what is committed survives kill −9; node:sqlite is loaded by the first call.
import type { DatabaseSync } from "node:sqlite";

/** Longest wait for another process's write, in ms; ours take less than one. */
const BUSY_MS = 5000;

export function openSqlite(path: string, schema: string): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const database = new Database(path, { timeout: BUSY_MS });
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`);
  return database;
}
