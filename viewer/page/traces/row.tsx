// A trace → its line in the list.
import type { JSX } from "preact";
import type { SortKey, TraceRow } from "../../src/model.ts";
import * as format from "../parts/format.ts";
import { Glyph } from "../parts/glyph.tsx";
import { seenLine } from "../parts/text.ts";
import { tracePath } from "../state/address.ts";

export const ROW = 28;

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly sort?: SortKey;
}

export const COLUMNS: readonly Column[] = [
  { id: "mark", title: "Mark" },
  { id: "status", title: "Status" },
  { id: "name", title: "trace", sort: "name" },
  { id: "preview", title: "preview" },
  { id: "time", title: "time", sort: "started" },
  { id: "duration", title: "dur", sort: "duration" },
  { id: "spans", title: "spans", sort: "spans" },
  { id: "tokens", title: "tokens", sort: "tokens" },
  { id: "cost", title: "cost", sort: "cost" },
  { id: "model", title: "model" },
];

interface RowProps {
  readonly trace: TraceRow;
  readonly index: number;
  readonly place: string;
  readonly selected: boolean;
  readonly reachable: boolean;
  readonly marked: boolean;
  readonly fresh: boolean;
  readonly select: () => void;
  readonly open: () => void;
  readonly mark: () => void;
}

export function Row(props: RowProps): JSX.Element {
  const { trace, selected } = props;
  const failed = trace.status === "error";
  return (
    <div
      role="row"
      class="row trace-row"
      data-testid="trace-row"
      data-trace-id={trace.trace_id}
      data-status={trace.status}
      data-index={props.index}
      data-fresh={props.fresh}
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      tabIndex={props.reachable ? 0 : -1}
      style={{ transform: props.place }}
      onFocus={props.select}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest("input, a") !== null) return;
        props.open();
      }}
    >
      <span role="gridcell" class="cell-mark">
        <input
          type="checkbox"
          data-testid="row-mark"
          tabIndex={-1}
          aria-label={`Mark ${seenLine(trace.name)}`}
          checked={props.marked}
          onChange={props.mark}
        />
      </span>
      <span role="gridcell" class="cell-status" data-testid="cell-status">
        <Glyph of={trace.status} word={failed} />
      </span>
      <span role="gridcell" class="cell-name" data-testid="cell-name">
        <a href={tracePath(trace.trace_id)} tabIndex={-1}>
          {seenLine(trace.name)}
        </a>
      </span>
      <span role="gridcell" class="cell-preview">
        {trace.error === null ? (
          seenLine(trace.preview ?? "")
        ) : (
          <span class="is-error">{seenLine(`${trace.error.type}: ${trace.error.message}`)}</span>
        )}
      </span>
      <span role="gridcell" class="num cell-time" data-testid="cell-time">
        {format.time(trace.started)}
      </span>
      <span role="gridcell" class="num" data-testid="cell-duration">
        <Number
          text={
            trace.unfinished && trace.duration_ms === 0 ? "…" : format.duration(trace.duration_ms)
          }
        />
      </span>
      <span role="gridcell" class="num cell-spans" data-testid="cell-spans">
        {format.count(trace.spans)}
      </span>
      <span role="gridcell" class="num" data-testid="cell-tokens">
        {trace.total_tokens === 0 ? <Absent /> : format.count(trace.total_tokens)}
      </span>
      <span role="gridcell" class="num" data-testid="cell-cost">
        {trace.cost === null ? <Absent /> : format.cost(trace.cost)}
      </span>
      <span role="gridcell" class="cell-model" data-testid="cell-model">
        {trace.models.length > 0 && seenLine(trace.models[0] ?? "")}
        {trace.models.length > 1 && <span class="muted"> +{trace.models.length - 1}</span>}
      </span>
    </div>
  );
}

function Absent(): JSX.Element {
  return <span class="muted">–</span>;
}

/** The unit is muted. */
export function Number({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split(/(\d[\d.,]*)/);
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          part
        ) : part === "" ? null : (
          <span class="muted" key={index}>
            {part}
          </span>
        ),
      )}
    </>
  );
}
