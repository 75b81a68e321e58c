// `llmops check --json` and findings → what it writes.
// Invariant: additions alone; paths are absolute but for those of sites.
import type { Diagnostic } from "../../diagnostics.ts";
import type { Verdict } from "./faults.ts";
import type { SurveyedSite } from "./survey.ts";

export interface Report {
  readonly version: 1;
  /** Absolute. */
  readonly root: string;
  /** Absolute path of the config. */
  readonly config: string | null;
  readonly host: { readonly detected: readonly string[]; readonly verdicts: readonly Verdict[] };
  readonly sites: readonly SurveyedSite[];
  readonly diagnostics: readonly Reported[];
  readonly totals: Totals;
  readonly took_ms: number;
}

interface Totals {
  readonly files: number;
  /** Functions with a body. */
  readonly functions: number;
  readonly tracked: number;
  /** Selected, and left untouched. */
  readonly skipped: number;
  readonly errors: number;
  readonly warnings: number;
}

/** A finding in JSON: what may be missing is null there. */
export interface Reported extends Omit<Diagnostic, "suggestion"> {
  readonly suggestion: string | null;
}

export function reported(found: Diagnostic): Reported {
  return { ...found, suggestion: found.suggestion ?? null };
}
