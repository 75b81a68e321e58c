// Pairs, depth first → lines: runs of pairs that are the same are one, until they are opened.
import type { Pair } from "../../src/views.ts";

/** Fewer of the same, one after another, are shown. */
const RUN = 3;

export interface FoldLine {
  readonly first: number;
  readonly last: number;
  readonly folded: boolean;
}

export function foldedOf(pairs: readonly Pair[], open: ReadonlySet<number>): readonly FoldLine[] {
  const lines: FoldLine[] = [];
  const kept = neededOf(pairs);
  for (let first = 0; first < pairs.length;) {
    let last = first;
    while (last + 1 < pairs.length && !kept.has(last + 1) && !kept.has(first)) last += 1;
    if (last - first + 1 < RUN || kept.has(first) || open.has(first)) {
      for (let at = first; at <= last; at += 1) lines.push({ first: at, last: at, folded: false });
    } else lines.push({ first, last, folded: true });
    first = last + 1;
  }
  return lines;
}

/** Those that are news, and what is above them. */
function neededOf(pairs: readonly Pair[]): ReadonlySet<number> {
  const needed = new Set<number>();
  const above: number[] = [];
  pairs.forEach(({ depth, state, source }, index) => {
    above.length = Math.min(depth, above.length);
    above.push(index);
    if (state !== "same" || source === "changed") for (const each of above) needed.add(each);
  });
  return needed;
}
