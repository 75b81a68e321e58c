// What each file's functions matched → the globs of the configuration that matched nothing.
// Invariant: true only once all files of a project are added; a mistake gives one finding.
import type { FoundNames } from "../analyze/select.ts";
import type { Config, PlacedFinding, TrackEntry, TrackPattern, Written } from "../config/load.ts";
import { namesExactly } from "../config/matchers.ts";
import { type Code, finding, nearest } from "../diagnostics.ts";
import { basename } from "node:path";

export class Found {
  readonly #entries = new Set<TrackEntry>();
  /** Those about a file whose functions are not known. */
  readonly #unknown = new Set<TrackEntry>();
  readonly #patterns = new Set<TrackPattern>();
  /** Qualified names of functions in files that entries are about. */
  readonly #functions = new Set<string>();

  add({ entries, matched, functions }: FoundNames): void {
    for (const entry of entries) this.#entries.add(entry);
    for (const pattern of matched) this.#patterns.add(pattern);
    if (functions === undefined) for (const entry of entries) this.#unknown.add(entry);
    for (const name of functions ?? []) this.#functions.add(name);
  }

  missing({ entries }: Config): PlacedFinding[] {
    return entries.flatMap((entry) => {
      const { files, patterns } = entry;
      // Its functions are missing with its files.
      if (files !== undefined && !this.#entries.has(entry)) return [report("LLMOPS2005", files)];
      if (this.#unknown.has(entry)) return [];
      return patterns
        .filter((pattern) => !this.#patterns.has(pattern))
        .map(({ glob, written }) => {
          const near = namesExactly(glob) ? nearest(glob, this.#functions) : undefined;
          return report("LLMOPS2003", written, glob, near);
        });
    });
  }
}

function report(
  code: Code,
  { file, jsonPath, range }: Written,
  glob = "",
  near?: string,
): PlacedFinding {
  return {
    ...finding(code, range, [basename(file), jsonPath, glob], near),
    json_path: jsonPath,
    file,
  };
}
