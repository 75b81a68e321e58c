// Two lists → which of their members belong together, by longest common subsequence.
// Invariant: the order of both is kept, and each member comes once.

export interface Aligned<T> {
  readonly a: T | undefined;
  readonly b: T | undefined;
}

/** Above so many cells, lists are walked in step instead: children of one span in the ten thousands. */
const MOST_CELLS = 4_000_000;

export function align<T>(
  a: readonly T[],
  b: readonly T[],
  keyOf: (one: T) => string,
): Aligned<T>[] {
  const [keysA, keysB] = [a.map(keyOf), b.map(keyOf)];
  const out: Aligned<T>[] = [];
  let from = 0;
  while (from < a.length && from < b.length && keysA[from] === keysB[from]) {
    out.push({ a: a[from], b: b[from] });
    from++;
  }
  let [endA, endB] = [a.length, b.length];
  while (endA > from && endB > from && keysA[endA - 1] === keysB[endB - 1]) {
    endA--;
    endB--;
  }
  out.push(...middle(a.slice(from, endA), b.slice(from, endB), keyOf));
  for (let at = 0; endA + at < a.length; at++) out.push({ a: a[endA + at], b: b[endB + at] });
  return out;
}

function middle<T>(a: readonly T[], b: readonly T[], keyOf: (one: T) => string): Aligned<T>[] {
  if (a.length * b.length > MOST_CELLS) return inStep(a, b, keyOf);
  const width = b.length + 1;
  const [keysA, keysB] = [a.map(keyOf), b.map(keyOf)];
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        keysA[i] === keysB[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: Aligned<T>[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && keysA[i] === keysB[j]) out.push({ a: a[i++], b: b[j++] });
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      out.push({ a: a[i++], b: undefined });
    else out.push({ a: undefined, b: b[j++] });
  }
  return out;
}

/** The first with the same key that is left, else none. */
function inStep<T>(a: readonly T[], b: readonly T[], keyOf: (one: T) => string): Aligned<T>[] {
  const out: Aligned<T>[] = [];
  let j = 0;
  const places = new Map<string, number[]>();
  for (const [at, one] of b.entries()) {
    const key = keyOf(one);
    const known = places.get(key);
    if (known === undefined) places.set(key, [at]);
    else known.push(at);
  }
  const used = new Map<string, number>();
  for (const one of a) {
    const key = keyOf(one);
    const list = places.get(key) ?? [];
    let next = used.get(key) ?? 0;
    while (next < list.length && (list[next] ?? 0) < j) next++;
    used.set(key, next + 1);
    const place = list[next];
    if (place === undefined) {
      out.push({ a: one, b: undefined });
      continue;
    }
    while (j < place) out.push({ a: undefined, b: b[j++] });
    out.push({ a: one, b: b[j++] });
  }
  while (j < b.length) out.push({ a: undefined, b: b[j++] });
  return out;
}
