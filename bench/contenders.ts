// Who is measured, and what each of them records: bare code first, then the floor, this project three times, and the peers.
// A contender = which build of the workloads it runs, and its session. To add a peer: a row here, a file in peers/, a dependency.

// A bound that every function meets and that can be called, as in TypeScript's own `ReturnType`.
// oxlint-disable-next-line typescript/no-explicit-any
export type Callable = (...args: any[]) => any;

/** What stands around the measured calls; modules in sessions/ and peers/ export one as `session`. */
export interface Session {
  /** Configures the library under test to deliver to the collector at this address (`http://127.0.0.1:port`). */
  start(collector: string): void | Promise<void>;
  /** Makes a function a tracked one; left out where the build has done so. */
  readonly wrap?: <F extends Callable>(fn: F, name: string) => F;
  /** Runs `body` inside an open trace, which ends when `body` settles. */
  trace(body: () => Promise<void>): Promise<void>;
  /** Spans that its queue holds: it drops others, unless it is flushed before. @default no limit */
  readonly queue?: number;
  /** Resolves when all that was recorded is delivered. */
  flush(): Promise<void>;
}

export interface Contender {
  readonly key: string;
  readonly title: string;
  /** The workloads as tsc emits them, or compiled by one of our emitters (see prepare.ts). */
  readonly build: "bare" | "ast" | "text";
  readonly session: string;
  /** Delivers nothing, so nothing is counted at the collector. */
  readonly local?: true;
  /** What a span holds and how it leaves, for the note below the table. */
  readonly records: string;
}

const OURS = "arguments, result, named locals, place in the source, times, ids; gzip over HTTP";

export const contenders: readonly Contender[] = [
  {
    key: "bare",
    title: "uninstrumented",
    build: "bare",
    session: "sessions/bare.ts",
    local: true,
    records: "nothing",
  },
  {
    key: "naive",
    title: "naive floor",
    build: "bare",
    session: "sessions/naive.ts",
    local: true,
    records:
      "AsyncLocalStorage.run, two clock reads, JSON.stringify of arguments and result, an object that refers to its parent; no ids, no locals, no limits, no masking; thrown away, never delivered",
  },
  {
    key: "ast",
    title: "llmops, compiled (AST)",
    build: "ast",
    session: "sessions/llmops.ts",
    records: OURS,
  },
  {
    key: "text",
    title: "llmops, compiled (text)",
    build: "text",
    session: "sessions/llmops.ts",
    records: "the same",
  },
  {
    key: "track",
    title: "llmops, `track()`",
    build: "bare",
    session: "sessions/track.ts",
    records: "the same without locals and place",
  },
  {
    key: "otel",
    title: "OpenTelemetry by hand",
    build: "bare",
    session: "peers/opentelemetry.ts",
    records:
      "arguments and result as JSON attributes, times, ids; BatchSpanProcessor, OTLP/HTTP JSON; no locals, no limits, no masking",
  },
  {
    key: "langfuse",
    title: "Langfuse `observe`",
    build: "bare",
    session: "peers/langfuse.ts",
    records: "arguments and result, times, ids; OpenTelemetry's batches, OTLP/HTTP JSON",
  },
  {
    key: "langsmith",
    title: "LangSmith `traceable`",
    build: "bare",
    session: "peers/langsmith.ts",
    records: "arguments and result, times, ids; multipart batches",
  },
  {
    key: "opik",
    title: "Opik `track`",
    build: "bare",
    session: "peers/opik.ts",
    records: "arguments and result, times, ids; JSON batches",
  },
];
