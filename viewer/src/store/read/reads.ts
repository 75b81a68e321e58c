// The reads of the port, on one database, at once.
import type { DatabaseSync } from "node:sqlite";
import type { StoreHealth, TraceQuery, StatsQuery } from "../../model.ts";
import type { Snapshot, TraceReader } from "../../store.ts";
import { versionOf } from "../database/open.ts";
import { rowsOf } from "../database/statements.ts";
import type { JsonText } from "../worker-calls.ts";
import { functionCallsOf } from "./calls.ts";
import { errorGroups } from "./errors.ts";
import { facetsOf } from "./facets.ts";
import { listTraces } from "./list.ts";
import { searchTrace, searchValues } from "./search.ts";
import { statsOf } from "./stats.ts";
import { TraceReads } from "./trace.ts";

/** The port's methods without their promises. */
export type Reads = {
  [Name in Exclude<keyof TraceReader, "close">]: TraceReader[Name] extends (
    ...args: infer Args
  ) => Promise<infer Result>
    ? (...args: Args) => Result | JsonText
    : never;
};

export interface FileFacts {
  readonly path: string;
  readonly maxBytes: number;
  /** Of the database and its log, in bytes. */
  readonly bytes: () => number;
}

export function readsOf(database: DatabaseSync, file: FileFacts): Reads {
  const reads = new TraceReads(database);
  return {
    traces: (query: TraceQuery) => listTraces(database, query),
    trace: (id) => reads.trace(id),
    spans: (id, page) => reads.spans(id, page),
    span: (id, spanId) => reads.span(id, spanId),
    wireSpan: (id, spanId) => reads.wireSpan(id, spanId),
    sites: (id) => reads.sites(id),
    wireTrace: (id) => reads.wireTrace(id),
    searchTrace: (id, text) => searchTrace(database, id, text),
    searchValues: (ask) => searchValues(database, ask),
    facets: () => facetsOf(database),
    stats: (query: StatsQuery) => statsOf(database, query),
    errors: (ask) => errorGroups(database, ask),
    functionCalls: () => functionCallsOf(database),
    snapshot: (hash) => snapshotOf(database, hash),
    hashesWithoutSnapshot: (hashes) => hashesWithoutSnapshot(database, hashes),
    health: () => healthOf(database, file),
  };
}

function snapshotOf(database: DatabaseSync, hash: string): Snapshot | undefined {
  const row = rowsOf<Omit<Snapshot, "site"> & { site: string }>(
    database.prepare(
      "SELECT hash, file, site, text FROM snapshots JOIN sources ON digest = source WHERE hash = ?",
    ),
    hash,
  ).at(0);
  return row === undefined ? undefined : { ...row, site: JSON.parse(row.site) as Snapshot["site"] };
}

function hashesWithoutSnapshot(database: DatabaseSync, hashes: readonly string[]): string[] {
  return rowsOf<{ value: string }>(
    database.prepare(
      `SELECT DISTINCT value FROM json_each(?)
       WHERE value IN (SELECT hash FROM spans WHERE hash = value)
         AND value NOT IN (SELECT hash FROM snapshots)`,
    ),
    JSON.stringify(hashes),
  ).map(({ value }) => value);
}

function healthOf(database: DatabaseSync, { path, maxBytes, bytes }: FileFacts): StoreHealth {
  const counts = rowsOf<{ traces: number; spans: number; evicted: number }>(
    database.prepare(
      `SELECT (SELECT count(*) FROM traces) AS traces,
         (SELECT coalesce(sum(spans), 0) FROM traces) AS spans,
         (SELECT value FROM counters WHERE name = 'evicted') AS evicted`,
    ),
  ).at(0);
  return {
    path,
    bytes: bytes(),
    max_bytes: maxBytes,
    traces: counts?.traces ?? 0,
    spans: counts?.spans ?? 0,
    evicted: counts?.evicted ?? 0,
    schema: versionOf(database),
  };
}
