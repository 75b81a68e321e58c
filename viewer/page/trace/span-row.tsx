// A span → its line in the waterfall.
import type { JSX } from "preact";
import type { SpanRow } from "../../src/model.ts";
import * as format from "../parts/format.ts";
import { Glyph } from "../parts/glyph.tsx";
import { seenLine } from "../parts/text.ts";
import { Number } from "../traces/row.tsx";
import { placeOf, type Zoom } from "./zoom.ts";

export const ROW = 24;
/** Deeper than this, levels no longer indent. */
const DEEPEST = 16;

export function Line(props: {
  readonly span: SpanRow;
  readonly index: number;
  readonly place: string;
  readonly zoom: Zoom;
  readonly selected: boolean;
  readonly collapsed: boolean;
  readonly critical: boolean;
  readonly match: boolean;
  readonly select: () => void;
  readonly toggle: () => void;
}): JSX.Element {
  const { span } = props;
  const failed = span.status === "error";
  const name = seenLine(span.name);
  return (
    <div
      role="row"
      class="row span-row"
      data-testid="span-row"
      data-span-id={span.span_id}
      data-status={span.status}
      data-kind={span.kind}
      data-critical={props.critical}
      data-match={props.match}
      aria-level={span.depth + 1}
      aria-expanded={span.child_count > 0 ? !props.collapsed : undefined}
      aria-rowindex={props.index + 1}
      aria-selected={props.selected}
      tabIndex={props.selected ? 0 : -1}
      style={{ transform: props.place }}
      onClick={props.select}
    >
      <span
        role="gridcell"
        class="span-head"
        style={{ paddingLeft: `${Math.min(span.depth, DEEPEST) * 14}px` }}
      >
        {span.child_count > 0 ? (
          <button
            type="button"
            class="toggle plain"
            data-testid="span-toggle"
            tabIndex={-1}
            aria-label={`${props.collapsed ? "Expand" : "Collapse"} ${name}`}
            onClick={(event) => {
              event.stopPropagation();
              props.toggle();
            }}
          >
            {props.collapsed ? "▸" : "▾"}
          </button>
        ) : (
          <span class="toggle" />
        )}
        <Glyph of={failed ? "error" : span.status === "running" ? "running" : span.kind} />
        <span class="span-name" data-testid="span-name">
          {name}
        </span>
        {span.orphan && <span class="muted note">orphan</span>}
        {props.collapsed && <span class="muted note">+{format.count(span.child_count)}</span>}
      </span>
      <Bar span={span} zoom={props.zoom} />
      <span role="gridcell" class="num" data-testid="span-duration">
        <Number text={format.duration(span.duration_ms)} />
      </span>
      <span role="gridcell" class="num" data-testid="span-tokens">
        {span.total_tokens > 0 && format.count(span.total_tokens)}
      </span>
      <span role="gridcell" class="num" data-testid="span-cost">
        {span.total_cost !== null && format.cost(span.total_cost)}
      </span>
    </div>
  );
}

function Bar({ span, zoom }: { readonly span: SpanRow; readonly zoom: Zoom }): JSX.Element {
  const { left, width } = placeOf(zoom, span.start, span.duration_ms);
  const failed = span.status === "error";
  const kind = failed ? "error" : span.kind === "generation" ? "llm" : "span";
  return (
    <span role="gridcell" class="span-time">
      <span
        class={`bar is-${kind}`}
        data-testid="span-bar"
        style={{ left: `${left}%`, width: `${width}%` }}
      />
      {failed && (
        <span
          class="bar-end is-error"
          aria-hidden="true"
          style={{ left: `min(${left + width}%, 100% - 12px)` }}
        >
          ✗
        </span>
      )}
    </span>
  );
}
