// A line as written and as instrumented → the pieces of the latter, and which of them were put in.
// Invariant: the pieces, joined, are the instrumented line.

export interface Piece {
  readonly text: string;
  readonly inserted: boolean;
}

/** A longer line is compared by its ends alone. */
const LONGEST = 2000;
const WORDS = /[\p{ID_Continue}$]+|\s+|[^]/gu;

export function piecesOf(original: string, instrumented: string): readonly Piece[] {
  if (original === instrumented) return [{ text: instrumented, inserted: false }];
  const a = original.match(WORDS) ?? [];
  const b = instrumented.match(WORDS) ?? [];
  if (a.length * b.length > LONGEST * LONGEST) return [{ text: instrumented, inserted: true }];
  const kept = commonOf(a, b);
  const pieces: { text: string; inserted: boolean }[] = [];
  b.forEach((text, index) => {
    const inserted = !kept.has(index);
    const last = pieces.at(-1);
    if (last?.inserted === inserted) last.text += text;
    else pieces.push({ text, inserted });
  });
  return pieces;
}

/** Indexes of b that are of the longest common subsequence. */
function commonOf(a: readonly string[], b: readonly string[]): ReadonlySet<number> {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
  const kept = new Set<number>();
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length)
    if (a[i] === b[j]) {
      kept.add(j);
      i += 1;
      j += 1;
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i += 1;
    else j += 1;
  return kept;
}
