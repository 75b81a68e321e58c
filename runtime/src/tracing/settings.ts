// What is recorded at present → one mutable record, which the hot path reads.
// Invariant: always usable; before `configure` and the first trace it holds the defaults.
import type { Options } from "../config/table.ts";

interface Recording {
  /** Undefined until the options were read. */
  enabled: boolean | undefined;
  keepErrors: boolean;
  limits: Pick<Options["limits"], "spansPerTrace" | "openTraces">;
  /** Instrumented modules that have run so far, and functions that `track` wraps. */
  modules: number;
}

export const recording: Recording = {
  enabled: undefined,
  keepErrors: false,
  limits: { spansPerTrace: 50_000, openTraces: 64 * 1024 * 1024 },
  modules: 0,
};
