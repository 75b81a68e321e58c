// A range of time → tokens, cost and latency by bucket and key.
// Invariant: a token counts once: in the span lowest down that tells of it.
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Stats, StatsBy, StatsQuery, StatsTotals } from "../../model.ts";
import { FLAG } from "../database/schema.ts";

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

/** Spans begin after their trace does, and some after its end. */
const RANGE = `
  SELECT min(started) AS least,
    max(started + duration_ms / 1000.0) AS most, (SELECT max(start) FROM spans) AS last
  FROM traces`;

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
  const range = database.prepare(RANGE).get();
  const last = Math.max(Number(range?.["most"]), Number(range?.["last"]));
  const to = query.to ?? (last > 0 ? last : Date.now() / 1000);
  const from = Math.min(query.from ?? Number(range?.["least"] ?? to), to);
  const bucket = Math.max(query.bucket ?? bucketFor(to - from), (to - from) / MOST_POINTS, 0.001);
  const all = new Sums();
  const series = new Map<string, { readonly sums: Sums; readonly points: Map<number, Sums> }>();
  for (const row of database.prepare(KEYS[by]).iterate(from, to)) {
    const key = row["key"] === null ? NO_KEY : String(row["key"]);
    let one = series.get(key);
    if (one === undefined) series.set(key, (one = { sums: new Sums(), points: new Map() }));
    const t = Math.floor(Number(row["t"]) / bucket) * bucket;
    let point = one.points.get(t);
    if (point === undefined) one.points.set(t, (point = new Sums()));
    for (const sums of [all, one.sums, point]) sums.add(row);
  }
  return {
    from,
    to,
    bucket_s: bucket,
    series: [...series]
      .toSorted(([, a], [, b]) => b.sums.count - a.sums.count)
      .slice(0, MOST_SERIES)
      .map(([key, { sums, points }]) => ({
        key,
        points: Array.from(points, ([t, some]) => Object.assign({ t }, some.totals)).toSorted(
          (a, b) => a.t - b.t,
        ),
        totals: sums.totals,
      })),
    totals: all.totals,
  };
}

/** Of traces or spans, one after another. */
class Sums {
  count = 0;
  #errors = 0;
  #input = 0;
  #output = 0;
  #cost: number | null = null;
  readonly #ms: number[] = [];

  add(row: Readonly<Record<string, SQLOutputValue>>): void {
    this.count++;
    this.#errors += Number(row["failed"]);
    this.#input += Number(row["input"]);
    this.#output += Number(row["output"]);
    if (row["cost"] !== null) this.#cost = (this.#cost ?? 0) + Number(row["cost"]);
    this.#ms.push(Number(row["ms"]));
  }

  get totals(): StatsTotals {
    const ms = this.#ms.toSorted((a, b) => a - b);
    return {
      count: this.count,
      errors: this.#errors,
      input_tokens: this.#input,
      output_tokens: this.#output,
      cost: this.#cost,
      p50_ms: percentile(ms, 0.5),
      p95_ms: percentile(ms, 0.95),
    };
  }
}

function bucketFor(range: number): number {
  return (
    BUCKETS.find((bucket) => range / bucket <= POINTS) ??
    Math.ceil(range / POINTS / 86_400) * 86_400
  );
}

/** The nearest rank of a sorted list. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
