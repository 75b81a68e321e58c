// A directory or tsconfig → the project there: its files, scripts, tsconfigs and packages.
// Invariant: reads and never writes; each file belongs to the innermost package around it.
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { Compiler } from "../../syntax.ts";
import { CommandError } from "../terminal.ts";
import { JsonFile } from "./json-file.ts";
import { nearestWith, workspacePackages } from "./packages.ts";
import { type Command, commandsOf, flagValues } from "./scripts.ts";
import { emitOf, readTsconfig, type Tsconfig, withReferences } from "./tsconfig.ts";

/** One package of a project; a project that is no workspace has one. */
export interface Package {
  /** Absolute. */
  readonly directory: string;
  readonly manifest: JsonFile | undefined;
  readonly commands: readonly Command[];
  /** The one that is checked, those that it references, and those that scripts name. */
  readonly tsconfigs: readonly Tsconfig[];
  /** Absolute; what may be compiled or loaded as the program. */
  readonly files: readonly string[];
}

export interface Project {
  readonly ts: Compiler;
  /** Absolute. */
  readonly root: string;
  /** The root first. */
  readonly packages: readonly Package[];
}

/**
 * Opens a project.
 * @param path a directory or a tsconfig, relative to the working directory
 */
export function openProject(ts: Compiler, cwd: string, path: string | undefined): Project {
  const { root, tsconfig } = locateProject(cwd, path);
  const others = tsconfig === undefined ? workspacePackages(ts, root) : [];
  const directories = [root, ...others];
  const taken = new Set<string>();
  // The innermost first: a file goes to it.
  const packages = directories
    .toSorted((a, b) => b.length - a.length)
    .map((directory) =>
      openPackage(ts, directory, directory === root ? tsconfig : undefined, taken),
    );
  const order = new Map(directories.map((directory, at) => [directory, at]));
  return {
    ts,
    root,
    packages: packages.toSorted(
      (a, b) => (order.get(a.directory) ?? 0) - (order.get(b.directory) ?? 0),
    ),
  };
}

function locateProject(cwd: string, path: string | undefined): { root: string; tsconfig?: string } {
  if (path === undefined) return { root: nearestWith(cwd, ...MARKS) ?? cwd };
  const absolute = resolve(cwd, path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats === undefined) throw new CommandError(`There is no ${absolute}: correct -p.`);
  if (stats.isDirectory()) return { root: absolute };
  if (!/\.jsonc?$/i.test(absolute) || basename(absolute) === "package.json")
    throw new CommandError(`${absolute} is no tsconfig: name one by -p, or a directory.`);
  const directory = dirname(absolute);
  return { root: nearestWith(directory, "package.json") ?? directory, tsconfig: absolute };
}

/** What the root of a project holds. */
const MARKS = ["package.json", "tsconfig.json", "llmops.config.json"] as const;

function openPackage(
  ts: Compiler,
  directory: string,
  tsconfig: string | undefined,
  taken: Set<string>,
): Package {
  const manifest = JsonFile.read(join(directory, "package.json"));
  if (manifest?.broken === true)
    throw new CommandError(`${manifest.path} is no valid JSON: correct it first.`);
  const commands = manifest === undefined ? [] : commandsOf(manifest);
  const named = commands
    .filter(({ tool }) => tool === "tsc" || tool === "tspc" || tool === "llmops")
    .flatMap((command) => flagValues(command, "-p", "--project"))
    .map((name) => resolve(directory, name));
  const first = tsconfig ?? join(directory, "tsconfig.json");
  const tsconfigs = new Map<string, Tsconfig>();
  for (const path of [first, ...named]) {
    const config = existsSync(path) ? readTsconfig(ts, path) : undefined;
    // TypeScript takes an empty one.
    if (config?.text.broken === true && config.text.text.trim() !== "")
      throw new CommandError(`${config.path} is no valid JSON: correct it first.`);
    for (const each of config === undefined ? [] : withReferences(ts, config))
      tsconfigs.set(each.path, each);
  }
  const all = [...tsconfigs.values()];
  const files = new Set(all.flatMap((config) => config.files));
  if (tsconfig === undefined) for (const file of sourcesIn(ts, directory, all)) files.add(file);
  const own = [...files].map((file) => resolve(file)).filter((file) => !taken.has(file));
  for (const file of own) taken.add(file);
  return { directory, manifest, commands, tsconfigs: all, files: own.toSorted() };
}

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/** Folders that tools write to, or read their own files from. */
const NO_SOURCES = ["node_modules", "dist", "build", "out", "coverage", "vendor", "public"];

/** Source files of a package: a bundler takes in what no tsconfig names. */
function sourcesIn(ts: Compiler, directory: string, tsconfigs: readonly Tsconfig[]): string[] {
  const written = tsconfigs.map((config) => emitOf(config).outDir);
  const inside = written.filter(
    (path) => path !== undefined && path.startsWith(directory + sep) && path !== directory,
  ) as string[];
  const excludes = [...NO_SOURCES.map((name) => `**/${name}`), ...inside];
  return ts.sys
    .readDirectory(directory, EXTENSIONS, excludes, ["**/*"])
    .filter((file) => !/\.d\.(?:[^.]+\.)?[cm]?ts$|\.min\.js$/.test(file));
}
