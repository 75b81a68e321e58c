// Spans → the same spans in the order of a tree: parents before children, siblings by their start.
// Invariant: every span comes once, whatever the ids say. But for sorting, the work is linear.
import type { WireSpan } from "llmops-observability/wire";

export interface Branch {
  span: WireSpan;
  /** Its parent's siblings have depth − 1, and so on: 0 for a span at the top. */
  depth: number;
  /** No sibling comes after it. */
  last: boolean;
  hasChildren: boolean;
}

export function* branchesOf(spans: readonly WireSpan[]): Generator<Branch> {
  const { roots, childrenOf } = treeOf(spans);
  const waiting: { siblings: readonly WireSpan[]; at: number }[] = [{ siblings: roots, at: 0 }];
  for (let level = waiting.at(-1); level !== undefined; level = waiting.at(-1)) {
    const span = level.siblings[level.at++];
    if (span === undefined) {
      waiting.pop();
      continue;
    }
    const children = childrenOf.get(span) ?? [];
    const last = level.at === level.siblings.length;
    yield { span, depth: waiting.length - 1, last, hasChildren: children.length > 0 };
    if (children.length > 0) waiting.push({ siblings: children, at: 0 });
  }
}

interface Tree {
  roots: WireSpan[];
  childrenOf: Map<WireSpan, WireSpan[]>;
}

function treeOf(spans: readonly WireSpan[]): Tree {
  const parentOf = parentsOf(spans);
  const inCircle = inCircles(spans, parentOf);
  const roots: WireSpan[] = [];
  const childrenOf = new Map<WireSpan, WireSpan[]>();
  for (const span of spans) {
    const parent = inCircle.has(span) ? undefined : parentOf.get(span);
    const siblings = parent === undefined ? roots : childrenOf.get(parent);
    if (siblings !== undefined) siblings.push(span);
    else if (parent !== undefined) childrenOf.set(parent, [span]);
  }
  for (const siblings of [roots, ...childrenOf.values()]) {
    siblings.sort((a, b) => a.start_time - b.start_time);
  }
  return { roots, childrenOf };
}

/** Without those whose parent is not there: in another part of the trace, or lost. */
function parentsOf(spans: readonly WireSpan[]): Map<WireSpan, WireSpan> {
  const byId = new Map<string, WireSpan>();
  // Of several with one id the first is the parent: a span has at most one, so this is a tree.
  for (const span of spans) if (!byId.has(span.span_id)) byId.set(span.span_id, span);
  const parentOf = new Map<WireSpan, WireSpan>();
  for (const span of spans) {
    const parent = span.parent_span_id === null ? undefined : byId.get(span.parent_span_id);
    if (parent !== undefined) parentOf.set(span, parent);
  }
  return parentOf;
}

/** The spans that are below themselves. Those that merely lead into a circle are none of them. */
function inCircles(
  spans: readonly WireSpan[],
  parentOf: ReadonlyMap<WireSpan, WireSpan>,
): Set<WireSpan> {
  const found = new Set<WireSpan>();
  /** Which walk came past a span, by the span that the walk began at. */
  const walkOf = new Map<WireSpan, WireSpan>();
  for (const start of spans) {
    let at: WireSpan | undefined = start;
    while (at !== undefined && !walkOf.has(at)) {
      walkOf.set(at, start);
      at = parentOf.get(at);
    }
    // A walk that meets its own trail has come round; the circle begins there.
    if (at === undefined || walkOf.get(at) !== start) continue;
    for (; at !== undefined && !found.has(at); at = parentOf.get(at)) found.add(at);
  }
  return found;
}
