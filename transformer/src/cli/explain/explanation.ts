// `llmops explain --json` → what it writes.
// Invariant: additions alone; line n of the instrumented code is line n of the original.
import type { SiteRecord } from "../../record.ts";
import type { Reported } from "../check/report.ts";
import type { ExplainedFunction } from "./functions.ts";

export interface Explanation {
  readonly version: 1;
  /** Relative to the working directory. */
  readonly file: string;
  readonly line: number | null;
  /** Absolute path. */
  readonly config: string | null;
  readonly sites: readonly SiteRecord[];
  readonly functions: readonly ExplainedFunction[];
  readonly diagnostics: readonly Reported[];
  readonly original: string;
  /** The original, where nothing of it is tracked. */
  readonly instrumented: string;
}
