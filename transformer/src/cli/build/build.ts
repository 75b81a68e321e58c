// `llmops build` → the project's code, instrumented, in its output folder.
// Invariant: with an error nothing is written and the exit code is 1; --watch goes on.
import { resolve } from "node:path";
import { openSession } from "../../hosts/session.ts";
import type { Compiler } from "../../syntax.ts";
import { compilerFor } from "../project/compiler.ts";
import { readTsconfig, type Tsconfig, tsconfigAt, withReferences } from "../project/tsconfig.ts";
import { CommandError, type Terminal } from "../terminal.ts";
import { emitProgram } from "./emit.ts";
import { buildOptions, hostOf } from "./program.ts";
import { reporter } from "./report.ts";
import { type Target, watch } from "./watch.ts";

export interface BuildOptions {
  readonly project?: string;
  readonly out?: string;
  readonly watch?: boolean;
}

/** @param stop ends a watch */
export async function build(
  { project = "tsconfig.json", out, watch: watches }: BuildOptions,
  terminal: Terminal,
  stop?: AbortSignal,
): Promise<number> {
  const ts = compilerFor(terminal);
  const path = resolve(terminal.cwd, project);
  const outDir = out === undefined ? undefined : resolve(terminal.cwd, out);
  const read = (): Target[] => targetsOf(ts, path, outDir);
  if (watches === true) return watch(ts, tsconfigAt(path), read, terminal, stop);
  const results = read().map((target) => buildOne(ts, target, terminal));
  return results.every(Boolean) ? 0 : 1;
}

/** @param out of the project itself: those that it references have their own */
function targetsOf(ts: Compiler, path: string, out: string | undefined): Target[] {
  const main = readTsconfig(ts, path);
  if (main === undefined) throw new CommandError(`There is no tsconfig ${path}: name one by -p.`);
  const all = withReferences(ts, main);
  const paths = new Set(all.map((config) => config.path));
  for (const config of all)
    for (const reference of config.references)
      if (!paths.has(reference))
        throw new CommandError(
          `There is no tsconfig ${reference}, which ${config.path} references.`,
        );
  // What others depend on is built first.
  return all
    .toReversed()
    .filter((config) => config.hasFiles || (config === main && !isSolution(config)))
    .map((config) => ({ config, out: config === main ? out : undefined }));
}

/** A tsconfig that only names others. */
function isSolution({ references, parsed }: Tsconfig): boolean {
  return references.length > 0 && parsed.fileNames.length === 0;
}

function buildOne(ts: Compiler, { config, out }: Target, terminal: Terminal): boolean {
  const report = reporter(ts, terminal);
  if (report.errors(config)) return false;
  const options = buildOptions(config.options, config.path, out);
  const program = ts.createProgram({
    rootNames: config.parsed.fileNames,
    options,
    host: hostOf(ts, options),
    ...(config.parsed.projectReferences && { projectReferences: config.parsed.projectReferences }),
  });
  const session = openSession(config.entry?.config, resolve(config.path, ".."));
  const began = performance.now();
  const built = emitProgram(ts, program, session, config.entry?.manifest);
  report.diagnostics(built.diagnostics);
  report.done(built, options.outDir ?? resolve(config.path, ".."), performance.now() - began);
  return built.ok;
}
