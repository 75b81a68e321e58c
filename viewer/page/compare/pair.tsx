// A span in both traces, or in one → its line in the comparison.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Pair } from "../../src/views.ts";
import * as format from "../parts/format.ts";
import { seenLine } from "../parts/text.ts";

export const ROW = 28;

export const SIGNS = {
  same: { sign: "=", word: "same" },
  changed: { sign: "±", word: "changed" },
  added: { sign: "+", word: "only in B" },
  removed: { sign: "−", word: "only in A" },
} as const;

interface RowProps {
  readonly pair: Pair;
  readonly place: string;
  readonly chosen: boolean;
  /** The chosen row takes the focus. */
  readonly wanted: { current: boolean };
  readonly choose: () => void;
}

export function PairRow(props: RowProps): JSX.Element {
  const { pair } = props;
  const { sign, word } = SIGNS[pair.state];
  const span = pair.b ?? pair.a;
  const [change] = pair.changes;
  const row = useFocusWanted(props);
  return (
    <div role="listitem" class="row pair-place" style={{ transform: props.place }}>
      <button
        ref={row}
        type="button"
        class={`compare-row is-${pair.state}`}
        data-testid="compare-row"
        data-state={pair.state}
        aria-current={props.chosen}
        tabIndex={props.chosen ? 0 : -1}
        onClick={props.choose}
      >
        <span class="sign" aria-hidden="true">
          {sign}
        </span>
        <span class="unseen">{word}: </span>
        <span class="pair-name" style={{ paddingLeft: `${Math.min(pair.depth, 16) * 14}px` }}>
          {seenLine(span?.name ?? "")}
        </span>
        <span class="pair-what muted">
          {pair.state === "added" || pair.state === "removed"
            ? word
            : change !== undefined && whatOf(change.path, pair.changes.length)}
        </span>
        {pair.source === "changed" && <span class="is-changed">⚠ source changed</span>}
        <span class="num muted pair-delta">
          {pair.delta.duration_ms !== null &&
            format.signed(pair.delta.duration_ms, format.duration)}
        </span>
      </button>
    </div>
  );
}

export function FoldRow(
  props: RowProps & { readonly count: number; readonly unfold: () => void },
): JSX.Element {
  const row = useFocusWanted(props);
  return (
    <div role="listitem" class="row pair-place" style={{ transform: props.place }}>
      <button
        ref={row}
        type="button"
        class="compare-row is-same"
        data-testid="compare-row"
        data-state="same"
        aria-expanded={false}
        tabIndex={props.chosen ? 0 : -1}
        onClick={props.unfold}
      >
        <span class="sign" aria-hidden="true">
          =
        </span>
        <span class="muted" style={{ paddingLeft: `${Math.min(props.pair.depth, 16) * 14}px` }}>
          ▸ {format.count(props.count)} same
        </span>
      </button>
    </div>
  );
}

function useFocusWanted({ chosen, wanted }: RowProps): { current: HTMLButtonElement | null } {
  const row = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (!chosen || !wanted.current) return;
    wanted.current = false;
    row.current?.focus({ preventScroll: true });
  });
  return row;
}

function whatOf(path: string, count: number): string {
  const names = path
    .slice(1)
    .split("/")
    .filter((name) => !OUTER.has(name));
  return `${names.join(".")}${count > 1 ? ` and ${count - 1} more` : ""}`;
}

/** They say where in the span, not what of it. */
const OUTER = new Set(["input_data", "output_data"]);
