// What the viewer makes of spans and manifests, as its API answers it: source with values, chat,
// comparison, coverage; and how its parts are. Names as in JSON; what is not there is null.
import type { Match, ErrorGroup, StoredSpan } from "./store.ts";
import type { SpanRow, StoreHealth, TraceRow } from "./model.ts";

export interface Warning {
  readonly code: string;
  readonly message: string;
}

export interface SourceLine {
  readonly line: number;
  readonly text: string;
}

export type ValuePhase = "argument" | "local" | "self" | "return" | "error";

/** A recorded value, and the line that it stands at. */
export interface SourceValue {
  /** The last line that assigned it. */
  readonly line: number;
  readonly name: string;
  readonly phase: ValuePhase;
  readonly value: unknown;
  /** At most 200 characters. */
  readonly preview: string;
  readonly truncated: boolean;
  /** Of its JSON, in bytes; of the whole value where it was cut and that is known. */
  readonly size: number;
  readonly redacted: boolean;
  /** It was never assigned. */
  readonly unset: boolean;
  readonly all_lines: readonly number[];
}

export interface FailingLine {
  readonly line: number;
  readonly column: number | null;
  readonly type: string;
  readonly message: string;
}

/**
 * Same: the function's text is the one that ran. Changed: it is not. Missing: no such file.
 * Unknown: the span has no hash, or no manifest is there. Outside: the path leaves its root.
 */
export type SourceState = "same" | "changed" | "missing" | "unknown" | "outside";

export interface SourceView {
  readonly state: SourceState;
  readonly message: string;
  /** Relative to `root`. */
  readonly file: string | null;
  readonly root: string | null;
  readonly language: string;
  readonly start_line: number | null;
  readonly end_line: number | null;
  readonly lines: readonly SourceLine[];
  readonly values: readonly SourceValue[];
  readonly failing: FailingLine | null;
  /** Line n is what became of line n of `lines`. */
  readonly instrumented: {
    readonly lines: readonly SourceLine[];
    readonly note: string | null;
  } | null;
  readonly site: string | null;
  readonly warnings: readonly Warning[];
}

export type ChatPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_call";
      readonly id: string | null;
      readonly name: string;
      readonly arguments: unknown;
    }
  | { readonly type: "tool_result"; readonly id: string | null; readonly text: string }
  | {
      readonly type: "image";
      readonly media_type: string | null;
      readonly bytes: number | null;
      readonly data?: string;
    }
  | { readonly type: "reasoning"; readonly text: string };

export type ChatRole = "system" | "user" | "assistant" | "tool";

export interface ChatMessage {
  readonly role: ChatRole;
  readonly parts: readonly ChatPart[];
}

export interface ChatView {
  readonly messages: readonly ChatMessage[];
  readonly model: string | null;
  readonly finish_reason: string | null;
  readonly usage: StoredSpan["usage"];
  readonly cost: StoredSpan["cost"];
  readonly stream: StoredSpan["stream"] | null;
  /** Made of the call's messages, or of the recorded texts alone. */
  readonly source: "input" | "prompt";
}

export interface Change {
  /** A JSON pointer into the span. */
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
  readonly kind: "changed" | "added" | "removed";
}

export interface Pair {
  readonly state: "same" | "changed" | "added" | "removed";
  readonly depth: number;
  readonly a: SpanRow | null;
  readonly b: SpanRow | null;
  readonly source: "same" | "changed" | "unknown";
  readonly changes: readonly Change[];
  /** b − a. */
  readonly delta: {
    readonly duration_ms: number | null;
    readonly total_tokens: number | null;
    readonly cost: number | null;
  };
}

export interface Comparison {
  readonly a: TraceRow;
  readonly b: TraceRow;
  readonly summary: {
    readonly same: number;
    readonly changed: number;
    readonly added: number;
    readonly removed: number;
    /** These three: b − a. */
    readonly duration_ms: number;
    readonly total_tokens: number;
    readonly cost: number | null;
    /** Pairs whose function has another text. */
    readonly source_changed: number;
  };
  readonly pairs: readonly Pair[];
}

export interface CaptureCounts {
  readonly name: string;
  readonly seen: number;
  readonly unset: number;
  readonly truncated: number;
  readonly redacted: number;
}

export interface CoveredFunction {
  readonly site: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly kind: "span" | "generation";
  readonly tag: string | null;
  readonly from: "tag" | "config";
  readonly state: "hit" | "never" | "skipped";
  /** It was hit, but not since its text changed. */
  readonly stale: boolean;
  readonly hits: number;
  readonly errors: number;
  readonly last_seen: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly captures: readonly CaptureCounts[];
  readonly skipped: { readonly code: string; readonly message: string } | null;
}

export interface Coverage {
  readonly manifests: readonly {
    readonly path: string;
    readonly root: string;
    readonly built_at: number;
    readonly adapter: string;
    readonly sites: number;
  }[];
  readonly functions: readonly CoveredFunction[];
  /** Functions of spans that no manifest names. */
  readonly unknown: readonly {
    readonly function: string;
    readonly file: string | null;
    readonly hits: number;
  }[];
  readonly totals: {
    readonly functions: number;
    readonly hit: number;
    readonly never: number;
    readonly skipped: number;
    readonly truncated: number;
    readonly redacted: number;
    /** hit / (hit + never), from 0 to 100; null where no manifest names a function. */
    readonly percent: number | null;
  };
}

export interface WayCounts {
  readonly received: number;
  readonly stored: number;
  readonly failed: number;
  readonly last_error: string | null;
  readonly last_at: number | null;
}

export interface Pipeline {
  readonly queue: {
    readonly url: string;
    readonly state: "up" | "down";
    readonly visible: number;
    readonly in_flight: number;
    readonly delayed: number;
    readonly dead: number;
  };
  readonly ingest: {
    readonly sqs: WayCounts;
    readonly spool: WayCounts;
    readonly otlp: WayCounts;
    readonly import: WayCounts;
  };
  readonly sinks: readonly {
    readonly name: string;
    readonly state: "ok" | "failing" | "off";
    readonly delivered: number;
    readonly failed: number;
    readonly last_error: string | null;
    readonly last_at: number | null;
  }[];
  readonly store: {
    readonly bytes: number;
    readonly max_bytes: number;
    readonly evicted: number;
    readonly state: "ok" | "failing";
  };
  readonly child: {
    readonly command: string;
    readonly pid: number | null;
    readonly state: "running" | "exited";
    readonly exit_code: number | null;
  } | null;
}

export interface DeadMessage {
  readonly id: string;
  readonly reason: string;
  readonly received_at: number;
  readonly preview: string;
  readonly bytes: number;
}

export interface Health {
  readonly name: "llmops-dev";
  readonly version: string;
  readonly pid: number;
  readonly root: string;
  readonly url: string;
  readonly started_at: number;
  readonly db: StoreHealth;
  readonly sqs_url: string;
}

/** The events of `GET /api/events`, by name. */
export interface Events {
  readonly hello: { readonly version: string; readonly total: number };
  readonly trace: { readonly trace: TraceRow };
  readonly removed: { readonly trace_ids: readonly string[] };
  readonly pipeline: Pipeline;
  /** Too much was missed: ask for the list again. */
  readonly reset: Readonly<Record<string, never>>;
}

export interface ApiError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly field?: string;
    readonly position?: number;
  };
}

export type { ErrorGroup, Match };
