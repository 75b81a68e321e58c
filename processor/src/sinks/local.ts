// The door `llmops-processor/local`: traces ↔ one SQLite file, for machines without the others.
// Invariant: a message is there once, by its digest, and a span once in its trace: closed, where
// any message says so.
import type { DatabaseSync } from "node:sqlite";
import { join, type WireTrace } from "llmops-observability/wire";
import { nameOf } from "../failure.ts";
import { openSqlite } from "../sqlite.ts";
import type { Sink } from "../sink.ts";

/** The file that traces are kept in. */
export interface LocalSinkOptions {
  /** Made where it is not there. */
  readonly path: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    trace_id TEXT NOT NULL, digest TEXT NOT NULL, started REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (trace_id, digest)
  );
`;

/** A destination: a file. `readTraces` reads it. */
export function localSink({ path }: LocalSinkOptions): Sink {
  let database: DatabaseSync | undefined;
  return {
    name: "local",
    async send(entries) {
      try {
        database ??= openSqlite(path, SCHEMA);
        const insert = database.prepare("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)");
        database.exec("BEGIN IMMEDIATE");
        try {
          for (const { traceId, digest, body, trace } of entries)
            insert.run(traceId, digest, trace.start_time ?? 0, body);
          database.exec("COMMIT");
        } catch (error) {
          database.exec("ROLLBACK");
          throw error;
        }
        return entries.map(() => ({ state: "sent" }));
      } catch (error) {
        return entries.map(() => ({ state: "retry", reason: nameOf(error) }));
      }
    },
    close() {
      database?.close();
      database = undefined;
    },
  };
}

/** The traces in a file, the oldest first, each put together of its messages. */
export function readTraces(path: string): WireTrace[] {
  const database = openSqlite(path, SCHEMA);
  try {
    const rows = database.prepare("SELECT body FROM messages ORDER BY started, rowid").all();
    const traces = join(rows.map((row) => String(row["body"])));
    return traces.toSorted((a, b) => a.start_time - b.start_time);
  } finally {
    database.close();
  }
}
