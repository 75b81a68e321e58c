// `llmops explain FILE[:LINE]` → what is recorded in a file, why not the rest, and its code
// compiled.
// Invariant: the code is what bundlers and Node get; line n of it stands beside line n of the file.
import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { formOf, instrumentIn } from "../../hosts/instrument.ts";
import { openSession } from "../../hosts/session.ts";
import { reported } from "../check/report.ts";
import { compilerFor } from "../project/compiler.ts";
import { nearestWith } from "../project/packages.ts";
import { readTsconfig } from "../project/tsconfig.ts";
import { CommandError, type Terminal } from "../terminal.ts";
import type { Explanation } from "./explanation.ts";
import { type ExplainedFunction, explainedFunctions, parse } from "./functions.ts";
import { explanationText } from "./text.ts";

export interface ExplainOptions {
  readonly json?: boolean;
  readonly diff?: boolean;
}

export function explain(target: string, options: ExplainOptions, terminal: Terminal): number {
  const { path, line } = readTarget(target, terminal.cwd);
  const explanation = explanationOf(path, line, terminal);
  if (options.json === true) terminal.out(`${JSON.stringify(explanation)}\n`);
  else terminal.out(explanationText(explanation, options.diff === true, terminal));
  return explanation.diagnostics.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** `src/pay.ts:12`, also with a column behind it; a file of that whole name goes first. */
function readTarget(target: string, cwd: string): { path: string; line: number | null } {
  const [, name = target, line] = /^(.+?)(?::(\d+))?(?::\d+)?$/s.exec(target) ?? [];
  const whole = statSync(resolve(cwd, target), { throwIfNoEntry: false });
  const path = resolve(cwd, whole === undefined ? name : target);
  const stats = whole ?? statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true)
    throw new CommandError(`${path} is a directory: name a file in it.`);
  if (stats?.isFile() !== true) throw new CommandError(`There is no file ${path}.`);
  if (!/\.[cm]?[jt]sx?$/i.test(path))
    throw new CommandError(`${path} is neither TypeScript nor JavaScript.`);
  return { path, line: whole === undefined && line !== undefined ? Number(line) : null };
}

function explanationOf(path: string, line: number | null, terminal: Terminal): Explanation {
  const ts = compilerFor(terminal);
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  const count = text.split("\n").length;
  if (line !== null && (line < 1 || line > count))
    throw new CommandError(`${path} has ${count} lines, and no line ${line}.`);
  const root = nearestWith(dirname(path), "tsconfig.json", "package.json") ?? dirname(path);
  const session = openSession(readTsconfig(ts, root)?.entry?.config, root);
  const file = parse(ts, path, text);
  const form = formOf(ts, file, path);
  const { record, plan } = session.analyze({ ts, file, strict: form === "esm", form });
  const done = instrumentIn(session, text, { filename: path });
  const all = explainedFunctions({ ts, session, path, text }, record, plan?.sites ?? []);
  const functions = line === null ? all : around(all, line);
  const lines = new Set(functions.map((each) => `${each.line}:${each.column}`));
  const sites = record?.sites ?? [];
  return {
    version: 1,
    file: relative(terminal.cwd, path) || path,
    line,
    config: session.config.path ?? null,
    sites: line === null ? sites : sites.filter((site) => lines.has(`${site.line}:${site.column}`)),
    functions,
    diagnostics: [...session.configDiagnostics, ...(done?.diagnostics ?? [])].map(reported),
    original: text,
    instrumented: done?.code ?? text,
  };
}

/** The innermost function around a line; where none is, those that begin there or after. */
function around(all: readonly ExplainedFunction[], line: number): ExplainedFunction[] {
  const holding = all.filter((each) => each.line <= line && line <= each.end_line);
  const least = Math.min(...holding.map((each) => each.end_line - each.line));
  const inner = holding.filter((each) => each.end_line - each.line === least);
  if (inner.length > 0) return inner;
  // At its comment.
  const next = all.find((each) => each.line > line);
  return next === undefined ? [] : [next];
}
