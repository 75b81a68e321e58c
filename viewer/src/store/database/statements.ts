// Rows as objects ↔ SQL, and what several statements do as one.
// Invariant: a transaction that throws leaves the database as it was.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

export type Row = Readonly<Record<string, SQLInputValue>>;

/** Inserts rows of these columns. */
export function inserting<Columns extends Row>(
  database: DatabaseSync,
  table: string,
  columns: readonly (keyof Columns & string)[],
): (row: Columns) => number {
  const places = columns.map(() => "?").join(", ");
  const statement = database.prepare(
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`,
  );
  return (row) => Number(run(statement, columns, row).lastInsertRowid);
}

/** Sets these columns of the row whose `id` it gets. */
export function updating<Columns extends Row>(
  database: DatabaseSync,
  table: string,
  columns: readonly (keyof Columns & string)[],
): (row: Columns, id: number) => void {
  const sets = columns.map((column) => `${column} = ?`).join(", ");
  const statement = database.prepare(`UPDATE ${table} SET ${sets} WHERE id = ?`);
  return (row, id) => void run(statement, columns, row, id);
}

function run<Columns extends Row>(
  statement: StatementSync,
  columns: readonly (keyof Columns & string)[],
  row: Columns,
  ...more: readonly SQLInputValue[]
): { lastInsertRowid: number | bigint } {
  return statement.run(...columns.map((column) => row[column] ?? null), ...more);
}

/** Rows come as objects of columns; the schema's kinds are the interface's. */
export function rowsOf<Columns>(statement: StatementSync, ...values: SQLInputValue[]): Columns[] {
  return statement.all(...values) as Columns[];
}
