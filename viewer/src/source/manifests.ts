// The folders that `llmops dev` serves → the manifests in them, and which site a span ran.
// Invariant: a manifest that is half written, damaged or none at all changes nothing; whatever one
// holds, its sites are whole.
import { type Dirent, existsSync, type Stats } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Site } from "../model.ts";
import type { StoredSpan } from "../store.ts";
import type { Warning } from "../views.ts";
import { refusedName, statsOf } from "./paths.ts";
import { siteOf } from "./site.ts";

export interface Manifest {
  /** Of the manifest. */
  readonly path: string;
  /** What its files' names are relative to. */
  readonly root: string;
  readonly built_at: number;
  readonly adapter: string;
  readonly files: ReadonlyMap<string, readonly Site[]>;
}

export interface FoundSite {
  readonly manifest: Manifest;
  readonly file: string;
  readonly site: Site;
}

export type Code = NonNullable<StoredSpan["code"]>;

const [DEEPEST, MOST] = [6, 64];
/** Folders that are looked into for manifests: a home directory has more. */
const MOST_FOLDERS = 20_000;
const LARGEST_BYTES = 32 * 1024 * 1024;
/** Known ones are looked at each second; new folders less often, since all are walked. */
const LOOK_EVERY_MS = 1000;
const WALK_EVERY_MS = 10_000;

interface Known {
  readonly mark: string;
  /** Undefined: there was none yet that could be read. */
  readonly manifest: Manifest | undefined;
}

export class Manifests {
  readonly #roots: readonly string[];
  readonly #onWarning: (warning: Warning) => void;
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<() => void>();
  #paths: readonly string[] = [];
  #walkedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #loading: Promise<void> = Promise.resolve();

  /** @param roots absolute */
  constructor(roots: readonly string[], onWarning: (warning: Warning) => void = () => undefined) {
    this.#roots = roots;
    this.#onWarning = onWarning;
  }

  get all(): readonly Manifest[] {
    return [...this.#known.values()].flatMap(({ manifest }) => manifest ?? []);
  }

  /** Reads what has changed. @param walkedMs new ones are looked for, too, if that is longer ago */
  load(walkedMs: number = WALK_EVERY_MS): Promise<void> {
    // One after the other: two would read the same files.
    this.#loading = this.#loading.then(() => this.#load(walkedMs));
    return this.#loading;
  }

  watch(): void {
    const look = (): void => {
      this.#timer = setTimeout(() => void this.load().then(look), LOOK_EVERY_MS).unref();
    };
    look();
  }

  /** Called after a manifest changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  /** Of the same text, or else the one that alone has its file and name. */
  find({ site: id, hash, file, function: name }: Code): FoundSite | undefined {
    const named: FoundSite[] = [];
    for (const found of this.#sites()) {
      if (id !== undefined && found.site.id === id && found.site.hash === hash) return found;
      if (found.file === file && found.site.function === name) named.push(found);
    }
    const manifests = new Set(named.map(({ manifest }) => manifest));
    if (manifests.size !== 1) return undefined;
    return named.find(({ site }) => site.id === id) ?? named[0];
  }

  get hashes(): readonly string[] {
    return Array.from(this.#sites(), ({ site }) => site.hash);
  }

  withHash(hashes: ReadonlySet<string>): readonly FoundSite[] {
    return [...this.#sites()].filter(({ site }) => hashes.has(site.hash));
  }

  *#sites(): Generator<FoundSite> {
    for (const { manifest } of this.#known.values()) {
      if (manifest === undefined) continue;
      for (const [file, sites] of manifest.files)
        for (const site of sites) yield { manifest, file, site };
    }
  }

  async #load(walkedMs: number): Promise<void> {
    if (performance.now() - this.#walkedAt > walkedMs) {
      this.#paths = await manifestsBelow(this.#roots);
      this.#walkedAt = performance.now();
    }
    let changed = false;
    for (const path of this.#paths) changed = (await this.#look(path)) || changed;
    for (const path of this.#known.keys())
      if (!this.#paths.includes(path)) changed = this.#known.delete(path) || changed;
    if (changed) for (const listener of this.#listeners) listener();
  }

  /** @returns whether it is another one than before */
  async #look(path: string): Promise<boolean> {
    const stats = statsOf(path);
    if (stats === undefined) return this.#known.delete(path);
    const mark = `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
    const before = this.#known.get(path);
    if (before?.mark === mark) return false;
    const read = await readManifest(path, stats);
    if (typeof read !== "string") {
      this.#known.set(path, { mark, manifest: read });
      return true;
    }
    // What is being written has another mark in a moment, and is read again.
    this.#known.set(path, { mark, manifest: before?.manifest });
    this.#onWarning({ code: "bad_manifest", message: `${path} is not read: ${read}` });
    return false;
  }
}

async function manifestsBelow(roots: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  let folders: readonly string[] = roots;
  let looked = 0;
  for (let depth = 0; depth <= DEEPEST && folders.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of folders) {
      if (++looked > MOST_FOLDERS) return [...found];
      const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
      for (const entry of entries) {
        const { name } = entry;
        if (!entry.isDirectory()) continue;
        if (name === ".llmops") {
          const path = join(folder, name, "manifest.json");
          if (existsSync(path)) found.add(path);
          if (found.size >= MOST) return [...found];
        } else if (!name.startsWith(".") && name !== "node_modules") below.push(join(folder, name));
      }
    }
    folders = below;
  }
  return [...found];
}

/** @returns why it is none */
async function readManifest(path: string, stats: Stats): Promise<Manifest | string> {
  // A pipe would never end.
  if (!stats.isFile()) return "it is no regular file";
  if (stats.size > LARGEST_BYTES) return "it is larger than 32 MiB";
  try {
    return manifestOf(path, JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function manifestOf(path: string, found: unknown): Manifest | string {
  if (!isRecord(found)) return "it is no object";
  const { version, files: written, built_at: builtAt, adapter, root } = found;
  if (version !== 1) return "it is of another version";
  if (!isRecord(written)) return "it has no files";
  const files = new Map<string, readonly Site[]>();
  for (const [file, about] of Object.entries(written)) {
    if (isRecord(about) && Array.isArray(about["sites"]))
      files.set(
        file,
        about["sites"].flatMap((one: unknown) => siteOf(one) ?? []),
      );
  }
  return {
    path,
    root: rootOf(path, root, [...files.keys()]),
    built_at: typeof builtAt === "number" ? builtAt : 0,
    adapter: typeof adapter === "string" ? adapter : "",
    files,
  };
}

/** Our builds write the way from the manifest's folder, `..`; others from that one's parent. */
function rootOf(path: string, written: unknown, files: readonly string[]): string {
  const folder = dirname(path);
  const parent = dirname(folder);
  const way = typeof written === "string" && written !== "" ? written : ".";
  const [fromFolder, fromParent] = [resolve(folder, way), resolve(parent, way)];
  const ways = way.startsWith("..") ? [fromFolder, fromParent] : [fromParent, fromFolder];
  const holds = (root: string): boolean =>
    files.some((file) => refusedName(file) === undefined && existsSync(join(root, file)));
  return ways.find(holds) ?? ways[0] ?? parent;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
