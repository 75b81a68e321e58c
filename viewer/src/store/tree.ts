// The spans of a trace, in any order → where each stands, and what it took with all below it.
// Invariant: each span stands once, whatever its parents say; a token counts once, in the span
// lowest down that tells of it.
import { FLAG } from "./database/schema.ts";
import type { SpanFacts } from "./facts.ts";

export type TreeSpan = Pick<
  SpanFacts,
  "span_id" | "parent_span_id" | "start" | "input_tokens" | "output_tokens" | "tokens" | "cost"
>;

export interface Branch<Span extends TreeSpan> {
  readonly span: Span;
  readonly depth: number;
  /** Its parent is not here, or is below it. */
  readonly orphan: boolean;
  readonly children: readonly Branch<Span>[];
  readonly totals: Totals;
}

export interface Totals {
  readonly input: number;
  readonly output: number;
  readonly tokens: number;
  readonly cost: number | null;
}

interface Growing<Span extends TreeSpan> {
  readonly span: Span;
  depth: number;
  orphan: boolean;
  readonly children: Growing<Span>[];
  totals: Totals;
}

const NOTHING: Totals = { input: 0, output: 0, tokens: 0, cost: null };

/** @returns depth first, siblings by start */
export function branchesOf<Span extends TreeSpan>(spans: readonly Span[]): readonly Branch<Span>[] {
  const branches = new Map<string, Growing<Span>>();
  for (const span of spans)
    branches.set(span.span_id, { span, depth: 0, orphan: false, children: [], totals: NOTHING });
  const inCycle = cyclesIn(branches);
  const roots: Growing<Span>[] = [];
  for (const branch of branches.values()) {
    const { parent_span_id: parentId } = branch.span;
    const parent = parentId === null ? undefined : branches.get(parentId);
    branch.orphan = parentId !== null && (parent === undefined || inCycle.has(branch));
    if (parent === undefined || branch.orphan) roots.push(branch);
    else parent.children.push(branch);
  }
  const all = inOrder(roots);
  // From below: children stand behind their parents.
  for (let at = all.length - 1; at >= 0; at--) {
    const branch = all[at];
    if (branch !== undefined) branch.totals = totalsOf(branch);
  }
  return all;
}

/** All that are their own ancestor. */
function cyclesIn<Span extends TreeSpan>(
  branches: ReadonlyMap<string, Growing<Span>>,
): ReadonlySet<Growing<Span>> {
  const walkOf = new Map<Growing<Span>, number>();
  const found = new Set<Growing<Span>>();
  let walk = 0;
  for (const start of branches.values()) {
    walk++;
    let at: Growing<Span> | undefined = start;
    while (at !== undefined && !walkOf.has(at)) {
      walkOf.set(at, walk);
      at = parentOf(at, branches);
    }
    if (at === undefined || walkOf.get(at) !== walk) continue;
    for (let one: Growing<Span> | undefined = at; one !== undefined && !found.has(one);) {
      found.add(one);
      one = parentOf(one, branches);
    }
  }
  return found;
}

function parentOf<Span extends TreeSpan>(
  { span }: Growing<Span>,
  branches: ReadonlyMap<string, Growing<Span>>,
): Growing<Span> | undefined {
  return span.parent_span_id === null ? undefined : branches.get(span.parent_span_id);
}

/** Without recursion: a chain may be as long as a trace. */
function inOrder<Span extends TreeSpan>(roots: Growing<Span>[]): readonly Growing<Span>[] {
  const order: Growing<Span>[] = [];
  const waiting = roots.toSorted(byStart).toReversed();
  for (let branch = waiting.pop(); branch !== undefined; branch = waiting.pop()) {
    order.push(branch);
    branch.children.sort(byStart);
    for (let at = branch.children.length - 1; at >= 0; at--) {
      const child = branch.children[at];
      if (child === undefined) continue;
      child.depth = branch.depth + 1;
      waiting.push(child);
    }
  }
  return order;
}

const byStart = <Span extends TreeSpan>(a: Growing<Span>, b: Growing<Span>): number =>
  a.span.start - b.span.start;

function totalsOf<Span extends TreeSpan>({ span, children }: Growing<Span>): Totals {
  const below = sumOf(children.map(({ totals }) => totals));
  const told = below.tokens > 0;
  return {
    input: told ? below.input : span.input_tokens,
    output: told ? below.output : span.output_tokens,
    tokens: told ? below.tokens : span.tokens,
    cost: below.cost ?? span.cost,
  };
}

/** Whether its tokens or cost are told by spans below it too: bits of FLAG. */
export function belowOf({ span, children }: Branch<TreeSpan>): number {
  const below = children.some(({ totals }) => totals.tokens > 0);
  const priced = children.some(({ totals }) => totals.cost !== null);
  return (
    (below && span.tokens > 0 ? FLAG.tokensBelow : 0) |
    (priced && span.cost !== null ? FLAG.costBelow : 0)
  );
}

export function sumOf(all: readonly Totals[]): Totals {
  let { input, output, tokens, cost } = NOTHING;
  for (const one of all) {
    input += one.input;
    output += one.output;
    tokens += one.tokens;
    if (one.cost !== null) cost = (cost ?? 0) + one.cost;
  }
  return { input, output, tokens, cost };
}
