// A module's id, as bundlers have it → the file that it is part of, where it is the program's own.
// Invariant: a package counts as a dependency by its real path: one that is linked in does not.
import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, posix, sep } from "node:path";
import picomatch from "picomatch";
import type { Filter, Pattern, PluginOptions } from "./options.ts";

/** A module that may be instrumented. */
export interface Source {
  /** Without a query; absolute where the bundler's ids are. */
  readonly filename: string;
  /** A name whose ending tells the language: a component's script has one of its own. */
  readonly part: string;
  /** A component's file as it was written: scripts are a part of it. */
  readonly whole?: true;
}

/** Of ids; a bundler that filters by itself calls us for these alone. */
export const SOURCE_ID: RegExp = /\.[cm]?[jt]sx?(?:$|\?)|[?&]lang[.=][cm]?[jt]sx?(?:&|$)/;

/** Of files that are a component each, as the compiler of their framework gets them. */
export const COMPONENT_ID: RegExp = /\.(?:vue|svelte)(?:$|\?)/;

/** Rollup's mark of modules that are no files. */
export const VIRTUAL_ID: RegExp = /^\0/;

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
/** Of `App.vue?vue&type=script&setup=true&lang.ts`, `App.vue?vue&type=script&lang=ts`. */
const LANGUAGE = /[?&]lang[.=]([cm]?[jt]sx?)(?:&|$)/;
/** The module is no code of the file, but its text or its address. */
const NO_CODE = /[?&](?:raw|url|inline)(?:[&=]|$)/;
/** Of ids in Vite: the module is what starts the file as a worker. */
export const VITE_WORKER_ID: RegExp = /[?&](?:worker|sharedworker)(?:[&=]|$)/;
/** A component's template and styles, compiled. */
const NO_SCRIPT = /[?&]type=(?:template|style)(?:&|$)/;

/** A part of a component's file, which its framework asks for. */
const PART_OF_COMPONENT = /[?&](?:vue|svelte)(?:[&=]|$)/;

/** Yarn's Plug'n'Play names a package with peers once for each importer. */
const VIRTUAL_PATH = /^(.*)[\\/](?:__virtual__|\$\$virtual)[\\/][^\\/]+[\\/](\d+)([\\/].*)$/;

/**
 * `/a/.yarn/__virtual__/lib-virtual-1f2e/1/packages/lib/x.ts` → `/a/packages/lib/x.ts`: there is no
 * such folder, and esbuild, Rolldown and Rspack know of it where Node has not been told.
 */
export function withoutVirtual(path: string): string {
  if (!path.includes("virtual")) return path;
  const [, folder = "", depth = "", below = ""] = VIRTUAL_PATH.exec(path) ?? [];
  if (depth === "") return path;
  const real = join(folder, "../".repeat(Number(depth)), below);
  return withoutVirtual(path.includes("\\") ? real : real.replaceAll("\\", "/"));
}

/** Where an id's query begins; -1: it has none. Names of folders and files may hold a `?` too. */
function queryAt(id: string): number {
  const first = id.indexOf("?");
  for (let at = first; at >= 0; at = id.indexOf("?", at + 1))
    if (isFile(id.slice(0, at))) return at;
  return first >= 0 && isFile(id) ? -1 : first;
}

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** An id without its query. */
export function fileOf(id: string): string {
  const at = queryAt(id);
  return at < 0 ? id : id.slice(0, at);
}

/** The file that an id names, and its language; undefined for what is no source text. */
export function sourceOf(given: string): Source | undefined {
  if (given.includes("\0")) return undefined;
  const id = withoutVirtual(given);
  const at = queryAt(id);
  if (at < 0 && SOURCE_FILE.test(id)) return { filename: id, part: id };
  if (at < 0) return COMPONENT_ID.test(id) ? { filename: id, part: id, whole: true } : undefined;
  const [filename, query] = [id.slice(0, at), id.slice(at)];
  if (NO_CODE.test(query)) return undefined;
  if (SOURCE_FILE.test(filename)) return { filename, part: filename };
  if (COMPONENT_ID.test(filename) && !PART_OF_COMPONENT.test(query))
    return { filename, part: filename, whole: true };
  const language = LANGUAGE.exec(query)?.[1];
  if (language === undefined || NO_SCRIPT.test(query)) return undefined;
  return { filename, part: `${filename}.${language}` };
}

