// What the viewer's API answers, its page and its commands read, and MCP tells: names as in JSON.
// Times are Unix seconds (float) as on the wire, durations whole ms, money US dollars; what is not there is null.

export type Status = "success" | "error" | "running";
export type TraceSource = "sqs" | "spool" | "otlp" | "import";

/** A trace in the list. */
export interface TraceRow {
  readonly trace_id: string;
  readonly name: string;
  readonly project_id: string | null;
  readonly environment: string | null;
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly status: Status;
  readonly started: number;
  readonly duration_ms: number;
  readonly spans: number;
  /** Spans that failed. */
  readonly errors: number;
  readonly generations: number;
  readonly models: readonly string[];
  readonly tags: readonly string[];
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly cost: number | null;
  /** Of the first span that failed, and did not only hand an error up. */
  readonly error: { readonly type: string; readonly message: string } | null;
  /** Of its input or first prompt, at most 200 characters. */
  readonly preview: string | null;
  readonly source: TraceSource;
  /** The store dropped its values: it alone was larger than the cap. */
  readonly truncated: boolean;
  readonly unfinished: boolean;
  /** When it was last changed here. */
  readonly updated: number;
}

/** A trace, without its spans. */
export interface TraceDetail extends TraceRow {
  readonly trace_input: unknown;
  readonly trace_output: unknown;
  readonly metadata: unknown;
  readonly scores: readonly unknown[];
  readonly links: readonly unknown[];
  readonly dropped: unknown;
  readonly sdk_name: string | null;
  readonly sdk_version: string | null;
  /** Messages of it that have come, and that there are. */
  readonly parts: { readonly have: number; readonly of: number };
}

/** A span in the waterfall. */
export interface SpanRow {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  readonly kind: "span" | "generation";
  readonly depth: number;
  /** After its trace's, in ms (float). */
  readonly start: number;
  readonly duration_ms: number;
  readonly status: "success" | "error" | "running";
  readonly level: string | null;
  readonly model: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost: number | null;
  /** With all below it; a token counts once. */
  readonly total_tokens: number;
  readonly total_cost: number | null;
  readonly child_count: number;
  readonly fn: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly truncated: boolean;
  readonly unfinished: boolean;
  /** Its parent is not here, or is below it. */
  readonly orphan: boolean;
}

/** What the list can be sorted by. */
export const SORT_KEYS = [
  "started",
  "duration",
  "cost",
  "tokens",
  "spans",
  "errors",
  "name",
] as const;

export type SortKey = (typeof SORT_KEYS)[number];

export interface TraceQuery {
  /** In the query language. */
  readonly q?: string;
  /** @default "started" */
  readonly sort?: SortKey;
  /** @default "desc" */
  readonly order?: "asc" | "desc";
  /** 1–500. @default 50 */
  readonly limit?: number;
  readonly cursor?: string;
  /** Changed here at or after, in Unix seconds. */
  readonly since?: number;
}

export interface TracePage {
  readonly traces: readonly TraceRow[];
  readonly total: number;
  readonly next: string | null;
  readonly took_ms: number;
}

export interface SpanPage {
  readonly total: number;
  readonly spans: readonly SpanRow[];
  readonly next: number | null;
}

export interface Facet {
  readonly value: string;
  readonly count: number;
}

export type FacetName =
  | "project"
  | "env"
  | "model"
  | "tag"
  | "name"
  | "fn"
  | "user"
  | "session"
  | "status";

export type Facets = Readonly<Record<FacetName, readonly Facet[]>>;

export type StatsBy = "model" | "project" | "env" | "name" | "fn";

export interface StatsQuery {
  readonly by?: StatsBy;
  readonly from?: number;
  readonly to?: number;
  /** Seconds of a bucket. @default chosen by the range */
  readonly bucket?: number;
}

export interface StatsTotals {
  readonly count: number;
  readonly errors: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

export interface Stats {
  readonly from: number;
  readonly to: number;
  readonly bucket_s: number;
  readonly series: readonly {
    readonly key: string;
    readonly points: readonly (StatsTotals & { readonly t: number })[];
    readonly totals: StatsTotals;
  }[];
  readonly totals: StatsTotals;
}

/** What the store holds and where. */
export interface StoreHealth {
  readonly path: string;
  /** Of the database and its log. */
  readonly bytes: number;
  readonly max_bytes: number;
  readonly traces: number;
  readonly spans: number;
  /** Traces that were deleted for the cap. */
  readonly evicted: number;
  readonly schema: number;
}

/** A function's calls in the store. Coverage is made of these and of the manifests. */
export interface FunctionCalls {
  readonly site: string | null;
  readonly function: string;
  readonly file: string | null;
  /** Hashes of the function's text that its spans carry. */
  readonly hashes: readonly string[];
  readonly hits: number;
  readonly errors: number;
  readonly last_seen: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly captures: readonly {
    readonly name: string;
    readonly seen: number;
    readonly unset: number;
    readonly truncated: number;
    readonly redacted: number;
  }[];
}

/** A tracked function, as a manifest names it (see docs/manifest.md). */
export interface Site {
  /** `src/pay.ts#Shop.pay`; the second one of that name is `src/pay.ts#Shop.pay~2`. */
  readonly id: string;
  readonly function: string;
  readonly name: string;
  readonly kind: "span" | "generation";
  /** From 1, as columns. */
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  /** Its own text, in UTF-16 units of the file. */
  readonly start: number;
  readonly end: number;
  /** First 16 hex digits of SHA-256 of its own text. */
  readonly hash: string;
  readonly tag: string | null;
  readonly from: "tag" | "config";
  readonly captures: "*" | readonly string[];
  readonly params: readonly { readonly name: string; readonly line: number }[];
  readonly locals: readonly { readonly name: string; readonly lines: readonly number[] }[];
  readonly skipped: { readonly code: string; readonly message: string } | null;
}
