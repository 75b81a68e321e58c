// The port of the store: traces in, what pages and commands ask for out. One thread writes.
// Implemented in store/; whoever asks knows no SQL.
import type { WireSpan, WireTrace } from "llmops-observability/wire";
import type {
  Facets,
  FunctionCalls,
  Site,
  SpanPage,
  SpanRow,
  Stats,
  StatsQuery,
  StoreHealth,
  TraceDetail,
  TracePage,
  TraceQuery,
  TraceRow,
  TraceSource,
} from "./model.ts";

/** A trace, or a part of one, as a message or a line held it. */
export interface Incoming {
  readonly trace: WireTrace;
  readonly source: TraceSource;
  /** Which of a trace's messages it is, from 1; absent where it is the only one. */
  readonly part?: number | undefined;
  readonly parts?: number | undefined;
}

export interface IngestResult {
  /** Traces that were not there. */
  readonly imported: number;
  /** Traces that were there, changed by it or not. */
  readonly updated: number;
}

/** Of a file. */
export interface FileResult extends IngestResult {
  /** The first of what could not be read; where there are more, the last says how many. */
  readonly failed: readonly { readonly line: number; readonly message: string }[];
  /** Traces, and what was none. */
  readonly read: number;
  readonly unread: number;
}

/** A span as the wire has it, every key of it, and where it stands in its trace. */
export type StoredSpan = WireTrace["spans"][number] &
  Pick<SpanRow, "depth" | "child_count" | "total_tokens" | "total_cost">;

export interface Snapshot {
  /** First 16 hex digits of SHA-256 of a function's own text. */
  readonly hash: string;
  readonly file: string;
  /** Of the whole file. */
  readonly text: string;
  /** Where the function stands in it, and its lines: later builds have others. */
  readonly site: Site;
}

export interface Match {
  readonly trace_id: string;
  readonly span_id: string;
  /** Where in the span, as a JSON pointer. */
  readonly path: string;
  readonly preview: string;
}

export interface ErrorGroup {
  readonly type: string;
  /** With numbers, ids and quoted texts left out, so that like errors are one. */
  readonly message: string;
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly count: number;
  readonly last_trace_id: string;
  readonly last_span_id: string;
}

/** A query that cannot be read. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /** Of the term, in UTF-16 units from the query's start. */
  readonly position: number;
  /** What was probably meant. */
  readonly hint: string | undefined;

  constructor(message: string, position: number, hint?: string) {
    super(message);
    this.position = position;
    this.hint = hint;
  }
}

/** A `cursor` that no page was answered with. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  override readonly message = "The cursor is not the `next` of a page";
}

/** The store's file cannot be used. The sentence says why. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: "missing" | "newer" | "locked" | "unusable";

  constructor(code: StoreError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** JSON in UTF-8, chunk by chunk. */
export type JsonStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Reads alone: what commands use where no `llmops dev` runs. */
export interface TraceReader {
  /** @throws {QueryError | CursorError} */
  traces(query: TraceQuery): Promise<TracePage>;
  /** Undefined, here and below: there is none. */
  trace(traceId: string): Promise<TraceDetail | undefined>;
  spans(
    traceId: string,
    page: { readonly limit?: number; readonly offset?: number },
  ): Promise<SpanPage | undefined>;
  span(traceId: string, spanId: string): Promise<StoredSpan | undefined>;
  /** As the wire has it. */
  wireSpan(traceId: string, spanId: string): Promise<WireSpan | undefined>;
  /** Of a trace's spans that have one: `[span_id, site]`. */
  sites(traceId: string): Promise<readonly (readonly [string, string])[]>;
  /** As `decode` gives it: joined of all that came. */
  wireTrace(traceId: string): Promise<WireTrace | undefined>;
  /** Spans of a trace whose name or values contain the text. */
  searchTrace(traceId: string, text: string): Promise<{ span_ids: string[]; total: number }>;
  searchValues(ask: { text: string; name?: string; limit?: number }): Promise<readonly Match[]>;
  facets(): Promise<Facets>;
  stats(query: StatsQuery): Promise<Stats>;
  errors(ask: { since?: number; limit?: number }): Promise<readonly ErrorGroup[]>;
  functionCalls(): Promise<readonly FunctionCalls[]>;
  snapshot(hash: string): Promise<Snapshot | undefined>;
  /** Of those hashes that spans in the store carry: the ones without a snapshot. */
  hashesWithoutSnapshot(hashes: readonly string[]): Promise<readonly string[]>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}

export interface Store extends TraceReader {
  /** Resolves after the transaction is in the database's log: `kill -9` loses nothing of it. */
  ingest(traces: readonly Incoming[]): Promise<IngestResult>;
  /** In any of the forms that we know. The bytes are given away. */
  importFile(file: Uint8Array): Promise<FileResult>;
  /** As `spans`, in JSON: 15 MB of 50,000 spans need not be read to be written again. */
  spansJson(
    traceId: string,
    page: { readonly limit?: number; readonly offset?: number },
  ): Promise<JsonStream | undefined>;
  /** As `wireTrace`, in JSON. */
  wireTraceJson(traceId: string): Promise<JsonStream | undefined>;
  keepSnapshots(snapshots: readonly Snapshot[]): Promise<void>;
  /** By ids, or all that match; an empty query is every trace. @returns ids that were deleted */
  remove(which: { ids: readonly string[] } | { q: string }): Promise<readonly string[]>;
  /** Called after each change, in order, with what the list shows now. @returns how to stop it */
  onChange(listener: (change: StoreChange) => void): () => void;
}

export interface StoreChange {
  readonly changed: readonly TraceRow[];
  /** Deleted, or evicted for the cap. */
  readonly removed: readonly string[];
  /** Hashes of functions' texts that came in with these spans. */
  readonly hashes: readonly string[];
}
