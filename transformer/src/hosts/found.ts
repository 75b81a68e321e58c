// What each file's functions matched → the globs of the configuration that matched nothing.
// Invariant: true only once all files of a project are added; a mistake gives one finding.
import type { FoundNames } from "../analyze/select.ts";
import type { Config, PlacedFinding, TrackEntry, TrackPattern } from "../config/load.ts";
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

  /** @param path of the file, absolute */
  add({ entries, matched, functions }: FoundNames, path: string): void {
    for (const entry of entries) {
      this.#entries.add(entry);
      for (const pattern of entry.files)
        if (!this.#patterns.has(pattern) && pattern.matches(path)) this.#patterns.add(pattern);
    }
    for (const pattern of matched) this.#patterns.add(pattern);
    if (functions === undefined) for (const entry of entries) this.#unknown.add(entry);
    for (const name of functions ?? []) this.#functions.add(name);
  }

  missing({ entries }: Config): PlacedFinding[] {
    return entries.flatMap((entry) => {
      const files = this.#unmatched(entry.files).map((pattern) => report("LLMOPS2005", pattern));
      // Its functions are missing with its files.
      if (!this.#entries.has(entry) && files.length > 0) return files;
      if (this.#unknown.has(entry)) return files;
      const functions = this.#unmatched(entry.functions).map((pattern) => {
        const { glob } = pattern;
        const near = namesExactly(glob) ? nearest(glob, this.#functions) : undefined;
        return report("LLMOPS2003", pattern, near);
      });
      return [...files, ...functions];
    });
  }

  #unmatched(patterns: readonly TrackPattern[]): TrackPattern[] {
    return patterns.filter((pattern) => !this.#patterns.has(pattern));
  }
}

function report(code: Code, { glob, written }: TrackPattern, near?: string): PlacedFinding {
  const { file, jsonPath, range } = written;
  return {
    ...finding(code, range, [basename(file), jsonPath, glob], near),
    json_path: jsonPath,
    file,
  };
}
