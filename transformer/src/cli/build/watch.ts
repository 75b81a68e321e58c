// Tsconfigs → their code, written again when a source, a tsconfig or a config changes.
// Invariant: an error is reported and the watch goes on, until it is stopped.
import { dirname, join } from "node:path";
import { CONFIG_NAME } from "../../config/sources.ts";
import { openSession } from "../../hosts/session.ts";
import type { Compiler, ts } from "../../syntax.ts";
import type { Tsconfig } from "../project/tsconfig.ts";
import { CommandError, type Terminal } from "../terminal.ts";
import { emitProgram } from "./emit.ts";
import { buildOptions, readsSources } from "./program.ts";
import { reporter } from "./report.ts";

/** A tsconfig and what `--out` says of it. */
export interface Target {
  readonly config: Tsconfig;
  /** Absolute directory. */
  readonly out: string | undefined;
}

/**
 * Ends by `stop`, or with the process.
 * @param project the tsconfig that was asked for
 * @param read the targets as they are now
 */
export async function watch(
  ts: Compiler,
  project: string,
  read: () => readonly Target[],
  terminal: Terminal,
  stop: AbortSignal | undefined,
): Promise<number> {
  let running: Running[] = [];
  const start = (targets: readonly Target[]): void => {
    for (const { close } of running) close();
    tsconfigs.follow(new Set([project, ...targets.flatMap(({ config }) => tsconfigFiles(config))]));
    running = [];
    for (const target of targets) running.push(watchOne(ts, target, terminal));
  };
  const tsconfigs = new Watched(ts, () => {
    try {
      start(read());
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      terminal.err(`${error.message}\n`);
    }
  });
  start(read());
  return new Promise((resolve) => {
    stop?.addEventListener("abort", () => {
      for (const { close } of running) close();
      tsconfigs.follow(new Set());
      resolve(0);
    });
  });
}

interface Running {
  readonly close: () => void;
}

/** The tsconfig and what it extends. */
function tsconfigFiles({ path, options }: Tsconfig): string[] {
  const { extendedSourceFiles = [] } = Object(options.configFile) as {
    extendedSourceFiles?: readonly string[];
  };
  return [path, ...extendedSourceFiles];
}

function watchOne(ts: Compiler, { config, out }: Target, terminal: Terminal): Running {
  const directory = dirname(config.path);
  const report = reporter(ts, terminal);
  // Half of it would say where to write, or not.
  if (report.errors(config)) return { close() {} };
  const options = buildOptions(config.options, config.path, out);
  let latest: ts.Program | undefined;
  const configs = new Watched(ts, () => (latest === undefined ? undefined : emit(latest)));
  const emit = (program: ts.Program): void => {
    latest = program;
    const began = performance.now();
    const session = openSession(config.entry?.config, directory);
    const built = emitProgram(ts, program, session, config.entry?.manifest);
    report.diagnostics(built.diagnostics);
    report.done(built, options.outDir ?? directory, performance.now() - began);
    const { paths, root } = session.config;
    configs.follow(new Set(paths.length > 0 ? paths : [join(root, CONFIG_NAME)]));
  };
  const host = ts.createWatchCompilerHost(
    config.path,
    options,
    ts.sys,
    ts.createAbstractBuilder,
    (found) => report.diagnostics([found]),
    () => {},
  );
  host.afterProgramCreate = (builder) => emit(builder.getProgram());
  // An edit of it begins all anew. TypeScript would keep our options of its former text, and end
  // the process where it cannot read it.
  const ours = new Set(tsconfigFiles(config));
  const { watchFile } = host;
  host.watchFile = (path, ...rest) =>
    ours.has(path) ? { close() {} } : watchFile.call(host, path, ...rest);
  const watching = ts.createWatchProgram(Object.assign(host, readsSources));
  return {
    close() {
      watching.close();
      configs.follow(new Set());
    },
  };
}

/** Between two looks at a file, where the system does not tell of changes. */
const POLL_MS = 250;
/** Editors empty a file before they write it: to read it at once may be too early. */
const WRITTEN_MS = 100;

/** Files that are followed, whether they are there or come. */
class Watched {
  readonly #ts: Compiler;
  readonly #changed: () => void;
  readonly #watchers = new Map<string, ts.FileWatcher>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ts: Compiler, changed: () => void) {
    this.#ts = ts;
    this.#changed = changed;
  }

  /** These, and no others from now on. */
  follow(paths: ReadonlySet<string>): void {
    for (const [path, watcher] of this.#watchers) {
      if (paths.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    if (paths.size === 0) clearTimeout(this.#timer);
    for (const path of paths) {
      if (this.#watchers.has(path)) continue;
      const watcher = this.#ts.sys.watchFile?.(path, () => this.#wait(), POLL_MS);
      if (watcher !== undefined) this.#watchers.set(path, watcher);
    }
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, WRITTEN_MS);
  }
}
