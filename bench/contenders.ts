// What is measured against what: bare code first, as the base of the ratios, then everything that traces the same calls.
// A contender = its name, its compiled workloads, and how it is run: a session around each block of calls. Add peers here.

/** Functions that each module of workloads exports, and how the report names them. */
export const workloads = { callSync: "sync function", callAsync: "async function" } as const;

export type Workloads = Readonly<
  Record<keyof typeof workloads, (times: number) => number | Promise<number>>
>;

/** What stands around the measured calls; modules in sessions/ export one as `session`. */
export interface Session {
  /** Configures the library under test so that nothing leaves the process. */
  start(): void | Promise<void>;
  /** Opens the trace that one block of calls reports to. */
  open(): void;
  /** Ends that trace and waits until nothing of it is pending. */
  close(): Promise<void>;
  /** Spans recorded since `start`: proves that the calls were traced. */
  recorded(): number;
}

export interface Contender {
  readonly name: string;
  /** Module with the compiled workloads; run.ts makes those of this project in dist/. */
  readonly module: string;
  /** Module with the session; bare code has none. */
  readonly session?: string;
  /** Calls between `open` and `close`: few enough for one trace, long enough for the clock (about 0.1 µs). */
  readonly callsPerBlock: number;
}

export const contenders: readonly Contender[] = [
  { name: "bare", module: "dist/bare/quote.js", callsPerBlock: 100_000 },
  {
    name: "llmops",
    module: "dist/tracked/quote.js",
    session: "sessions/llmops.ts",
    callsPerBlock: 2_000,
  },
];
