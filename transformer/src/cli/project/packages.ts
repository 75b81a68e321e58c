// A directory → its package.json, what is installed for it, and the packages of its workspace.
// Invariant: versions are those of the files that Node would load, links followed.
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Compiler } from "../../syntax.ts";
import { JsonFile, readText } from "./json-file.ts";

/** A package that stands in some `node_modules`. */
export interface Installed {
  readonly version: string;
  /** Its real directory. */
  readonly directory: string;
}

/** Looks a package up as Node does: in `node_modules` from a directory upwards. */
export function installed(name: string, from: string): Installed | undefined {
  for (const directory of upwards(from)) {
    const found = installedIn(join(directory, "node_modules", name));
    if (found !== undefined) return found;
  }
  return process.versions["pnp"] === undefined ? undefined : installedByPnp(name, from);
}

/** Yarn's Plug'n'Play has no `node_modules`, but patches how Node resolves and reads. */
function installedByPnp(name: string, from: string): Installed | undefined {
  try {
    const require = createRequire(join(from, "package.json"));
    return installedIn(dirname(require.resolve(`${name}/package.json`)));
  } catch {
    return undefined;
  }
}

export function installedIn(directory: string): Installed | undefined {
  const version = JsonFile.read(join(directory, "package.json"))?.string(["version"]);
  if (version === undefined) return undefined;
  return { version, directory: realpathSync(directory) };
}

/** The directory and those around it, to the root of the file system. */
function* upwards(from: string): Generator<string> {
  for (let directory = from; ; directory = dirname(directory)) {
    yield directory;
    if (dirname(directory) === directory) return;
  }
}

/** The first directory upwards that holds one of these files. */
export function nearestWith(from: string, ...names: readonly string[]): string | undefined {
  for (const directory of upwards(from)) {
    if (names.some((name) => existsSync(join(directory, name)))) return directory;
  }
  return undefined;
}

/** Whether a package.json lists a package, of whatever kind. */
export function lists(manifest: JsonFile | undefined, name: string): boolean {
  return ["dependencies", "devDependencies", "peerDependencies"].some(
    (kind) => manifest?.has([kind, name]) === true,
  );
}

/** Directories of a workspace's packages, as package.json or pnpm-workspace.yaml name them. */
export function workspacePackages(ts: Compiler, root: string): string[] {
  const globs = workspaceGlobs(root);
  if (globs.length === 0) return [];
  const includes = globs
    .filter((glob) => !glob.startsWith("!"))
    .map((glob) => `${glob.replace(/^\.\//, "").replace(/\/$/, "")}/package.json`);
  const excludes = globs.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  return ts.sys
    .readDirectory(root, [".json"], ["**/node_modules", ...excludes], includes)
    .map((path) => dirname(path))
    .filter((directory) => directory !== root)
    .toSorted();
}

function workspaceGlobs(root: string): string[] {
  const manifest = JsonFile.read(join(root, "package.json"));
  const path = manifest?.has(["workspaces", "packages"])
    ? ["workspaces", "packages"]
    : ["workspaces"];
  const listed = Array.from({ length: manifest?.count(path) ?? 0 }, (_, at) =>
    manifest?.string([...path, at]),
  ).filter((glob) => glob !== undefined);
  return [...listed, ...pnpmGlobs(readText(join(root, "pnpm-workspace.yaml")) ?? "")];
}

/** The list below `packages:`; the rest of the file is no concern of ours. */
function pnpmGlobs(yaml: string): string[] {
  const items = /^packages:[ \t]*\r?\n((?:[ \t]*(?:-.*|#.*)?(?:\r?\n|$))*)/m.exec(yaml)?.[1] ?? "";
  return [...items.matchAll(/^[ \t]*-[ \t]*(["']?)(.+?)\1[ \t]*(?:#.*)?$/gm)].map(
    (match) => match[2] ?? "",
  );
}

/** Names of the packages right inside of a `node_modules`. */
export function packagesIn(modules: string): string[] {
  return list(modules).flatMap((name) =>
    name.startsWith("@") ? list(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

export function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
