// The JSON of a trace, as bytes → its fields, and its spans one after another.
// Invariant: both are as `readTrace` of the whole has them; of a long trace only a few spans are
// in memory at a time.
import { createHash } from "node:crypto";
import { readTrace, WireError, type WireSpan, type WireTrace } from "llmops-observability/wire";
import { isDeeper, READABLE } from "./depth.ts";
import { isList, itemsIn, membersIn, type Range, textOf } from "./json-scan.ts";

/** A trace without its spans; an empty list keeps their place among the keys. */
export type Fields = Omit<WireTrace, "spans"> & { readonly spans: [] };

export interface TraceText {
  readonly fields: Fields;
  /** Each span has an id. */
  readonly isSound: boolean;
  /** The same for the same trace, whichever way it came. */
  digest(): string;
  /** From the first one again at each call. */
  spans(): Iterable<WireSpan>;
}

/** A shorter text is parsed at once. */
export const LONG_BYTES: number = 1024 * 1024;
/** Of a long one so much at a time. */
const PIECE_BYTES = 256 * 1024;

/** @param json of the trace, where it is there already */
export function wholeTrace(trace: WireTrace, json?: string): TraceText {
  return {
    fields: { ...trace, spans: [] },
    isSound: trace.spans.every(hasId),
    digest: () => digestOf(json ?? JSON.stringify(trace)),
    spans: () => trace.spans,
  };
}

/** @throws {WireError | SyntaxError} why it is no trace */
export function longTrace(bytes: Uint8Array): TraceText {
  // Of two with one name the last counts, as in JSON.parse.
  const list = [...membersIn(bytes, 0)].findLast(({ key }) => key === "spans")?.value;
  if (list === undefined || !isList(bytes, list.from))
    throw new WireError(`The trace has no list of "spans".`);
  const [before, after] = [
    { from: 0, to: list.from },
    { from: list.to, to: bytes.length },
  ];
  const head = checkedDepth(`${textOf(bytes, before)}[]${textOf(bytes, after)}`);
  const trace = JSON.parse(head) as object;
  // What a writer left out of the trace is counted from its spans.
  const counted: object[] = [];
  let isSound = true;
  for (const span of spansOf(bytes, list)) {
    const { span_id, span_type, usage, cost, repeats } = span;
    counted.push({ span_id, span_type, usage, cost, repeats });
    isSound &&= hasId(span);
  }
  return {
    fields: { ...readTrace(JSON.stringify({ ...trace, spans: counted })), spans: [] },
    isSound,
    digest: () => digestOf(bytes),
    spans: () => spansOf(bytes, list),
  };
}

function digestOf(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function hasId(span: unknown): boolean {
  if (typeof span !== "object" || span === null) return false;
  const { span_id: id } = span as Partial<WireSpan>;
  return typeof id === "string" && id !== "";
}

function* spansOf(bytes: Uint8Array, list: Range): Generator<WireSpan> {
  let piece: Range | undefined;
  for (const item of itemsIn(bytes, list.from)) {
    piece = { from: piece?.from ?? item.from, to: item.to };
    if (piece.to - piece.from < PIECE_BYTES) continue;
    yield* spansIn(textOf(bytes, piece));
    piece = undefined;
  }
  if (piece !== undefined) yield* spansIn(textOf(bytes, piece));
}

/** @param items with commas between them */
function spansIn(items: string): readonly WireSpan[] {
  return readTrace(checkedDepth(`{"trace_id":"","spans":[${items}]}`)).spans;
}

export function checkedDepth(text: string): string {
  if (isDeeper(text, READABLE)) throw new WireError("It is nested too deeply.");
  return text;
}
