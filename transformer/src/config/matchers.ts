// Globs of the configuration → tests of files and of qualified names.
// Invariant: paths are relative to the configuration, with forward slashes on every system.
import { relative, sep } from "node:path";
import picomatch from "picomatch";

type Globs = string | readonly string[];
export type Matches = (name: string) => boolean;

/** `!glob` in a list takes out what others of it take in. */
const isNegated = (glob: string): boolean => /^!(?!\()/.test(glob);

export function fileMatcher(globs: Globs, root: string): Matches {
  const matches = listMatcher([globs].flat(), matcherOfFiles);
  return (path) => matches(relativePath(path, root));
}

/** Of absolute paths. */
export function filePatterns(globs: Globs, root: string): readonly Pattern[] {
  return patternsOf([globs].flat(), (glob) => {
    const matches = matcherOfFiles(glob);
    return (path) => matches(relativePath(path, root));
  });
}

function matcherOfFiles(glob: string): Matches {
  return picomatch(glob.replace(/^\.\//, ""), { dot: true });
}

function listMatcher(globs: readonly string[], matcherOf: (glob: string) => Matches): Matches {
  const [within, without] = [false, true].map((negated) =>
    globs
      .filter((glob) => isNegated(glob) === negated)
      .map((glob) => matcherOf(negated ? glob.slice(1) : glob)),
  ) as [Matches[], Matches[]];
  return (name) =>
    (within.length === 0 || within.some((matches) => matches(name))) &&
    !without.some((matches) => matches(name));
}

/** A glob that has to match something: those with `!` need not. */
export interface Pattern {
  readonly glob: string;
  /** Its place in a list. */
  readonly index: number;
  readonly matches: Matches;
}

function patternsOf(list: readonly string[], matcherOf: (glob: string) => Matches): Pattern[] {
  return list
    .map((glob, index) => ({ glob, index, matches: matcherOf(glob) }))
    .filter(({ glob }) => !isNegated(glob));
}

interface NameMatcher {
  readonly matches: Matches;
  readonly patterns: readonly Pattern[];
}

export function nameMatcher(globs: Globs): NameMatcher {
  const list = [globs].flat();
  return {
    matches: listMatcher(list, matcherOfNames),
    patterns: patternsOf(list, matcherOfNames),
  };
}

/** A dot separates names like a slash paths: `Agent.*` is every method, `**` every function. */
function matcherOfNames(glob: string): Matches {
  // Members may be named "", "..", or with several lines, which are no paths.
  if (glob === "**") return () => true;
  const matches = picomatch(glob.replaceAll(".", "/"), { dot: true });
  // The dot of a computed name, as in `[Symbol.iterator]`, separates nothing.
  return (name) => matches(name.replace(/\[[^\]]*\]|\./g, (part) => (part === "." ? "/" : part)));
}

/** Whether these name functions one by one, without wildcards. */
export function namesExactly(globs: Globs): boolean {
  return [globs].flat().every((glob) => !/[*?[\]{}()!]/.test(glob));
}

/** Why a glob can match nothing, or not what is meant. */
export function globProblem(glob: string): string | undefined {
  // As Windows writes paths. Before a letter a backslash says nothing: the glob matches nothing.
  if (/\\\w/.test(glob)) return `the glob "${glob}" has \\ where / is meant, on every system`;
  try {
    // picomatch takes an unclosed bracket for a character, and what is no pattern for none.
    picomatch.makeRe(glob, { dot: true, strictBrackets: true, debug: true });
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const [, kind, bracket] = /^Missing (opening|closing): "(.)"/.exec(message) ?? [];
    if (bracket === undefined) return `the glob "${glob}" cannot be used (${message})`;
    return `the glob "${glob}" has no ${kind} "${bracket}"; a bracket in a name is written \\${bracket}`;
  }
}

/** Relative to `root`, with forward slashes. */
export function relativePath(path: string, root: string): string {
  // Each file is asked for, and `relative` takes apart both. What is written straight is cut off.
  if (path.startsWith(root) && path[root.length] === "/" && !/\/[./]/.test(path))
    return path.slice(root.length + 1);
  const name = relative(root, path);
  return sep === "/" ? name : name.replaceAll(sep, "/");
}
