// Globs of the configuration → tests of files and of qualified names.
// Invariant: paths are relative to the configuration, with forward slashes on every system.
import { relative, sep } from "node:path";
import picomatch from "picomatch";

type Globs = string | readonly string[];

export function fileMatcher(globs: Globs, root: string): (path: string) => boolean {
  const patterns = [globs].flat().map((glob) => glob.replace(/^\.\//, ""));
  const matches = picomatch(patterns, { dot: true });
  return (path) => matches(relativePath(path, root));
}

/** A dot separates names like a slash paths: `Agent.*` is every method, `**` every function. */
export function nameMatcher(globs: Globs): (name: string) => boolean {
  const list = [globs].flat();
  // Members may be named "", "..", or with several lines, which are no paths.
  if (list.includes("**")) return () => true;
  const matches = picomatch(
    list.map((glob) => glob.replaceAll(".", "/")),
    { dot: true },
  );
  // The dot of a computed name, as in `[Symbol.iterator]`, separates nothing.
  return (name) => matches(name.replace(/\[[^\]]*\]|\./g, (part) => (part === "." ? "/" : part)));
}

/** Whether these name functions one by one, without wildcards. */
export function namesExactly(globs: Globs): boolean {
  return [globs].flat().every((glob) => !/[*?[\]{}()!]/.test(glob));
}

/** Relative to `root`, with forward slashes. */
export function relativePath(path: string, root: string): string {
  const name = relative(root, path);
  return sep === "/" ? name : name.replaceAll(sep, "/");
}
