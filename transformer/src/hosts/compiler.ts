// The TypeScript packages that are installed → the one whose API we parse with.
// Invariant: TypeScript 7 has no such API, and is passed over; nothing is loaded before it is
// asked.
import Module, { createRequire } from "node:module";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Compiler } from "../syntax.ts";

/** In the order in which they are tried; the second is TypeScript 6 beside a 7. */
const PACKAGES = ["typescript", "@typescript/typescript6"] as const;

const found = new Map<string, Compiler | undefined>();

/**
 * Loads the compiler, once for each directory.
 * @param from absolute directory: looked in where our own package finds none
 */
export function findCompiler(from: string = process.cwd()): Compiler | undefined {
  if (found.has(from)) return found.get(from);
  const places = [import.meta.url, join(from, "package.json")];
  let compiler: Compiler | undefined;
  for (const place of places) {
    const require = createRequire(place);
    for (const name of PACKAGES) compiler ??= load(require, name);
  }
  found.set(from, compiler);
  return compiler;
}

/**
 * Tells the compiler that would be loaded from all others, without loading it.
 * @returns undefined where none is installed
 */
export function compilerIdentity(): string | undefined {
  identity ??= identify();
  return identity === "" ? undefined : identity;
}

let identity: string | undefined;

function identify(): string {
  const places = [import.meta.url, join(process.cwd(), "package.json")];
  return places
    .flatMap((place) => PACKAGES.map((name) => fileOf(createRequire(place), name)))
    .map((file) => (file === undefined ? "" : describe(file)))
    .join("\n")
    .trim();
}

function fileOf(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** npm gives all files of all versions the same time. */
function describe(file: string): string {
  const { size, mtimeMs } = statSync(file);
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder)
    folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    version?: unknown;
  };
  return `${file} ${size} ${mtimeMs} ${String(version)}`;
}

function load(require: NodeJS.Require, name: string): Compiler | undefined {
  try {
    keepCompiledCode();
    const loaded: unknown = require(name);
    return isCompiler(loaded) ? loaded : undefined;
  } catch {
    return undefined;
  }
}

/**
 * V8 compiles TypeScript's 9 MB in 80 ms, and reads what Node keeps of that in none. Only a process
 * that measures coverage does without: V8 counts functions out of a cache less exactly.
 */
function keepCompiledCode(): void {
  const { enableCompileCache } = Module as Partial<typeof Module>;
  if (process.env["NODE_V8_COVERAGE"] === undefined) enableCompileCache?.();
}

/** TypeScript 7's module has its version alone. */
function isCompiler(loaded: unknown): loaded is Compiler {
  return typeof (loaded as Partial<Compiler> | null)?.createSourceFile === "function";
}
