// A range of time → tokens, cost and latency by bucket and key.
// Invariant: a token counts once: in the span lowest down that tells of it.
import type { DatabaseSync } from "node:sqlite";
import type { Stats, StatsBy, StatsQuery, StatsTotals } from "../../model.ts";
import { FLAG } from "../database/schema.ts";
import { rowsOf } from "../database/statements.ts";

/** A trace, or a span, as it is counted. */
interface Counted {
  readonly key: string | null;
  readonly t: number;
  readonly failed: number;
  readonly ms: number;
  readonly input: number;
  readonly output: number;
  readonly cost: number | null;
}

const OF_TRACES = `
  SELECT %key AS key, started AS t, status = 'error' AS failed, duration_ms AS ms,
    input_tokens AS input, output_tokens AS output, cost
  FROM traces WHERE started >= ? AND started <= ?`;
/** Where a generation tells what generations below it tell, theirs count. */
const OF_SPANS = `
  SELECT %key AS key, start AS t, status = 'error' AS failed, duration_ms AS ms,
    iif(flags & ${FLAG.tokensBelow}, 0, input_tokens) AS input,
    iif(flags & ${FLAG.tokensBelow}, 0, output_tokens) AS output,
    iif(flags & ${FLAG.costBelow}, NULL, cost) AS cost
  FROM spans WHERE start >= ? AND start <= ? AND %key IS NOT NULL`;

const KEYS: Readonly<Record<StatsBy, string>> = {
  model: OF_SPANS.replaceAll("%key", "model"),
  fn: OF_SPANS.replaceAll("%key", "fn"),
  project: OF_TRACES.replaceAll("%key", "project_id"),
  env: OF_TRACES.replaceAll("%key", "environment"),
  name: OF_TRACES.replaceAll("%key", "name"),
};

/** Seconds; a chart has room for some sixty points. */
const BUCKETS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400];
const POINTS = 60;
/** More than a chart can draw; the time of an answer grows with it. */
const MOST_POINTS = 2000;
/** Lines that can be told from one another, and the rest in one. */
const MOST_SERIES = 50;
const NO_KEY = "—";

export function statsOf(database: DatabaseSync, query: StatsQuery): Stats {
  const { by = "model" } = query;
  const range = database
    .prepare("SELECT min(started) AS least, max(started) AS most FROM traces")
    .get();
  const to = query.to ?? Number(range?.["most"] ?? Date.now() / 1000);
  const from = Math.min(query.from ?? Number(range?.["least"] ?? to), to);
  const bucket = Math.max(query.bucket ?? bucketFor(to - from), (to - from) / MOST_POINTS, 0.001);
  const all = rowsOf<Counted>(database.prepare(KEYS[by]), from, to);
  const byKey = groupedBy(all, ({ key }) => key ?? NO_KEY);
  const series = [...byKey]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_SERIES)
    .map(([key, counted]) => ({
      key,
      points: pointsOf(counted, bucket),
      totals: totalsOf(counted),
    }));
  return { from, to, bucket_s: bucket, series, totals: totalsOf(all) };
}

function bucketFor(range: number): number {
  return (
    BUCKETS.find((bucket) => range / bucket <= POINTS) ??
    Math.ceil(range / POINTS / 86_400) * 86_400
  );
}

function pointsOf(
  counted: readonly Counted[],
  bucket: number,
): readonly (StatsTotals & { readonly t: number })[] {
  const buckets = groupedBy(counted, ({ t }) => Math.floor(t / bucket) * bucket);
  return Array.from(buckets, ([t, some]) => Object.assign({ t }, totalsOf(some))).toSorted(
    (a, b) => a.t - b.t,
  );
}

function totalsOf(counted: readonly Counted[]): StatsTotals {
  let [errors, input, output] = [0, 0, 0];
  let cost: number | null = null;
  for (const one of counted) {
    errors += one.failed;
    input += one.input;
    output += one.output;
    if (one.cost !== null) cost = (cost ?? 0) + one.cost;
  }
  const ms = counted.map((one) => one.ms).toSorted((a, b) => a - b);
  return {
    count: counted.length,
    errors,
    input_tokens: input,
    output_tokens: output,
    cost,
    p50_ms: percentile(ms, 0.5),
    p95_ms: percentile(ms, 0.95),
  };
}

function groupedBy<Key>(
  all: readonly Counted[],
  keyOf: (one: Counted) => Key,
): ReadonlyMap<Key, readonly Counted[]> {
  const groups = new Map<Key, Counted[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** The nearest rank of a sorted list. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
