// `llmops build` → the project's code, instrumented, in its output folder.
// Invariant: with an error nothing is written and the exit code is 1; --watch goes on.
import { resolve } from "node:path";
import { openSession } from "../../hosts/session.ts";
import type { Compiler, ts } from "../../syntax.ts";
import { compilerFor } from "../project/compiler.ts";
import { readTsconfig, type Tsconfig, withReferences } from "../project/tsconfig.ts";
import { CommandError, type Terminal } from "../terminal.ts";
import { emitProgram } from "./emit.ts";
import { buildOptions } from "./program.ts";
import { reporter } from "./report.ts";
import { watch } from "./watch.ts";

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
  const main = readTsconfig(ts, path);
  if (main === undefined) throw new CommandError(`There is no tsconfig ${path}: name one by -p.`);
  const outDir = out === undefined ? undefined : resolve(terminal.cwd, out);
  if (watches === true) return watch(ts, main, outDir, terminal, stop);
  // What others depend on is built first.
  const all = withReferences(ts, main).toReversed();
  const results = all
    .filter((config) => config.files.length > 0 || config === main)
    .map((config) => buildOne(ts, config, config === main ? outDir : undefined, terminal));
  return results.every(Boolean) ? 0 : 1;
}

function buildOne(
  ts: Compiler,
  config: Tsconfig,
  out: string | undefined,
  terminal: Terminal,
): boolean {
  const report = reporter(ts, terminal);
  const errors = config.parsed.errors.filter((error) => !isUnknownOption(error));
  if (errors.length > 0) {
    report.diagnostics(errors);
    return false;
  }
  const options = buildOptions(config.options, config.path, out);
  const program = ts.createProgram({
    rootNames: config.parsed.fileNames,
    options,
    ...(config.parsed.projectReferences && { projectReferences: config.parsed.projectReferences }),
  });
  const session = openSession(config.entry?.config, resolve(config.path, ".."));
  const began = performance.now();
  const built = emitProgram(ts, program, session);
  report.diagnostics(built.diagnostics);
  report.done(built, options.outDir ?? resolve(config.path, ".."), performance.now() - began);
  return built.ok;
}

/** TypeScript 7 may know options that the one that emits does not. */
function isUnknownOption({ code }: ts.Diagnostic): boolean {
  return code === 5023 || code === 5025;
}
