// A directory → the traces of its store, and what waits in spools, with `llmops dev` or without.
// Invariant: nothing is written; a running `llmops dev` reads the spools itself.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { defaultSpoolDirectory, readSpool } from "llmops-observability/spool";
import { readTrace } from "llmops-observability/wire";
import type { TracePage, TraceQuery, TraceRow } from "../model.ts";
import { type Incoming, StoreError, type TraceReader } from "../store.ts";
import { openReader, openStore } from "../store/open.ts";
import { type RunningDev, runningDev } from "./running-dev.ts";

export type Traces = Pick<TraceReader, "traces" | "wireTrace" | "snapshot" | "close">;

/** Where the store of a directory is: of the `dev` that runs there, or the nearest upwards. */
export async function databaseOf(directory: string): Promise<{
  readonly path: string;
  readonly running: RunningDev | undefined;
}> {
  const running = await runningDev(directory);
  if (running !== undefined) {
    const response = await fetch(new URL("/api/health", running.url));
    const health = (await response.json()) as { readonly db?: { readonly path?: string } };
    if (health.db?.path !== undefined) return { path: health.db.path, running };
  }
  const named = process.env["LLMOPS_DEV_DB"];
  if (named !== undefined && named !== "") return { path: resolve(directory, named), running };
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, ".llmops", "dev.db");
    if (existsSync(path)) return { path, running };
    if (at === dirname(at)) return { path: join(directory, ".llmops", "dev.db"), running };
  }
}

export async function openTraces(directory: string): Promise<Traces> {
  const { path, running } = await databaseOf(directory);
  const stored = await readerOf(path);
  const waiting = running === undefined ? await spooledTraces(dirname(path)) : [];
  if (waiting.length === 0) return stored ?? NOTHING;
  const spooled = await temporaryStore(waiting);
  return stored === undefined ? spooled : both(stored, spooled);
}

/** Undefined where there is none yet. */
async function readerOf(path: string): Promise<TraceReader | undefined> {
  try {
    return await openReader({ path });
  } catch (error) {
    if (error instanceof StoreError && error.code === "missing") return undefined;
    throw error;
  }
}

const NOTHING: Traces = {
  traces: () => Promise.resolve({ traces: [], total: 0, next: null, took_ms: 0 }),
  wireTrace: () => Promise.resolve(undefined),
  snapshot: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
};

/** @param folder `.llmops` */
async function spooledTraces(folder: string): Promise<readonly Incoming[]> {
  const named = process.env["LLMOPS_SPOOL_DIR"];
  const directories = new Set([
    ...(named === undefined || named === "" ? [] : [resolve(named)]),
    join(folder, "spool"),
    defaultSpoolDirectory(),
  ]);
  const traces: Incoming[] = [];
  for (const directory of directories) {
    for await (const { json } of readSpool(directory)) {
      try {
        traces.push({ trace: readTrace(json), source: "spool" });
      } catch {
        // No trace: `llmops dev` counts those.
      }
    }
  }
  return traces;
}

async function temporaryStore(traces: readonly Incoming[]): Promise<Traces> {
  const directory = mkdtempSync(join(tmpdir(), "llmops-spooled-"));
  const store = await openStore({ path: join(directory, "spooled.db") });
  await store.ingest(traces);
  return {
    traces: (query) => store.traces(query),
    wireTrace: (id) => store.wireTrace(id),
    snapshot: (hash) => store.snapshot(hash),
    async close() {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Where both have a trace, the store's is the one. */
function both(stored: Traces, spooled: Traces): Traces {
  return {
    async traces(query) {
      // A cursor is the store's: what waits came with the first page.
      if (query.cursor !== undefined) return stored.traces(query);
      const [main, waiting] = await Promise.all([stored.traces(query), spooled.traces(query)]);
      const more: TraceRow[] = [];
      for (const row of waiting.traces)
        if ((await stored.wireTrace(row.trace_id)) === undefined) more.push(row);
      return merged(main, more, query);
    },
    wireTrace: async (id) => (await stored.wireTrace(id)) ?? spooled.wireTrace(id),
    snapshot: (hash) => stored.snapshot(hash),
    async close() {
      await Promise.all([stored.close(), spooled.close()]);
    },
  };
}

function merged(
  main: TracePage,
  more: readonly TraceRow[],
  { order = "desc", sort = "started" }: TraceQuery,
): TracePage {
  const value = (row: TraceRow): number | string =>
    ({
      started: row.started,
      duration: row.duration_ms,
      cost: row.cost ?? -1,
      tokens: row.total_tokens,
      spans: row.spans,
      errors: row.errors,
      name: row.name,
    })[sort];
  const sign = order === "desc" ? -1 : 1;
  const traces = [...main.traces, ...more].toSorted((a, b) => {
    const [left, right] = [value(a), value(b)];
    return left === right ? 0 : left < right ? -sign : sign;
  });
  return { ...main, traces, total: main.total + more.length };
}
