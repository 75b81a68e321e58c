// What a plugin was given as its options → an error for the first that is wrong.
// Invariant: no misspelt option is taken in silence, and each error names the option and the code.
import { globProblem } from "../../config/matchers.ts";
import { nearest, sentence } from "../../diagnostics.ts";
import type { Pattern, PluginOptions } from "./options.ts";

/** What is wrong with a value, as the end of a sentence. */
export type Problem = (value: unknown) => string | undefined;

const must =
  (be: string, holds: (value: unknown) => boolean): Problem =>
  (value) =>
    holds(value) ? undefined : `must be ${be}`;

const isFlag = (value: unknown): boolean => typeof value === "boolean";
const isPath = (value: unknown): boolean => typeof value === "string" && value !== "";
const isPattern = (value: unknown): value is Pattern =>
  isPath(value) || Object.prototype.toString.call(value) === "[object RegExp]";

const filterProblem: Problem = (value) => {
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!patterns.every(isPattern)) return "must be a glob, an expression, or a list of these";
  for (const pattern of patterns) {
    const problem = typeof pattern === "string" ? globProblem(pattern) : undefined;
    if (problem !== undefined) return `cannot be used: ${problem}`;
  }
  return undefined;
};

const PROBLEMS: Readonly<Record<keyof PluginOptions, Problem>> = {
  // A list is a configuration that is wrong, which says more.
  config: must(
    "a path or an object",
    (value) => isPath(value) || (typeof value === "object" && value !== null),
  ),
  include: filterProblem,
  exclude: filterProblem,
  manifest: must("a path, true or false", (value) => isFlag(value) || isPath(value)),
  cache: must("true or false", isFlag),
  enabled: must("true or false", isFlag),
};

/**
 * @param needed what the host takes beside the plugin's own, and cannot do without
 * @throws Error with the code LLMOPS1203 for an unknown option or a wrong value
 */
export function checkOptions(
  options: unknown = {},
  needed: Readonly<Record<string, Problem>> = {},
): void {
  if (typeof options !== "object" || options === null) throw wrong("options", "must be an object");
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const checks = new Map(Object.entries({ ...PROBLEMS, ...needed }));
  for (const name of given.keys())
    if (!checks.has(name)) throw wrong(name, "is unknown", nearest(name, checks.keys()));
  for (const [name, problemOf] of checks) {
    const problem =
      given.has(name) || Object.hasOwn(needed, name) ? problemOf(given.get(name)) : undefined;
    if (problem !== undefined) throw wrong(name, problem);
  }
}

function wrong(name: string, problem: string, near?: string): Error {
  return new Error(sentence("LLMOPS1203", [name, problem], near));
}
