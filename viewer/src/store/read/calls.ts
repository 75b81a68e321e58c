// All spans of compiled functions → a line a function: how often, how long, what was captured.
import type { DatabaseSync } from "node:sqlite";
import type { FunctionCalls } from "../../model.ts";
import { FLAG } from "../database/schema.ts";
import { percentile } from "./stats.ts";

interface Growing {
  readonly site: string | null;
  readonly function: string;
  readonly file: string | null;
  readonly hashes: Set<string>;
  readonly ms: number[];
  readonly captures: Map<string, { seen: number; truncated: number; redacted: number }>;
  errors: number;
  lastSeen: number;
}

export function functionCallsOf(database: DatabaseSync): readonly FunctionCalls[] {
  const rows = database.prepare(
    "SELECT site, fn, file, hash, status, start, duration_ms, captures FROM spans WHERE fn IS NOT NULL",
  );
  const functions = new Map<string, Growing>();
  const read = new Map<string, readonly [string, number][]>();
  for (const row of rows.iterate()) {
    const { site, file, hash, captures } = row;
    const name = String(row["fn"]);
    const key = JSON.stringify([site, file, name]);
    let one = functions.get(key);
    if (one === undefined) {
      one = {
        site: site === null ? null : String(site),
        function: name,
        file: file === null ? null : String(file),
        hashes: new Set(),
        ms: [],
        captures: new Map(),
        errors: 0,
        lastSeen: 0,
      };
      functions.set(key, one);
    }
    if (hash !== null) one.hashes.add(String(hash));
    one.ms.push(Number(row["duration_ms"]));
    if (row["status"] === "error") one.errors++;
    one.lastSeen = Math.max(one.lastSeen, Number(row["start"]));
    if (captures !== null) count(one.captures, listed(String(captures), read));
  }
  return [...functions.values()].map(finished);
}

/** Spans of one function have the same text time and again. */
function listed(
  json: string,
  read: Map<string, readonly [string, number][]>,
): readonly [string, number][] {
  let list = read.get(json);
  if (list === undefined) {
    list = JSON.parse(json) as [string, number][];
    if (read.size > 10_000) read.clear();
    read.set(json, list);
  }
  return list;
}

function count(captures: Growing["captures"], list: readonly [string, number][]): void {
  for (const [name, flags] of list) {
    let one = captures.get(name);
    if (one === undefined) captures.set(name, (one = { seen: 0, truncated: 0, redacted: 0 }));
    one.seen++;
    if ((flags & FLAG.truncated) !== 0) one.truncated++;
    if ((flags & FLAG.redacted) !== 0) one.redacted++;
  }
}

function finished(one: Growing): FunctionCalls {
  const { site, function: name, file, hashes, ms, errors, lastSeen, captures } = one;
  const sorted = ms.toSorted((a, b) => a - b);
  return {
    site,
    function: name,
    file,
    hashes: [...hashes],
    hits: ms.length,
    errors,
    last_seen: lastSeen,
    p50_ms: percentile(sorted, 0.5),
    p95_ms: percentile(sorted, 0.95),
    // A local that is not among a span's was never assigned there.
    captures: Array.from(captures, ([local, counts]) => ({
      name: local,
      ...counts,
      unset: ms.length - counts.seen,
    })),
  };
}
