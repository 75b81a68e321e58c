// Two texts → the pieces of each, and which of them the other does not have.
// Invariant: the pieces of a text, joined, are the text.

export interface Piece {
  readonly text: string;
  /** The other text has it not. */
  readonly own: boolean;
}

const WORDS = /[\p{ID_Continue}$]+|\s+|[^]/gu;
/** Of products of words: a table of more would take seconds. */
const MOST = 4_000_000;

/** @returns the pieces of b */
export function ownPieces(a: string, b: string): readonly Piece[] {
  if (a === b) return [{ text: b, own: false }];
  const before = a.match(WORDS) ?? [];
  const words = b.match(WORDS) ?? [];
  if (before.length * words.length > MOST) return [{ text: b, own: true }];
  const kept = commonOf(before, words);
  const pieces: { text: string; own: boolean }[] = [];
  words.forEach((text, index) => {
    const own = !kept.has(index);
    const last = pieces.at(-1);
    if (last?.own === own) last.text += text;
    else pieces.push({ text, own });
  });
  return pieces;
}

/** Indexes of b that are of the longest common subsequence. */
function commonOf(a: readonly string[], b: readonly string[]): ReadonlySet<number> {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const kept = new Set<number>();
  for (let i = 0, j = 0; i < a.length && j < b.length;)
    if (a[i] === b[j]) {
      kept.add(j);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  return kept;
}
