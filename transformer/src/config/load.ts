// llmops.config.json, an object or nothing → what matches files and functions, and findings.
// Invariant: never throws for what the files say; a finding points at its key or value.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { finding, type TextRange } from "../diagnostics.ts";
import type { ConfigFinding } from "./check.ts";
import {
  fileMatcher,
  filePatterns,
  type Matches,
  nameMatcher,
  namesExactly,
  type Pattern,
} from "./matchers.ts";
import { mergeOptions, type SiteOptions } from "./options.ts";
import type { RawConfig, RawOptions } from "./schema.ts";
import { collectTexts, CONFIG_NAME, type ConfigText, nearPath, readText } from "./sources.ts";
import { VERSION } from "./version.ts";

/** A finding and the file that it is about. */
export interface PlacedFinding extends ConfigFinding {
  /** Absolute path, or the name of the file where the config is an object. */
  readonly file: string;
}

/** A piece of a configuration, for findings about it. */
interface Written {
  /** As in `PlacedFinding`. */
  readonly file: string;
  readonly jsonPath: string;
  readonly range: TextRange;
}

/** One glob of files or functions that has to match something. */
export interface TrackPattern extends Pick<Pattern, "glob" | "matches"> {
  readonly written: Written;
}

/** An entry of `track`. */
export interface TrackEntry {
  /** `track[0]` */
  readonly jsonPath: string;
  readonly matchesFile: Matches;
  readonly matchesFunction: Matches;
  readonly files: readonly TrackPattern[];
  readonly functions: readonly TrackPattern[];
  readonly options: SiteOptions;
  /** Its functions are named, not matched by globs. */
  readonly exact: boolean;
}

export interface Config {
  /** Absolute path, if it came from a file. */
  readonly path: string | undefined;
  /** All files that it depends on: itself, and what it extends. A missing one may come. */
  readonly paths: readonly string[];
  readonly text: string;
  /** The texts of all, by what findings call their files. */
  readonly texts: ReadonlyMap<string, string>;
  /** Directory that globs and reported file names are relative to. */
  readonly root: string;
  /** Changes when the configuration changes in any way, and with the version of this package. */
  readonly hash: string;
  readonly defaults: SiteOptions;
  readonly entries: readonly TrackEntry[];
  readonly excludes: Matches;
  readonly findings: readonly PlacedFinding[];
}

/**
 * Loads the configuration.
 * @param source an object as in the file, a path relative to `from`, or nothing: searched upwards
 * @param from absolute directory of the project
 */
export function loadConfig(source: RawConfig | string | undefined, from: string): Config {
  if (typeof source === "object") return fromObject(JSON.stringify(source), from);
  const path =
    source === undefined ? findConfig(from) : isAbsolute(source) ? source : resolve(from, source);
  if (path === undefined) return createConfig(undefined, "{}", from);
  const read = readText(path);
  if ("text" in read) return createConfig(path, read.text, dirname(path));
  const near = nearPath(source ?? path, path);
  const unreadable = finding("LLMOPS1103", { start: 0, length: 0 }, [path, read.problem], near);
  const findings = [{ ...unreadable, json_path: "", file: path }];
  return { ...createConfig(undefined, "{}", from), paths: [path], findings };
}

/**
 * The last object: to load it takes as long as to refuse 300 KB of files, and each is asked with
 * it.
 */
let last: { readonly from: string; readonly config: Config } | undefined;

function fromObject(text: string, from: string): Config {
  if (last?.from === from && last.config.text === text) return last.config;
  const config = createConfig(undefined, text, from);
  // What it extends may change on disk.
  if (config.paths.length === 0) last = { from, config };
  return config;
}

/** The path of the nearest `llmops.config.json`. */
export function findConfig(from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const path = join(directory, CONFIG_NAME);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory) return undefined;
  }
}

function createConfig(path: string | undefined, text: string, root: string): Config {
  const { list, paths, findings } = collectTexts(path ?? CONFIG_NAME, text, root);
  const hash = createHash("sha256").update(`${VERSION}\0${path ?? ""}`);
  for (const { file, text: content } of list) hash.update(`\0${file}\0${content}`);
  const excluded = list.flatMap(({ raw }) => raw.exclude ?? []);
  return {
    path,
    paths: [...(path === undefined ? [] : [path]), ...paths],
    text,
    texts: new Map(list.map(({ file, text: content }) => [file, content])),
    root,
    hash: hash.digest("hex").slice(0, 16),
    defaults: mergeOptions(...list.map(({ raw }) => withoutUndefined(raw.defaults ?? {}))),
    entries: list.flatMap((written) => entriesOf(written, root)),
    excludes: excluded.length === 0 ? () => false : fileMatcher(excluded, root),
    findings: [
      ...list.flatMap(({ file, findings: own }) => own.map((found) => ({ ...found, file }))),
      ...findings,
    ],
  };
}

function entriesOf({ raw, file, rangeOf }: ConfigText, root: string): TrackEntry[] {
  return (raw.track ?? []).map(({ files, functions, ...options }, index): TrackEntry => {
    /** Patterns with their places: one of a list has its own. */
    const placed = (
      key: "files" | "functions",
      globs: string | readonly string[],
      patterns: readonly Pattern[],
    ): TrackPattern[] =>
      patterns.map(({ glob, matches, index: item }) => {
        const items = typeof globs === "string" ? [] : [item];
        const jsonPath = `track[${index}].${key}${items.map((at) => `[${at}]`).join("")}`;
        const range = rangeOf("track", index, key, ...items);
        return { glob, matches, written: { file, jsonPath, range } };
      });
    const names = nameMatcher(functions);
    return {
      jsonPath: `track[${index}]`,
      matchesFile: files === undefined ? () => true : fileMatcher(files, root),
      matchesFunction: names.matches,
      files: files === undefined ? [] : placed("files", files, filePatterns(files, root)),
      functions: placed("functions", functions, names.patterns),
      options: withoutUndefined(options),
      exact: namesExactly(functions),
    };
  });
}

/** An undefined key must not hide what an earlier layer says. */
function withoutUndefined(options: RawOptions): SiteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
