// Two traces → their spans side by side, and what is different in each pair.
// Invariant: every span of both is in one pair; ids, times and ids of requests are no differences.
import type { SpanRow } from "../model.ts";
import type { TraceReader } from "../store.ts";
import type { Change, Comparison, Pair } from "../views.ts";
import { align } from "./align.ts";
import { changesBetween, type Room } from "./changes.ts";

type Reads = Pick<TraceReader, "trace" | "spans" | "sites" | "wireSpan">;
type WireSpan = NonNullable<Awaited<ReturnType<Reads["wireSpan"]>>>;

interface Node {
  readonly row: SpanRow;
  readonly site: string | undefined;
  readonly children: Node[];
}

/** Values are read pair by pair: those of two long traces together are hundreds of megabytes. */
type ValuesOf = (
  a: Node,
  b: Node,
) => Promise<readonly [WireSpan | undefined, WireSpan | undefined]>;

/** Undefined: one of them is not there. */
export async function compareTraces(
  reads: Reads,
  a: string,
  b: string,
): Promise<Comparison | undefined> {
  const [rowA, rowB] = [await reads.trace(a), await reads.trace(b)];
  if (rowA === undefined || rowB === undefined) return undefined;
  const pairs: Pair[] = [];
  const valuesOf: ValuesOf = async (one, other) => [
    await reads.wireSpan(a, one.row.span_id),
    await reads.wireSpan(b, other.row.span_id),
  ];
  await pairUp(await treeOf(reads, a), await treeOf(reads, b), valuesOf, pairs);
  const count = (state: Pair["state"]): number =>
    pairs.filter((pair) => pair.state === state).length;
  return {
    a: withoutDetails(rowA),
    b: withoutDetails(rowB),
    summary: {
      same: count("same"),
      changed: count("changed"),
      added: count("added"),
      removed: count("removed"),
      duration_ms: rowB.duration_ms - rowA.duration_ms,
      total_tokens: rowB.total_tokens - rowA.total_tokens,
      cost: difference(rowA.cost, rowB.cost),
      source_changed: pairs.filter(({ source }) => source === "changed").length,
    },
    pairs,
  };
}

function withoutDetails(trace: NonNullable<Awaited<ReturnType<Reads["trace"]>>>): Comparison["a"] {
  const {
    trace_input: _input,
    trace_output: _output,
    metadata: _metadata,
    scores: _scores,
    links: _links,
    dropped: _dropped,
    sdk_name: _name,
    sdk_version: _version,
    parts: _parts,
    ...row
  } = trace;
  return row;
}

async function treeOf(reads: Reads, id: string): Promise<Node[]> {
  const rows = (await reads.spans(id, {}))?.spans ?? [];
  const sites = new Map(await reads.sites(id));
  const roots: Node[] = [];
  /** The branch that leads to the row at hand. */
  const branch: Node[] = [];
  for (const row of rows) {
    const node: Node = { row, site: sites.get(row.span_id), children: [] };
    branch.length = row.depth;
    (branch.at(-1)?.children ?? roots).push(node);
    branch.push(node);
  }
  return roots;
}

/** Of all values in a comparison together. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Depth first, without recursion: traces nest thousands deep. */
async function pairUp(
  a: readonly Node[],
  b: readonly Node[],
  valuesOf: ValuesOf,
  pairs: Pair[],
): Promise<void> {
  const room: Room = { left: MOST_BYTES };
  const waiting = align(a, b, keyOf).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    pairs.push(await pairOf(next.a, next.b, valuesOf, room));
    const below = align(next.a?.children ?? [], next.b?.children ?? [], keyOf);
    for (const pair of below.toReversed()) waiting.push(pair);
  }
}

function keyOf({ row, site }: Node): string {
  return site ?? row.name;
}

async function pairOf(
  a: Node | undefined,
  b: Node | undefined,
  valuesOf: ValuesOf,
  room: Room,
): Promise<Pair> {
  const rows = { a: a?.row ?? null, b: b?.row ?? null };
  const depth = (a ?? b)?.row.depth ?? 0;
  if (a === undefined || b === undefined) {
    const state = a === undefined ? "added" : "removed";
    const delta = { duration_ms: null, total_tokens: null, cost: null };
    return { state, depth, ...rows, source: "unknown", changes: [], delta };
  }
  const [one, other] = await valuesOf(a, b);
  const changes = changesOf(one, other, room);
  const source = sourceOf(one, other);
  return {
    state: changes.length === 0 && source !== "changed" ? "same" : "changed",
    depth,
    ...rows,
    source,
    changes,
    delta: {
      duration_ms: b.row.duration_ms - a.row.duration_ms,
      total_tokens: b.row.total_tokens - a.row.total_tokens,
      cost: difference(a.row.total_cost, b.row.total_cost),
    },
  };
}

function sourceOf(a: WireSpan | undefined, b: WireSpan | undefined): Pair["source"] {
  const [one, other] = [a?.code?.hash, b?.code?.hash];
  if (one === undefined || other === undefined) return "unknown";
  return one === other ? "same" : "changed";
}

function changesOf(
  a: WireSpan | undefined,
  b: WireSpan | undefined,
  room: Room,
): readonly Change[] {
  return a === undefined || b === undefined ? [] : changesBetween(compared(a), compared(b), room);
}

/** What is compared of a span: a stack has line numbers. */
function compared({ error, metadata, ...of }: WireSpan): unknown {
  return {
    input_data: of.input_data ?? null,
    output_data: of.output_data ?? null,
    prompt: of.prompt ?? null,
    response: of.response ?? null,
    error: error == null ? null : { type: error.type, message: error.message },
    model_id: of.model_id ?? null,
    status: of.status,
    metadata: metadata ?? {},
  };
}

function difference(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (b ?? 0) - (a ?? 0);
}

/** Its JSON, part by part: of two traces of 30,000 spans it is 30 MB. */
export function* comparisonJson({ pairs, ...rest }: Comparison): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"pairs":[`;
  for (const [at, pair] of pairs.entries()) yield (at === 0 ? "" : ",") + JSON.stringify(pair);
  yield "]}";
}
