// Messages that the local queue has answered for ↔ a file, until they are consumed.
// Invariant: what `keep` returned for is there after `kill -9`.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { check, isDamage, setAside } from "./database/open.ts";
import { inTransaction, rowsOf } from "./database/statements.ts";

interface KeptMessage {
  readonly id: string;
  /** The request that sent it, as JSON, without its queue. */
  readonly request: string;
}

export interface QueueDisk {
  /** In the order in which they came. */
  all(): readonly KeptMessage[];
  has(id: string): boolean;
  keep(messages: readonly KeptMessage[]): void;
  remove(ids: readonly string[]): void;
  close(): void;
}

/** One process at a time: the store's own lock, in the same directory, sees to that. */
export function openQueueDisk(path: string): QueueDisk {
  const database = opened(path);
  chmodSync(path, 0o600);
  const insert = database.prepare("INSERT OR IGNORE INTO messages (id, request) VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM messages WHERE id = ?");
  const find = database.prepare("SELECT 1 FROM messages WHERE id = ?");
  return {
    has: (id) => find.get(id) !== undefined,
    all: () =>
      rowsOf<KeptMessage>(database.prepare("SELECT id, request FROM messages ORDER BY seq")),
    keep: (messages) =>
      inTransaction(database, () => {
        for (const { id, request } of messages) insert.run(id, request);
      }),
    remove: (ids) =>
      inTransaction(database, () => {
        for (const id of ids) remove.run(id);
      }),
    close() {
      database.exec("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
    },
  };
}

/** A damaged file is set aside, as the store's is. */
function opened(path: string): DatabaseSync {
  try {
    return openSound(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    setAside(path);
    return openSound(path);
  }
}

function openSound(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 2000 });
  try {
    database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS messages (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, request TEXT NOT NULL
      ) STRICT;`);
    check(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
