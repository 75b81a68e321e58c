// Rows as they were asked for → the grid of them; keys move in it.
// Invariant: back from another screen, the list stands where it was left.
import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { SortKey, TraceRow } from "../../src/model.ts";
import * as format from "../parts/format.ts";
import { useKeys } from "../parts/keys.ts";
import { Rows, showRow, useRange } from "../parts/virtual.tsx";
import { copyAsMarkdown } from "../shell/markdown.ts";
import { go, setParameters, tracePath } from "../state/address.ts";
import * as list from "../state/list.ts";
import { mark, marked, selected } from "./chosen.ts";
import { COLUMNS, Row, ROW } from "./row.tsx";

let scrollTop = 0;

export function Grid({ query }: { readonly query: list.Asked }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = list.rows.value;
  const count = Math.max(list.total.value, rows.length);
  const range = useRange(scroller, count, ROW, ROW);
  const found = rows.findIndex(({ trace_id }) => trace_id === selected.value);
  const at = Math.max(0, found);
  useEffect(() => list.need(range.end), [range.end, rows]);
  useScrollKept(scroller);
  const open = useRowKeys(scroller, rows, found);
  const showNew = (): void => {
    scrollTop = 0;
    if (scroller.current !== null) scroller.current.scrollTop = 0;
    void list.reload();
  };
  const row = (index: number, place: string): JSX.Element => {
    const trace = rows[index];
    if (trace === undefined)
      return (
        <div
          class="row skeleton-row"
          key={index}
          style={{ transform: place }}
          role="presentation"
        />
      );
    return (
      <Row
        key={trace.trace_id}
        trace={trace}
        index={index}
        place={place}
        selected={trace.trace_id === selected.value}
        reachable={index === at}
        marked={marked.value.includes(trace.trace_id)}
        fresh={list.fresh.value.has(trace.trace_id)}
        select={() => (selected.value = trace.trace_id)}
        open={() => open(index)}
        mark={() => mark(trace.trace_id)}
      />
    );
  };
  return (
    <div class="grid-frame" data-stale={list.loading.value}>
      {list.waiting.value > 0 && (
        <button type="button" class="new-traces" data-testid="new-traces" onClick={showNew}>
          ↑ {format.count(list.waiting.value)} new
        </button>
      )}
      <div
        ref={scroller}
        class="grid trace-list"
        role="grid"
        aria-label="Traces"
        aria-rowcount={list.total.value + 1}
        aria-colcount={COLUMNS.length}
        data-testid="trace-list"
      >
        <Head query={query} />
        <Rows range={range} count={count} height={ROW} kept={at} row={row} />
      </div>
    </div>
  );
}

function useScrollKept(scroller: RefObject<HTMLDivElement | null>): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    element.scrollTop = scrollTop;
    const note = (): void => {
      scrollTop = element.scrollTop;
      list.scrolled.value = scrollTop > ROW;
    };
    note();
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, []);
}

/** @returns how to open a row */
function useRowKeys(
  scroller: RefObject<HTMLDivElement | null>,
  rows: readonly TraceRow[],
  /** Of the selected row; −1: none is. */
  found: number,
): (index: number) => void {
  // Back from another screen the row has the focus again.
  const focusWanted = useRef(found >= 0);
  useLayoutEffect(() => {
    if (found >= 0 && scroller.current !== null) showRow(scroller.current, found, ROW, ROW);
  }, []);
  useLayoutEffect(() => {
    if (!focusWanted.current) return;
    focusWanted.current = false;
    const row = scroller.current?.querySelector<HTMLElement>("[aria-selected=true]");
    row?.focus({ preventScroll: true });
  });
  const at = Math.max(0, found);
  const move = (to: number): void => {
    // The first press selects the row that has the tab stop.
    const index = found < 0 ? 0 : Math.max(0, Math.min(to, rows.length - 1));
    if (scroller.current !== null) showRow(scroller.current, index, ROW, ROW);
    focusWanted.current = true;
    selected.value = rows[index]?.trace_id;
  };
  const open = (index: number): void => {
    const id = rows[index]?.trace_id;
    if (id === undefined) return;
    selected.value = id;
    go(tracePath(id));
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 2);
  useKeys({
    j: () => move(at + 1),
    ArrowDown: () => move(at + 1),
    k: () => move(at - 1),
    ArrowUp: () => move(at - 1),
    PageDown: () => move(at + page),
    PageUp: () => move(at - page),
    Home: () => move(0),
    End: () => move(rows.length - 1),
    Enter: () => open(at),
    o: () => open(at),
    x: () => mark(rows[at]?.trace_id),
    " ": () => mark(rows[at]?.trace_id),
    y: () => void copyAsMarkdown(rows[at]?.trace_id),
    Escape: () => void (selected.value = undefined),
  });
  return open;
}

function Head({ query }: { readonly query: list.Asked }): JSX.Element {
  const sortBy = (sort: SortKey): void => {
    const other = query.sort === sort ? flipped(query.order) : sort === "name" ? "asc" : "desc";
    setParameters({
      sort: sort === "started" ? null : sort,
      order: other === "desc" ? null : other,
    });
  };
  return (
    <div role="rowgroup" class="grid-head">
      <div role="row" class="row trace-row head" aria-rowindex={1}>
        {COLUMNS.map(({ id, title, sort }) => (
          <span
            key={id}
            role="columnheader"
            class={`cell-${id}`}
            aria-sort={
              sort === undefined || query.sort !== sort
                ? undefined
                : query.order === "asc"
                  ? "ascending"
                  : "descending"
            }
          >
            {sort === undefined ? (
              <span class={id === "mark" || id === "status" ? "unseen" : "muted"}>{title}</span>
            ) : (
              <button type="button" class="plain" onClick={() => sortBy(sort)}>
                {title}
                {query.sort === sort && (
                  <span aria-hidden="true"> {query.order === "asc" ? "▴" : "▾"}</span>
                )}
              </button>
            )}
          </span>
        ))}
      </div>
    </div>
  );
}

const flipped = (order: "asc" | "desc"): "asc" | "desc" => (order === "asc" ? "desc" : "asc");
