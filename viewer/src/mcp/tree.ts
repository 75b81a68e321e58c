// A trace's spans, depth first → the tree of them, to a depth.
import type { SpanRow } from "../model.ts";

export interface Node {
  readonly span_id: string;
  readonly name: string;
  readonly kind: SpanRow["kind"];
  readonly status: SpanRow["status"];
  readonly duration_ms: number;
  readonly function: string | null;
  readonly at: string | null;
  readonly model: string | null;
  readonly tokens: number;
  readonly cost: number | null;
  readonly children: Node[];
  /** Below it, where they are not shown. */
  hidden?: number;
}

export function treeOf(spans: readonly SpanRow[], depth: number): readonly Node[] {
  const roots: Node[] = [];
  const path: Node[] = [];
  for (const span of spans) {
    path.length = Math.min(span.depth, path.length);
    const parent = path.at(-1);
    if (span.depth > depth) {
      const shown = path[Math.min(depth, path.length - 1)];
      if (shown !== undefined) shown.hidden = (shown.hidden ?? 0) + 1;
      continue;
    }
    const node = nodeOf(span);
    (parent === undefined ? roots : parent.children).push(node);
    path.push(node);
  }
  return roots;
}

function nodeOf(span: SpanRow): Node {
  return {
    span_id: span.span_id,
    name: span.name,
    kind: span.kind,
    status: span.status,
    duration_ms: span.duration_ms,
    function: span.fn,
    at: span.file === null ? null : `${span.file}:${span.line ?? 1}`,
    model: span.model,
    tokens: span.total_tokens,
    cost: span.total_cost,
    children: [],
  };
}
