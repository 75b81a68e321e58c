// Spans → the tree of them over time; keys move in it.
// Invariant: only the lines that are seen are drawn, and the selected one.
import { useSignal, type Signal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { SpanRow } from "../../src/model.ts";
import * as format from "../parts/format.ts";
import { useKeys } from "../parts/keys.ts";
import { Rows, showRow, useRange } from "../parts/virtual.tsx";
import { collapsedOf } from "../state/trace.ts";
import { FindSpan } from "./find.tsx";
import { Minimap } from "./minimap.tsx";
import { Line, ROW } from "./span-row.tsx";
import { criticalPath, extentOf, parentsOf, shownOf } from "./tree.ts";
import { ticksOf, zoomed, type Zoom } from "./zoom.ts";

interface WaterfallProps {
  readonly id: string;
  readonly spans: readonly SpanRow[];
  readonly total: number;
  readonly duration: number;
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
  /** Shows the span where it covers the waterfall. */
  readonly open: () => void;
}

export function Waterfall(props: WaterfallProps): JSX.Element {
  const { id, spans } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const matches = useSignal<ReadonlySet<string> | undefined>(undefined);
  const tree = useTree(props, matches.value);
  const { shown, at, collapsed } = tree;
  const range = useRange(scroller, shown.length, ROW);
  const focusWanted = useFocus(scroller, at, props.selected);
  const choose = (index: number | undefined): void => {
    const span = index === undefined ? undefined : spans[index];
    if (span === undefined) return;
    focusWanted.current = true;
    props.select(span.span_id);
  };
  const { view, setView, extent } = useZoom(props, tree.selectedIndex);
  const showCritical = useSignal(false);
  const critical = useMemo(
    () => (showCritical.value ? criticalPath(spans, tree.parents) : undefined),
    [spans, showCritical.value],
  );
  useMoves({ spans, tree, choose, page: pageOf(scroller.current) });
  useKeys({ Enter: props.open, o: props.open });
  const row = (index: number, place: string): JSX.Element | null => {
    const which = shown[index] ?? -1;
    const span = spans[which];
    if (span === undefined) return null;
    return (
      <Line
        key={span.span_id}
        span={span}
        index={index}
        place={place}
        zoom={view}
        selected={which === tree.selectedIndex}
        collapsed={matches.value === undefined && collapsed.has(span.span_id)}
        critical={critical?.has(span.span_id) === true}
        match={matches.value?.has(span.span_id) === true}
        select={() => {
          choose(which);
          props.open();
        }}
        toggle={() => tree.toggle(which)}
      />
    );
  };
  const all = matches.value === undefined && collapsed.size === 0;
  return (
    <section class="waterfall-side" aria-label="Spans">
      <div class="waterfall-tools">
        <FindSpan id={id} found={(ids) => (matches.value = ids)} />
        <Tools tree={tree} showCritical={showCritical} />
        <span class="muted num waterfall-count">
          {matches.value !== undefined && `${format.count(matches.value.size)} of `}
          {format.count(props.total)}
        </span>
      </div>
      <Minimap spans={spans} extent={extent} zoom={view} setZoom={setView} />
      <Ruler zoom={view} />
      <div
        ref={scroller}
        class="waterfall"
        role="treegrid"
        aria-label="Waterfall"
        aria-rowcount={all ? props.total : shown.length}
        data-testid="waterfall"
        data-critical={showCritical.value}
      >
        <Rows range={range} count={shown.length} height={ROW} kept={at} row={row} />
      </div>
    </section>
  );
}

interface Tree {
  readonly parents: Int32Array;
  /** Indexes of the spans that are shown. */
  readonly shown: readonly number[];
  readonly selectedIndex: number;
  /** Of the selected span among those shown. */
  readonly at: number;
  readonly collapsed: ReadonlySet<string>;
  readonly toggle: (index: number, to?: boolean) => void;
  readonly expandAll: () => void;
  readonly collapseAll: () => void;
}

function useTree(
  { id, spans, selected }: WaterfallProps,
  matches: ReadonlySet<string> | undefined,
): Tree {
  const collapsed = collapsedOf(id);
  const parents = useMemo(() => parentsOf(spans), [spans]);
  const shown = useMemo(
    () => shownOf(spans, collapsed.value, matches, parents),
    [spans, collapsed.value, matches],
  );
  const selectedIndex = useMemo(
    () => spans.findIndex(({ span_id }) => span_id === selected),
    [spans, selected],
  );
  const at = useMemo(() => shown.indexOf(selectedIndex), [shown, selectedIndex]);
  // A span that is chosen is seen: what is above it opens.
  useLayoutEffect(() => {
    const next = new Set(collapsed.value);
    for (let up = parents[selectedIndex] ?? -1; up >= 0; up = parents[up] ?? -1)
      next.delete(spans[up]?.span_id ?? "");
    if (next.size !== collapsed.value.size) collapsed.value = next;
  }, [selectedIndex]);
  const toggle = (index: number, to?: boolean): void => {
    const span = spans[index];
    if (span === undefined) return;
    const next = new Set(collapsed.value);
    if (to ?? !next.has(span.span_id)) next.add(span.span_id);
    else next.delete(span.span_id);
    collapsed.value = next;
  };
  const expandAll = (): void => void (collapsed.value = new Set());
  const collapseAll = (): void => {
    const parental = spans.filter(({ child_count }) => child_count > 0);
    collapsed.value = new Set(parental.map(({ span_id }) => span_id));
  };
  return {
    parents,
    shown,
    selectedIndex,
    at,
    collapsed: collapsed.value,
    toggle,
    expandAll,
    collapseAll,
  };
}

/** The selected row is scrolled to where it changes, and has the focus where that was wanted. */
function useFocus(
  scroller: RefObject<HTMLDivElement | null>,
  at: number,
  selected: string | undefined,
): { current: boolean } {
  const wanted = useRef(true);
  useLayoutEffect(() => {
    if (at < 0 || scroller.current === null) return;
    showRow(scroller.current, at, ROW);
    if (!wanted.current) return;
    const row = scroller.current.querySelector<HTMLElement>("[aria-selected=true]");
    if (row === null) return;
    wanted.current = false;
    row.focus({ preventScroll: true });
  }, [at, selected]);
  return wanted;
}

function useZoom(
  { spans, duration }: WaterfallProps,
  selectedIndex: number,
): { readonly view: Zoom; readonly setView: (to: Zoom) => void; readonly extent: number } {
  const extent = useMemo(() => extentOf(spans, duration), [spans, duration]);
  const zoom = useSignal<Zoom | undefined>(undefined);
  const view = zoom.value ?? { from: 0, to: extent };
  const by = (factor: number): void => {
    const span = spans[selectedIndex];
    const around = span === undefined ? 0 : span.start + span.duration_ms / 2;
    zoom.value = zoomed(view, factor, around, extent);
  };
  useKeys({
    "+": () => by(0.5),
    "=": () => by(0.5),
    "-": () => by(2),
    "0": () => void (zoom.value = undefined),
  });
  return { view, setView: (to) => void (zoom.value = to), extent };
}

function Tools({
  tree,
  showCritical,
}: {
  readonly tree: Tree;
  readonly showCritical: Signal<boolean>;
}): JSX.Element {
  const { expandAll, collapseAll } = tree;
  useKeys({ E: expandAll, C: collapseAll });
  return (
    <>
      <button type="button" data-testid="expand-all" onClick={expandAll}>
        Expand
      </button>
      <button type="button" data-testid="collapse-all" onClick={collapseAll}>
        Collapse
      </button>
      <button
        type="button"
        data-testid="critical-path"
        aria-pressed={showCritical.value}
        onClick={() => (showCritical.value = !showCritical.value)}
      >
        Critical path
      </button>
    </>
  );
}

const pageOf = (scroller: HTMLElement | null): number =>
  Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / ROW) - 2);

