// A query and its order → the rows of the list, as far as they were needed, and what comes in since.
// Invariant: a row that is shown stays under the cursor: new ones wait while the list is paused or scrolled.
import { batch, effect, signal, type Signal } from "@preact/signals";
import type { SortKey, TracePage, TraceRow } from "../../src/model.ts";
import { pathOf, read, type ApiFailure } from "../api.ts";
import { announce } from "../shell/toast.tsx";
import { failureOf } from "./answer.ts";
import { following, onEvent } from "./live.ts";

export interface Asked {
  readonly q: string;
  readonly sort: SortKey;
  readonly order: "asc" | "desc";
}

const FIRST_PAGE = 100;
const PAGE = 500;
/** In ms: how often the rows change at most. */
const PACE = 120;

export const rows: Signal<readonly TraceRow[]> = signal([]);
export const total: Signal<number> = signal(0);
export const loading: Signal<boolean> = signal(true);
export const failure: Signal<ApiFailure | undefined> = signal(undefined);
/** New traces that wait. */
export const waiting: Signal<number> = signal(0);
/** Those that came in last, by id. */
export const fresh: Signal<ReadonlySet<string>> = signal(new Set());
/** The list is scrolled: nothing moves in. */
export const scrolled: Signal<boolean> = signal(false);

let asked: Asked | undefined;
let next: string | null = null;
let stop = new AbortController();
let filling: Promise<void> | undefined;
const held = new Set<string>();

export function show(query: Asked, anew: boolean): void {
  const same =
    asked !== undefined &&
    asked.q === query.q &&
    asked.sort === query.sort &&
    asked.order === query.order;
  if (same && !anew && failure.value === undefined) return;
  asked = query;
  void reload(same ? Math.min(PAGE, Math.max(FIRST_PAGE, rows.value.length)) : FIRST_PAGE);
}

export async function reload(limit: number = FIRST_PAGE): Promise<void> {
  stop.abort();
  const mine = new AbortController();
  stop = mine;
  loading.value = true;
  try {
    const page = await ask(limit, undefined, mine.signal);
    batch(() => {
      rows.value = page.traces;
      total.value = page.total;
      failure.value = undefined;
      loading.value = false;
      waiting.value = 0;
    });
    held.clear();
    next = page.next;
  } catch (caught) {
    if (mine.signal.aborted) return;
    failure.value = failureOf(caught);
    loading.value = false;
  }
}

/** Asks on until that many rows are there. */
export function need(end: number): void {
  if (filling !== undefined || next === null || rows.value.length >= end) return;
  filling = fill(end).finally(() => (filling = undefined));
}

async function fill(end: number): Promise<void> {
  const { signal: aborted } = stop;
  try {
    while (next !== null && rows.value.length < end && !aborted.aborted) {
      const page = await ask(PAGE, next, aborted);
      const known = new Set(rows.value.map(({ trace_id }) => trace_id));
      rows.value = [...rows.value, ...page.traces.filter(({ trace_id }) => !known.has(trace_id))];
      next = page.next;
    }
  } catch {
    // Aborted, or offline: whoever scrolls on asks again.
  }
}

function ask(limit: number, cursor: string | undefined, aborted: AbortSignal): Promise<TracePage> {
  return read(pathOf("/api/traces", { ...asked, limit, cursor }), aborted);
}

let incoming = new Map<string, TraceRow>();
let timer: number | undefined;

onEvent("trace", ({ trace }) => {
  incoming.set(trace.trace_id, trace);
  timer ??= window.setTimeout(takeIn, PACE);
});

onEvent("removed", ({ trace_ids }) => {
  const gone = new Set(trace_ids);
  const left = rows.value.filter(({ trace_id }) => !gone.has(trace_id));
  total.value = Math.max(left.length, total.value - (rows.value.length - left.length));
  rows.value = left;
});

function takeIn(): void {
  timer = undefined;
  const came = incoming;
  incoming = new Map();
  if (asked === undefined) return;
  const added: TraceRow[] = [];
  const known = new Set<string>();
  const changed = rows.value.map((row) => {
    const update = came.get(row.trace_id);
    if (update === undefined) return row;
    known.add(row.trace_id);
    return update;
  });
  for (const [id, row] of came) if (!known.has(id)) added.push(row);
  if (following.value && known.size > 0) rows.value = changed;
  if (added.length === 0) return;
  if (!following.value || (scrolled.value && rows.value.length > 0)) wait(added);
  else if (isPlain(asked)) insert(added, changed);
  else reloadSoon();
}

/** In ms: what matches a query, and where it stands, the server says; once a second is enough. */
const RELOAD = 1000;
let reloading: number | undefined;

function reloadSoon(): void {
  reloading ??= window.setTimeout(() => {
    reloading = undefined;
    void reload(Math.min(PAGE, Math.max(FIRST_PAGE, rows.value.length)));
  }, RELOAD);
}

// Whoever goes on sees what has waited.
effect(() => {
  if (following.value && waiting.peek() > 0 && !scrolled.peek()) void reload();
});

const isPlain = ({ q, sort, order }: Asked): boolean =>
  q.trim() === "" && sort === "started" && order === "desc";

function insert(added: readonly TraceRow[], before: readonly TraceRow[]): void {
  batch(() => {
    rows.value = [...added, ...before].toSorted((a, b) => b.started - a.started);
    total.value += added.length;
    fresh.value = new Set(added.map(({ trace_id }) => trace_id));
  });
  tell(added);
}

function wait(added: readonly TraceRow[]): void {
  for (const { trace_id } of added) held.add(trace_id);
  if (asked !== undefined && isPlain(asked)) waiting.value = held.size;
  else void countNew();
}

/** Whether new ones match, the server knows. */
async function countNew(): Promise<void> {
  try {
    const page = await ask(1, undefined, stop.signal);
    waiting.value = Math.max(0, page.total - total.value);
  } catch {
    // The next one asks again.
  }
}

let toTell: TraceRow[] = [];
let telling: number | undefined;

/** Once a second at most. */
function tell(added: readonly TraceRow[]): void {
  toTell.push(...added);
  telling ??= window.setTimeout(() => {
    telling = undefined;
    const errors = toTell.filter(({ status }) => status === "error").length;
    const traces = toTell.length === 1 ? "1 new trace" : `${toTell.length} new traces`;
    announce(errors === 0 ? traces : `${traces}, ${errors} with errors`);
    toTell = [];
  }, 1000);
}
