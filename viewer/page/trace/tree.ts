// Spans, depth first → who is whose parent, what is shown of them, and the critical path.
import type { SpanRow } from "../../src/model.ts";

/** The index of each span's parent; −1 at the top. */
export function parentsOf(spans: readonly SpanRow[]): Int32Array {
  const parents = new Int32Array(spans.length).fill(-1);
  const path: number[] = [];
  spans.forEach(({ depth }, index) => {
    path.length = Math.min(depth, path.length);
    parents[index] = path.at(-1) ?? -1;
    path.push(index);
  });
  return parents;
}

/** Indexes of the spans that are shown: below nothing collapsed and, where it is asked for some, above those. */
export function shownOf(
  spans: readonly SpanRow[],
  collapsed: ReadonlySet<string>,
  matches: ReadonlySet<string> | undefined,
  parents: Int32Array,
): readonly number[] {
  if (matches !== undefined) return above(spans, matches, parents);
  const shown: number[] = [];
  let under = Infinity;
  spans.forEach(({ span_id, depth }, index) => {
    if (depth > under) return;
    under = collapsed.has(span_id) ? depth : Infinity;
    shown.push(index);
  });
  return shown;
}

function above(
  spans: readonly SpanRow[],
  matches: ReadonlySet<string>,
  parents: Int32Array,
): readonly number[] {
  const wanted = new Uint8Array(spans.length);
  spans.forEach(({ span_id }, index) => {
    if (!matches.has(span_id)) return;
    for (let at = index; at >= 0 && wanted[at] === 0; at = parents[at] ?? -1) wanted[at] = 1;
  });
  return [...wanted.keys()].filter((index) => wanted[index] === 1);
}

/** The span to begin with: the first that failed and did not only hand it up, else the first. */
export function firstOfInterest(spans: readonly SpanRow[]): SpanRow | undefined {
  let found: SpanRow | undefined;
  for (const span of spans) {
    if (found !== undefined && span.depth <= found.depth) break;
    if (span.status === "error") found = span;
  }
  return found ?? spans[0];
}

/** What the trace waited for: from the end of the longest root backwards, the child that ended last. */
export function criticalPath(spans: readonly SpanRow[], parents: Int32Array): ReadonlySet<string> {
  const children = new Map<number, number[]>();
  parents.forEach((parent, index) => {
    const those = children.get(parent);
    if (those === undefined) children.set(parent, [index]);
    else those.push(index);
  });
  const endOf = (index: number): number => {
    const span = spans[index];
    return span === undefined ? 0 : span.start + span.duration_ms;
  };
  const path = new Set<string>();
  const last = (children.get(-1) ?? []).toSorted((a, b) => endOf(b) - endOf(a))[0];
  const open = last === undefined ? [] : [last];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const span = spans[at];
    if (span === undefined) continue;
    path.add(span.span_id);
    let until = endOf(at) + SLACK;
    for (const child of (children.get(at) ?? []).toSorted((a, b) => endOf(b) - endOf(a))) {
      if (endOf(child) > until) continue;
      open.push(child);
      until = (spans[child]?.start ?? 0) + SLACK;
    }
  }
  return path;
}

/** In ms: durations are whole, starts are not. */
const SLACK = 1;

/** Where the last span ends, in ms after the trace's start. */
export function extentOf(spans: readonly SpanRow[], duration: number): number {
  let end = duration;
  for (const span of spans) end = Math.max(end, span.start + span.duration_ms);
  return Math.max(end, 1);
}