function useMoves(given: {
  readonly spans: readonly SpanRow[];
  readonly tree: Tree;
  readonly choose: (index: number | undefined) => void;
  readonly page: number;
}): void {
  const { spans, tree, choose, page } = given;
  const { shown, at, selectedIndex, toggle } = tree;
  const span = spans[selectedIndex];
  const isCollapsed = span !== undefined && tree.collapsed.has(span.span_id);
  const hasChildren = span !== undefined && span.child_count > 0;
  const down = (): void => choose(shown[Math.min(at + 1, shown.length - 1)]);
  const up = (): void => choose(shown[Math.max(at - 1, 0)]);
  const left = (): void => {
    if (hasChildren && !isCollapsed) toggle(selectedIndex, true);
    else choose(tree.parents[selectedIndex]);
  };
  const right = (): void => {
    if (!hasChildren) return;
    if (isCollapsed) toggle(selectedIndex, false);
    else choose(selectedIndex + 1);
  };
  /** Goes round at the end. */
  const error = (step: 1 | -1): void => {
    for (let tried = 1; tried <= spans.length; tried += 1) {
      const index = (selectedIndex + step * tried + 2 * spans.length) % spans.length;
      if (spans[index]?.status !== "error") continue;
      choose(index);
      return;
    }
  };
  useKeys({
    j: down,
    ArrowDown: down,
    k: up,
    ArrowUp: up,
    h: left,
    ArrowLeft: left,
    l: right,
    ArrowRight: right,
    n: () => error(1),
    N: () => error(-1),
    PageDown: () => choose(shown[Math.min(at + page, shown.length - 1)]),
    PageUp: () => choose(shown[Math.max(at - page, 0)]),
    Home: () => choose(shown[0]),
    End: () => choose(shown.at(-1)),
  });
}

function Ruler({ zoom }: { readonly zoom: Zoom }): JSX.Element {
  return (
    <div class="row span-row ruler" aria-hidden="true">
      <span class="muted">span</span>
      <span class="span-time">
        {ticksOf(zoom).map((tick) => (
          <span
            key={tick}
            class="tick-mark"
            style={{ left: `${((tick - zoom.from) / (zoom.to - zoom.from)) * 100}%` }}
          >
            {format.duration(tick)}
          </span>
        ))}
      </span>
      <span class="muted num">dur</span>
      <span class="muted num">tokens</span>
      <span class="muted num">cost</span>
    </div>
  );
}
