// A tsconfig → its code, written again when a source, the tsconfig or the config changes.
// Invariant: an error is reported and the watch goes on, until it is stopped.
import { dirname, isAbsolute } from "node:path";
import { openSession } from "../../hosts/session.ts";
import type { Compiler, ts } from "../../syntax.ts";
import type { Tsconfig } from "../project/tsconfig.ts";
import type { Terminal } from "../terminal.ts";
import { emitProgram } from "./emit.ts";
import { buildOptions } from "./program.ts";
import { reporter } from "./report.ts";

/** Ends by `stop`, or with the process. */
export async function watch(
  ts: Compiler,
  config: Tsconfig,
  out: string | undefined,
  terminal: Terminal,
  stop: AbortSignal | undefined,
): Promise<number> {
  const directory = dirname(config.path);
  const options = buildOptions(config.options, config.path, out);
  const report = reporter(ts, terminal);
  const watched = new Map<string, ts.FileWatcher>();
  let latest: ts.Program | undefined;
  const emit = (program: ts.Program): void => {
    latest = program;
    const began = performance.now();
    const session = openSession(config.entry?.config, directory);
    const built = emitProgram(ts, program, session);
    report.diagnostics(built.diagnostics);
    report.done(built, options.outDir ?? directory, performance.now() - began);
    for (const path of session.config.texts.keys()) {
      // One that stands in the tsconfig has no file of its own.
      if (!isAbsolute(path) || watched.has(path)) continue;
      const again = (): void => (latest === undefined ? undefined : emit(latest));
      watched.set(path, ts.sys.watchFile?.(path, again, POLL_MS) ?? { close() {} });
    }
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
  const watching = ts.createWatchProgram(host);
  return new Promise((resolve) => {
    stop?.addEventListener("abort", () => {
      watching.close();
      for (const watcher of watched.values()) watcher.close();
      resolve(0);
    });
  });
}

/** Between two looks at a file, where the system does not tell of changes. */
const POLL_MS = 250;