/** @returns whether a source, by its file name, is to be instrumented */
export function sourceFilter(
  { include, exclude }: Pick<PluginOptions, "include" | "exclude">,
  root: string,
): (filename: string) => boolean {
  const patterns = listOf(include);
  const ofPackages = patterns.filter(namesPackage);
  const roots = [...new Set([root, realPath(root)])];
  const tests = (list: readonly Pattern[]): Test[] =>
    roots.flatMap((base) => list.map((pattern) => matcher(pattern, base)));
  const taken = tests(patterns.filter((pattern) => !namesPackage(pattern)));
  const takenPackages = tests(ofPackages);
  // Where all of the program's own files are taken, linked packages are among them.
  const linked = taken.length === 0 ? [] : tests(ofPackages.flatMap((one) => linkedAs(one, root)));
  const left = tests(listOf(exclude));
  const isDependency = dependencies();
  return (filename) => {
    const path = sep === "/" ? filename : filename.replaceAll(sep, "/");
    const matches = (test: Test): boolean => test(path);
    if (left.some(matches)) return false;
    if (isDependency(filename)) return takenPackages.some(matches);
    return taken.length === 0 || taken.some(matches) || linked.some(matches);
  };
}

function listOf(filter: Filter | undefined): readonly Pattern[] {
  if (filter === undefined) return [];
  return typeof filter === "string" || filter instanceof RegExp ? [filter] : filter;
}

function namesPackage(pattern: Pattern): boolean {
  return String(pattern).includes("node_modules");
}

type Test = (path: string) => boolean;

function matcher(pattern: Pattern, root: string): Test {
  // An expression with `g` or `y` remembers where it ended.
  if (pattern instanceof RegExp) return (path) => path.search(pattern) >= 0;
  // Where a package lies is up to npm, Yarn or pnpm.
  const glob = pattern.replace(/^(?:\.\/)?node_modules\//, "**/node_modules/");
  const free = isAbsolute(glob) || glob.startsWith("**");
  return picomatch(free ? glob : posix.join(literally(root), glob), { dot: true });
}

/** Brackets and the like in a folder's own name are no glob. */
const literally = (folder: string): string =>
  folder.replaceAll("\\", "/").replaceAll(/[*?[\]{}()!+@$^.|\\]/g, "\\$&");

/** `node_modules/our-lib/**` → the same of the folder that the package is linked to. */
function linkedAs(pattern: Pattern, root: string): string[] {
  const [, name, below = ""] =
    /node_modules\/((?:@[\w.-]+\/)?[\w.-]+)(\/.*)?$/.exec(String(pattern)) ?? [];
  if (pattern instanceof RegExp || name === undefined) return [];
  for (let at = root; ; at = dirname(at)) {
    const folder = realPath(join(at, "node_modules", name));
    if (!PACKAGE.test(folder)) return [literally(folder) + below];
    if (dirname(at) === at) return [];
  }
}

/** Of what is not there: the path itself. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

/** Asks the file system once a package. */
function dependencies(): (filename: string) => boolean {
  const known = new Map<string, boolean>();
  return (filename) => {
    const directory = PACKAGE.exec(filename)?.[0];
    if (directory === undefined) return false;
    const answer = known.get(directory) ?? isInNodeModules(directory);
    known.set(directory, answer);
    return answer;
  };
}

function isInNodeModules(directory: string): boolean {
  try {
    return PACKAGE.test(realpathSync(directory));
  } catch {
    return true;
  }
}

/** A linked package's file has one name, also where the bundler keeps links as they are. */
export function realFile(path: string): string {
  return PACKAGE.test(path) ? realPath(path) : path;
}
