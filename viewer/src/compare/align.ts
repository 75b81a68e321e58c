// Two lists → which of their members belong together, by longest common subsequence.
// Invariant: the order of both is kept, and each member comes once; lists of any length are done soon.
import { diffArrays } from "diff";

export interface Aligned<T> {
  readonly a: T | undefined;
  readonly b: T | undefined;
}

/** Cells of a table: 20 ms. Children of one span may be tens of thousands. */
const MOST_CELLS = 4_000_000;
const MOST_EDITS = 2000;

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
  for (const pair of middle(a.slice(from, endA), b.slice(from, endB), keyOf)) out.push(pair);
  for (let at = 0; endA + at < a.length; at++) out.push({ a: a[endA + at], b: b[endB + at] });
  return out;
}

function middle<T>(a: readonly T[], b: readonly T[], keyOf: (one: T) => string): Aligned<T>[] {
  if (a.length * b.length > MOST_CELLS) return byEdits(a, b, keyOf);
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

/**
 * By Myers' algorithm, which takes long only where there are many differences; beyond so many, no
 * two of them belong together.
 */
function byEdits<T>(a: readonly T[], b: readonly T[], keyOf: (one: T) => string): Aligned<T>[] {
  const edits = diffArrays(a.map(keyOf), b.map(keyOf), { maxEditLength: MOST_EDITS });
  if (edits === undefined) return anchored(a, b, keyOf);
  const out: Aligned<T>[] = [];
  let [i, j] = [0, 0];
  for (const { added, removed, count } of edits) {
    for (let n = 0; n < count; n++)
      out.push({ a: added ? undefined : a[i++], b: removed ? undefined : b[j++] });
  }
  return out;
}

/** Members whose key comes once in both stand beside each other; between them lists go in step. */
function anchored<T>(a: readonly T[], b: readonly T[], keyOf: (one: T) => string): Aligned<T>[] {
  const [keysA, keysB] = [a.map(keyOf), b.map(keyOf)];
  const [onceA, onceB] = [placesOf(keysA), placesOf(keysB)];
  const out: Aligned<T>[] = [];
  let [i, j] = [0, 0];
  const stepTo = (endA: number, endB: number): void => {
    while (i < endA || j < endB) {
      const inB = i < endA ? near(keysB, j, endB, keysA[i]) : undefined;
      const inA = j < endB ? near(keysA, i, endA, keysB[j]) : undefined;
      if (inA === 0 || inB === 0) out.push({ a: a[i++], b: b[j++] });
      else if (i < endA && (inB === undefined || j >= endB || (inA ?? NEAR) < inB))
        out.push({ a: a[i++], b: undefined });
      else out.push({ a: undefined, b: b[j++] });
    }
  };
  for (const [at, key] of keysA.entries()) {
    const place = onceB.get(key) ?? -1;
    if (place < j || at < i || onceA.get(key) === -1) continue;
    stepTo(at, place);
    out.push({ a: a[i++], b: b[j++] });
  }
  stepTo(a.length, b.length);
  return out;
}

/** How far ahead the other list is searched. */
const NEAR = 32;

/** @returns how far ahead, if near */
function near(
  keys: readonly string[],
  from: number,
  end: number,
  key: string | undefined,
): number | undefined {
  for (let ahead = 0; ahead < NEAR && from + ahead < end; ahead++)
    if (keys[from + ahead] === key) return ahead;
  return undefined;
}

/** By key; −1: it comes more than once. */
function placesOf(keys: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [at, key] of keys.entries()) places.set(key, places.has(key) ? -1 : at);
  return places;
}
