// Spans that failed → groups of like errors, the latest first.
import type { DatabaseSync } from "node:sqlite";
import type { ErrorGroup } from "../../store.ts";
import { rowsOf } from "../database/statements.ts";

const LIMIT = 50;

interface Failed {
  readonly trace_id: string;
  readonly span_id: string;
  readonly fn: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly error_type: string | null;
  readonly error_message: string | null;
}

export function errorGroups(
  database: DatabaseSync,
  { since = 0, limit = LIMIT }: { since?: number; limit?: number },
): readonly ErrorGroup[] {
  const failed = rowsOf<Failed>(
    database.prepare(
      `SELECT trace_id, span_id, fn, file, line, spans.error_type, spans.error_message
       FROM spans JOIN traces ON traces.id = trace
       WHERE spans.status = 'error' AND start >= ? ORDER BY start DESC`,
    ),
    since,
  );
  const groups = new Map<string, ErrorGroup & { count: number }>();
  for (const one of failed) {
    const { error_type: type, fn, file } = one;
    const message = shapeOf(one.error_message ?? "");
    const key = JSON.stringify([type, message, fn, file]);
    const known = groups.get(key);
    if (known !== undefined) known.count++;
    else
      groups.set(key, {
        type: type ?? "Error",
        message,
        function: fn,
        file,
        line: one.line,
        count: 1,
        last_trace_id: one.trace_id,
        last_span_id: one.span_id,
      });
  }
  return [...groups.values()].slice(0, limit);
}

/** What differs from one error to the next is left out. */
function shapeOf(message: string): string {
  return message
    .slice(0, 500)
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, "…")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "…")
    .replaceAll(/\d+(\.\d+)?/g, "…");
}
