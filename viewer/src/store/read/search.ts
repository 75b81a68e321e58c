// A text → the spans whose names or values hold it, without case, and the places in them.
// Invariant: it is looked for in the values themselves, whole; the index only names the traces.
import type { DatabaseSync } from "node:sqlite";
import type { WireSpan } from "llmops-observability/wire";
import type { Match } from "../../store.ts";
import { rowsOf } from "../database/statements.ts";
import { valuesOf } from "../values.ts";
import { whereOf } from "./condition.ts";

const LIMIT = 20;
const PREVIEW = 200;
/** Of the text before a match, in its preview. */
const BEFORE = 60;

export function searchTrace(
  database: DatabaseSync,
  traceId: string,
  text: string,
): { span_ids: string[]; total: number } {
  const found = new Set<string>();
  const trace = rowsOf<{ id: number }>(
    database.prepare("SELECT id FROM traces WHERE trace_id = ?"),
    traceId,
  ).at(0);
  if (trace !== undefined && text !== "")
    for (const { spanId } of matchesIn(database, trace.id, text)) found.add(spanId);
  return { span_ids: [...found], total: found.size };
}

export function searchValues(
  database: DatabaseSync,
  { text, name, limit = LIMIT }: { text: string; name?: string; limit?: number },
): readonly Match[] {
  if (text === "") return [];
  const where = whereOf(database, [{ kind: "word", text, not: false }]);
  const traces = database.prepare(
    `SELECT id, trace_id FROM traces WHERE ${where.sql} ORDER BY started DESC`,
  );
  const matches: Match[] = [];
  for (const { id, trace_id: traceId } of traces.iterate(...where.values)) {
    for (const { spanId, path, text: value, at } of matchesIn(database, Number(id), text)) {
      if (name !== undefined && !path.split("/").includes(name)) continue;
      const from = Math.max(0, at - BEFORE);
      matches.push({
        trace_id: String(traceId),
        span_id: spanId,
        path,
        preview: value.slice(from, from + PREVIEW),
      });
      if (matches.length >= limit) return matches;
    }
  }
  return matches;
}

interface Found {
  readonly spanId: string;
  readonly path: string;
  readonly text: string;
  readonly at: number;
}

function* matchesIn(database: DatabaseSync, trace: number, text: string): Generator<Found> {
  const wanted = text.toLowerCase();
  const rough = roughly(text);
  const rows = database.prepare(
    `SELECT span_id, json FROM spans JOIN span_json ON span = spans.id
     WHERE trace = ? AND json LIKE ? ORDER BY start`,
  );
  for (const { span_id: spanId, json } of rows.iterate(trace, rough)) {
    const span = JSON.parse(String(json)) as WireSpan;
    for (const { path, text: value } of valuesOf(span)) {
      const at = value.toLowerCase().indexOf(wanted);
      if (at !== -1) yield { spanId: String(spanId), path, text: value, at };
    }
  }
}

/** SQLite folds ASCII alone, and JSON escapes some: the longest part that both leave as it is. */
function roughly(text: string): string {
  const parts = text.match(/[\w .,;:!?()[\]{}<>=+*/@#$&'-]+/g) ?? [];
  const longest = parts.toSorted((a, b) => b.length - a.length)[0] ?? "";
  // The underscore stands for any character in LIKE, which finds more and not less.
  return `%${longest}%`;
}
