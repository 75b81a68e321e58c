// Ids, or a query → those traces deleted, with all that was found by them.
import type { DatabaseSync } from "node:sqlite";
import { inTransaction, rowsOf } from "../database/statements.ts";
import { matching } from "../read/list.ts";
import type { SearchIndex } from "./search-index.ts";

export interface Doomed {
  readonly id: number;
  readonly trace_id: string;
  readonly chunks: number;
}

/** @returns ids of those that were there */
export function removeTraces(
  database: DatabaseSync,
  index: SearchIndex,
  which: { readonly ids: readonly string[] } | { readonly q: string },
): readonly string[] {
  return inTransaction(database, () => {
    const where =
      "ids" in which
        ? {
            sql: "trace_id IN (SELECT value FROM json_each(?))",
            values: [JSON.stringify(which.ids)],
          }
        : matching(database, which.q);
    const doomed = rowsOf<Doomed>(
      database.prepare(`SELECT id, trace_id, chunks FROM traces WHERE ${where.sql}`),
      ...where.values,
    );
    drop(database, index, doomed);
    return doomed.map(({ trace_id: id }) => id);
  });
}

export function drop(database: DatabaseSync, index: SearchIndex, doomed: readonly Doomed[]): void {
  const remove = database.prepare("DELETE FROM traces WHERE id = ?");
  for (const { id, chunks } of doomed) {
    index.clear(id, chunks);
    remove.run(id);
  }
}
