// Two traces → one tree of what is the same, what changed and what only one has.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { TraceRow } from "../../src/model.ts";
import type { Comparison } from "../../src/views.ts";
import { pathOf } from "../api.ts";
import * as format from "../parts/format.ts";
import { Glyph } from "../parts/glyph.tsx";
import { useKeys } from "../parts/keys.ts";
import { Failure, Said, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { Rows, showRow, useRange } from "../parts/virtual.tsx";
import { back, parameters, tracePath } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { Changes } from "./changes.tsx";
import { PairRow, FoldRow, ROW } from "./pair.tsx";
import { foldedOf } from "./fold.ts";

export function Compare(): JSX.Element {
  const a = parameters.value.get("a");
  const b = parameters.value.get("b");
  const both = a !== null && b !== null;
  const answer = useAnswer<Comparison>(both ? pathOf("/api/compare", { a, b }) : undefined);
  useKeys({ Escape: back });
  return (
    <div class="screen compare" data-testid="compare-view">
      <h1 class="unseen">Compare two traces</h1>
      {!both && (
        <Said title="Mark two traces with x, then c.">
          <p>
            <a href="/">To the traces</a>
          </p>
        </Said>
      )}
      {answer.failure !== undefined && <Failure failure={answer.failure} again={answer.again} />}
      {both && answer.loading && answer.value === undefined && <Skeleton rows={12} />}
      {answer.value !== undefined && <Compared compared={answer.value} />}
    </div>
  );
}

function Compared({ compared }: { readonly compared: Comparison }): JSX.Element {
  const { a, b, summary } = compared;
  return (
    <>
      <header class="compare-head" data-testid="compare-summary">
        <Head name="A" trace={a} />
        <Head name="B" trace={b} />
        <div class="compare-delta num">
          <span class="muted">B − A</span>{" "}
          {[
            format.signed(summary.duration_ms, format.duration),
            `${format.signed(summary.total_tokens, format.count)} tokens`,
            format.signed(summary.cost, format.cost),
          ].join(" · ")}
        </div>
        <div class="compare-counts">
          {format.count(summary.same)} same · {format.count(summary.changed)} changed ·{" "}
          {format.count(summary.added)} only in B · {format.count(summary.removed)} only in A
          {summary.source_changed > 0 && (
            <span class="is-changed">
              {" "}
              · ⚠ source changed in {format.count(summary.source_changed)}
            </span>
          )}
        </div>
      </header>
      {summary.changed + summary.added + summary.removed === 0 && summary.source_changed === 0 && (
        <p class="quiet muted">The two did the same, with the same values.</p>
      )}
      <Pairs compared={compared} />
    </>
  );
}

function Head({ name, trace }: { readonly name: string; readonly trace: TraceRow }): JSX.Element {
  return (
    <div class="compare-trace">
      <b>{name}</b> <Glyph of={trace.status} />{" "}
      <a href={tracePath(trace.trace_id)}>{seenLine(trace.name)}</a>{" "}
      <span class="num muted">
        {[
          format.time(trace.started),
          format.duration(trace.duration_ms),
          `${format.count(trace.total_tokens)} tokens`,
          format.cost(trace.cost),
        ].join(" · ")}
      </span>
    </div>
  );
}

function Pairs({ compared }: { readonly compared: Comparison }): JSX.Element {
  const { pairs } = compared;
  const open = useSignal<ReadonlySet<number>>(new Set());
  const lines = useMemo(() => foldedOf(pairs, open.value), [pairs, open.value]);
  const first = pairs.findIndex(({ state, source }) => state !== "same" || source === "changed");
  const chosen = useSignal(first);
  const scroller = useRef<HTMLDivElement>(null);
  const range = useRange(scroller, lines.length, ROW);
  const at = lines.findIndex((line) => line.first <= chosen.value && chosen.value <= line.last);
  const wanted = useRef(true);
  const move = (to: number): void => {
    const index = Math.max(0, Math.min(to, lines.length - 1));
    const line = lines[index];
    if (line === undefined) return;
    wanted.current = true;
    chosen.value = line.first;
    if (scroller.current !== null) showRow(scroller.current, index, ROW);
  };
  const unfold = (): void => {
    const line = lines[at];
    if (line?.folded === true) open.value = new Set([...open.value, line.first]);
  };
  useKeys({
    j: () => move(at + 1),
    ArrowDown: () => move(at + 1),
    k: () => move(at - 1),
    ArrowUp: () => move(at - 1),
    l: unfold,
    ArrowRight: unfold,
    Enter: unfold,
    n: () =>
      move(lines.findIndex((line, index) => index > at && !line.folded && isNews(line.first))),
  });
  const isNews = (index: number): boolean => pairs[index]?.state !== "same";
  const pair = lines[at]?.folded === false ? pairs[lines[at].first] : undefined;
  return (
    <div class="compare-body">
      <div class="compare-rows" ref={scroller} role="list" aria-label="Spans of both">
        <Rows
          role="presentation"
          range={range}
          count={lines.length}
          height={ROW}
          kept={at}
          row={(index, place) => {
            const line = lines[index];
            const of = line === undefined ? undefined : pairs[line.first];
            if (line === undefined || of === undefined) return null;
            const shared = {
              key: line.first,
              pair: of,
              place,
              chosen: index === at,
              wanted,
              choose: () => (chosen.value = line.first),
            };
            return line.folded ? (
              <FoldRow
                {...shared}
                count={line.last - line.first + 1}
                unfold={() => (open.value = new Set([...open.value, line.first]))}
              />
            ) : (
              <PairRow {...shared} />
            );
          }}
        />
      </div>
      <Changes pair={pair} a={compared.a} b={compared.b} />
    </div>
  );
}
