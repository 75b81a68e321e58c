// Ranges of a text → whether a node has a part in any of them.
// Invariant: asked by nodes' full ranges, comments before them included.
import type { ts } from "../syntax.ts";

type FullRange = Pick<ts.Node, "pos" | "end">;

/** What a walk through a file looks for: all else in it is passed over. */
export class Places {
  /** Ascending. */
  readonly #starts: readonly number[];
  /** Of all that start there or before: where the last of them ends. */
  readonly #ends: readonly number[];

  /** @param ranges in the order of the text; one may hold another */
  constructor(ranges: readonly FullRange[]) {
    this.#starts = ranges.map(({ pos }) => pos);
    let last = 0;
    this.#ends = ranges.map(({ end }) => (last = Math.max(last, end)));
  }

  /** @param word a global expression */
  static ofWords(text: string, word: RegExp): Places {
    return new Places(
      Array.from(text.matchAll(word), ({ index }) => ({ pos: index, end: index + 1 })),
    );
  }

  touch({ pos, end }: FullRange): boolean {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) < end) low = middle + 1;
      else high = middle;
    }
    return (this.#ends[low - 1] ?? 0) > pos;
  }
}
