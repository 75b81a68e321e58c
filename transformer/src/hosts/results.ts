// A file's text and all else that decides → what an earlier process made of it.
// Invariant: a result is found only where the same would be made now; a folder that takes none, or
// a damaged file, costs time and nothing else.
import { hash as digest } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/load.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Site } from "../plan.ts";
import type { FileRecord } from "../record.ts";
import { compilerIdentity } from "./compiler.ts";
import type { SourceMapObject } from "./source-map.ts";

/** A file's code with its functions tracked, and what was found. */
export interface Instrumented {
  /** Runs as the source does, and is recorded. */
  readonly code: string;
  /** Source map, version 3, as JSON text's object. */
  readonly map: SourceMapObject;
  /** The tracked functions, in the order of the file. */
  readonly sites: readonly Site[];
  /** What is wrong with tags and configuration. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Result {
  /** Null where there is neither a site nor a diagnostic. */
  readonly made: Instrumented | null;
  readonly record?: FileRecord | undefined;
}

/** In bytes; the oldest go first. A file of 3 KB and its map take 15 KB. */
const LIMIT = 64 << 20;
/** Of new results, before all are counted again. */
const COUNTED_AFTER = LIMIT / 8;

export class Results {
  readonly #root: string;
  #folder: string | undefined;
  /** Bytes, since all were counted. */
  #written = COUNTED_AFTER;

  /** @param root absolute directory of the project */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * @param inputs all that decides beside the configuration
   * @returns undefined where no TypeScript is found
   */
  keyOf({ hash, root }: Config, inputs: readonly (string | undefined)[]): string | undefined {
    const compiler = compilerIdentity();
    if (compiler === undefined) return undefined;
    return digest("sha256", JSON.stringify([ownIdentity(), compiler, hash, root, ...inputs]));
  }

  find(key: string): Result | undefined {
    try {
      // Half of a file is no JSON: writing need not be atomic.
      const read: unknown = JSON.parse(readFileSync(this.#pathOf(key), "utf8"));
      return isResult(read) ? read : undefined;
    } catch {
      return undefined;
    }
  }

  keep(key: string, result: Result): void {
    const text = JSON.stringify(result);
    try {
      const path = this.#pathOf(key);
      const folder = dirname(path);
      if (mkdirSync(folder, { recursive: true }) !== undefined)
        writeFileSync(join(folder, ".gitignore"), "*\n");
      writeFileSync(path, text);
      this.#written += text.length;
      if (this.#written < COUNTED_AFTER) return;
      this.#written = 0;
      removeOldest(folder);
    } catch {
      // A folder that is read-only, or full.
    }
  }

  #pathOf(key: string): string {
    this.#folder ??= folderFor(this.#root);
    return join(this.#folder, `${key}.json`);
  }
}

/** In the nearest `node_modules`, as of other build tools; else in a folder of ours. */
function folderFor(root: string): string {
  for (let at = root; ; at = dirname(at)) {
    const modules = join(at, "node_modules");
    if (existsSync(modules)) return join(modules, ".cache/llmops");
    if (dirname(at) === at) return join(root, ".llmops/cache");
  }
}

function isResult(read: unknown): read is Result {
  if (typeof read !== "object" || read === null || !("made" in read)) return false;
  const { made } = read;
  return made === null || (typeof made === "object" && "code" in made && "diagnostics" in made);
}

function removeOldest(folder: string): void {
  const files = readdirSync(folder).flatMap((name) => {
    if (!name.endsWith(".json")) return [];
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? [] : [{ path, size: found.size, age: -found.mtimeMs }];
  });
  let total = 0;
  for (const { path, size } of files.toSorted((a, b) => a.age - b.age)) {
    total += size;
    if (total > LIMIT) rmSync(path, { force: true });
  }
}

let own: string | undefined;

/** Changes with each build and patch of this package: its version is not all of it. */
function ownIdentity(): string {
  if (own !== undefined) return own;
  const file = fileURLToPath(import.meta.url);
  let root = dirname(file);
  while (!existsSync(join(root, "package.json"))) root = dirname(root);
  const code = join(root, relative(root, file).split(sep, 1)[0] ?? "");
  const names = readdirSync(code, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => /\.[jt]s$/.test(name)).toSorted();
  own = files.map((name) => identityOf(join(code, name))).join("\n");
  return own;
}

function identityOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}
