// A program of `tspc --watch` or `tspc -b` and its configuration → an edit of that alone is built.
// Invariant: TypeScript looks at files that its tsconfig names; nothing that is emitted changes.
import { statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config/load.ts";
import { CONFIG_NAME } from "../config/sources.ts";
import type { Compiler, ts } from "../syntax.ts";

/** By tsconfig: ends the watching for the program before. */
const watching = new Map<string, () => void>();
/** By the file that TypeScript keeps its state in: the project's newest file. */
const kept = new Map<string, string>();

export function followEdits(ts: Compiler, program: ts.Program, config: Config): void {
  const options = program.getCompilerOptions();
  const { watch, configFile } = options as unknown as CommandLine;
  const { configFilePath: tsconfig } = options;
  if (typeof tsconfig !== "string") return;
  // A tsconfig that extends our configuration has TypeScript look at it.
  const extended = configFile?.extendedSourceFiles ?? [];
  const paths = config.paths.filter((path) => !extended.includes(path));
  // The first one may come.
  const none = config.paths.length === 0;
  if (watch === true)
    watchPaths(ts, tsconfig, none ? [join(dirname(tsconfig), CONFIG_NAME)] : paths);
  else if (paths.length > 0 && /^--?b(?:uild)?$/i.test(process.argv[2] ?? ""))
    lookAgain(ts, program);
}

/** What it sets, and TypeScript's types leave out. */
interface CommandLine {
  readonly watch?: boolean;
  readonly configFile?: { readonly extendedSourceFiles?: readonly string[] };
}

/** An edit counts as one of the tsconfig, which TypeScript watches itself. */
function watchPaths(ts: Compiler, tsconfig: string, paths: readonly string[]): void {
  watching.get(tsconfig)?.();
  const watchers = paths.map((path) =>
    ts.sys.watchFile?.(path, () => touch(tsconfig, new Date()), 250),
  );
  watching.set(tsconfig, () => {
    for (const watcher of watchers) watcher?.close();
  });
}

/**
 * `tspc -b` loads no plugin where the state of the last build is newer than all files. With a state
 * that is older than one of them it makes the program, and emits what an edit concerns: a look that
 * takes a second or so.
 */
function lookAgain(ts: Compiler, program: ts.Program): void {
  const options = program.getCompilerOptions();
  const { getTsBuildInfoEmitOutputFilePath: pathOf } = ts as Compiler & Internals;
  const state = pathOf?.(options);
  const [newest] = program
    .getRootFileNames()
    .toSorted((a, b) => (modified(b) ?? 0) - (modified(a) ?? 0));
  if (state === undefined || newest === undefined) return;
  // TypeScript writes it last.
  if (kept.size === 0) process.on("exit", makeOlder);
  kept.set(state, newest);
}

/** It is internal, and there from 5.4 to 6.0. */
interface Internals {
  getTsBuildInfoEmitOutputFilePath?(options: ts.CompilerOptions): string | undefined;
}

function makeOlder(): void {
  for (const [state, file] of kept) {
    const time = modified(file);
    if (time !== undefined) touch(state, new Date(time - 1_000));
  }
}

function modified(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function touch(path: string, time: Date): void {
  try {
    utimesSync(path, time, time);
  } catch {
    // It is gone, or not ours to change: the edit is built with the next one of another file.
  }
}
