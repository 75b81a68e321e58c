// A trace's id → what it is and its spans, as they come and as they change.
// Invariant: the first rows are asked for alone: a large trace is seen before all of it is there.
import { signal, type Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SpanPage, SpanRow, TraceDetail } from "../../src/model.ts";
import { pathOf, read, traceApi, type ApiFailure } from "../api.ts";
import { failureOf } from "./answer.ts";
import { onEvent, turn } from "./live.ts";

const FIRST = 500;
const MORE = 8000;
/** In ms, between an event and the question what has changed. */
const PAUSE = 300;

export interface Loaded {
  readonly detail: TraceDetail | undefined;
  readonly spans: readonly SpanRow[];
  readonly total: number;
  readonly failure: ApiFailure | undefined;
}

const NOTHING: Loaded = { detail: undefined, spans: [], total: 0, failure: undefined };

export function useTrace(id: string): Loaded & { readonly again: () => void } {
  const [loaded, setLoaded] = useState<Loaded>(NOTHING);
  const stop = useRef(new AbortController());
  const again = (): void => {
    stop.current.abort();
    stop.current = new AbortController();
    void load(id, stop.current.signal, setLoaded);
  };
  useEffect(() => {
    again();
    return () => stop.current.abort();
  }, [id, turn.value]);
  useEffect(() => {
    let timer: number | undefined;
    const end = onEvent("trace", ({ trace }) => {
      if (trace.trace_id !== id) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(again, PAUSE);
    });
    return () => {
      window.clearTimeout(timer);
      end();
    };
  }, [id]);
  return { ...loaded, again };
}

async function load(
  id: string,
  aborted: AbortSignal,
  set: (change: (before: Loaded) => Loaded) => void,
): Promise<void> {
  const ask = (offset: number, limit: number): Promise<SpanPage> =>
    read(pathOf(`${traceApi(id)}/spans`, { offset, limit }), aborted);
  try {
    const [detail, first] = await Promise.all([
      read<{ trace: TraceDetail }>(traceApi(id), aborted),
      ask(0, FIRST),
    ]);
    let spans = first.spans;
    // What was there stays until as much is there again.
    const show = (): void =>
      set((before) => ({
        detail: detail.trace,
        spans: spans.length < Math.min(before.spans.length, first.total) ? before.spans : spans,
        total: first.total,
        failure: undefined,
      }));
    show();
    let { next } = first;
    while (next !== null) {
      const page = await ask(next, MORE);
      spans = spans.concat(page.spans);
      next = page.next;
      show();
    }
  } catch (failure) {
    if (!aborted.aborted) set((before) => ({ ...before, failure: failureOf(failure) }));
  }
}

const folded = new Map<string, Signal<ReadonlySet<string>>>();

/** Spans of a trace that are collapsed: kept while the page lives. */
export function collapsedOf(id: string): Signal<ReadonlySet<string>> {
  const found = folded.get(id) ?? signal<ReadonlySet<string>>(new Set());
  folded.set(id, found);
  return found;
}
