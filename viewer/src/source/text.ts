// A span's place, the manifest's site, the disk and what was kept → the text to show, and whether it
// is the one that ran.
// Invariant: `same` is said only of a text with the span's hash.
import type { Site } from "../model.ts";
import type { Snapshot } from "../store.ts";
import type { SourceState, Warning } from "../views.ts";
import { findByHash, findText, guessRange, type Range } from "./function-text.ts";
import type { Code } from "./manifests.ts";

/** The text that is shown, and where the function stands in it. */
export interface ShownText {
  readonly state: SourceState;
  readonly text: string;
  readonly range: Range;
  /** Of this very text, perhaps in another place of it. */
  readonly site: Site | undefined;
  readonly warnings: readonly Warning[];
}

export const MESSAGES: Readonly<Record<SourceState, string>> = {
  same: "This is the text that ran.",
  changed: "The source has changed since this run.",
  missing: "The file is not there any more.",
  unknown: "Whether this is the text that ran is not known.",
  outside: "The file is outside of the project.",
};

const NO_HASH: Warning = {
  code: "no_hash",
  message:
    "The span carries no hash of its function, or no manifest names it: compile with llmops-transformer.",
};
const SOURCE_CHANGED: Warning = {
  code: "source_changed",
  message: "This is the text on disk now; another one ran.",
};
const NO_FILE: Warning = { code: "no_file", message: "This text was kept when it ran." };

/** Undefined: there is no text. */
export function textFor(
  code: Code,
  site: Site | undefined,
  disk: string | undefined,
  snapshot: Snapshot | undefined,
): ShownText | undefined {
  const kept = snapshot === undefined ? undefined : keptText(snapshot);
  if (disk === undefined) return kept && { ...kept, state: "missing", warnings: [NO_FILE] };
  const now = site && findByHash(disk, site.hash, site);
  const { hash } = code;
  if (hash === undefined || (site === undefined && kept === undefined)) {
    const range = now ?? guessRange(disk, code.line, code.column);
    return { state: "unknown", text: disk, range, site: now && site, warnings: [NO_HASH] };
  }
  if (site?.hash === hash && now !== undefined)
    return { state: "same", text: disk, range: now, site, warnings: [] };
  if (kept !== undefined) {
    const range = findText(disk, kept.text.slice(kept.range.start, kept.range.end));
    if (range !== undefined) return { ...kept, state: "same", text: disk, range, warnings: [] };
    return { ...kept, state: "changed", warnings: [] };
  }
  const range = now ?? guessRange(disk, code.line, code.column);
  return { state: "changed", text: disk, range, site: now && site, warnings: [SOURCE_CHANGED] };
}

function keptText({ text, site }: Snapshot): Pick<ShownText, "text" | "range" | "site"> {
  return { text, range: { start: site.start, end: site.end }, site };
}
