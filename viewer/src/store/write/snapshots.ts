// Texts of source files as they were → by the hashes of the functions in them, each text once.
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Snapshot } from "../../store.ts";
import { inTransaction } from "../database/statements.ts";

const LONGEST = 1024 * 1024;

export function keepSnapshots(database: DatabaseSync, snapshots: readonly Snapshot[]): void {
  const keepSource = database.prepare("INSERT OR IGNORE INTO sources VALUES (?, ?)");
  const keep = database.prepare("INSERT OR IGNORE INTO snapshots VALUES (?, ?, ?, ?)");
  inTransaction(database, () => {
    for (const { hash, file, site, text } of snapshots) {
      if (Buffer.byteLength(text) > LONGEST) continue;
      const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
      keepSource.run(digest, text);
      keep.run(hash, file, JSON.stringify(site), digest);
    }
  });
}

/** Those that no span refers to any more. */
export function dropSnapshots(database: DatabaseSync): void {
  database.exec(`
    DELETE FROM snapshots WHERE NOT EXISTS (SELECT 1 FROM spans WHERE spans.hash = snapshots.hash);
    DELETE FROM sources WHERE digest NOT IN (SELECT source FROM snapshots);`);
}
