// The folders that `llmops dev` serves → the manifests in them, and which site a span ran.
// Invariant: a manifest that is half written, damaged or no manifest at all changes nothing.
import { existsSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { Site } from "../model.ts";
import type { StoredSpan } from "../store.ts";

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

type Code = NonNullable<StoredSpan["code"]>;

const [DEEPEST, MOST] = [6, 64];
/** Known ones are looked at each second; new folders less often, since all are walked. */
const LOOK_EVERY_MS = 1000;
const WALK_EVERY_MS = 15_000;

export class Manifests {
  readonly #roots: readonly string[];
  readonly #known = new Map<string, { readonly mark: string; readonly manifest: Manifest }>();
  readonly #listeners = new Set<() => void>();
  #paths: readonly string[] = [];
  #walkedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #loading: Promise<void> | undefined;

  /** @param roots absolute */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  get all(): readonly Manifest[] {
    return [...this.#known.values()].map(({ manifest }) => manifest);
  }

  /** Reads what has changed. @param walk look for new ones, too */
  load(walk = false): Promise<void> {
    this.#loading ??= this.#load(walk).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  watch(): void {
    const look = (): void => {
      this.#timer = setTimeout(() => void this.load().then(look, look), LOOK_EVERY_MS).unref();
    };
    look();
  }

  /** Called after a manifest changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    clearTimeout(this.#timer);
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

  withHash(hashes: ReadonlySet<string>): FoundSite[] {
    return [...this.#sites()].filter(({ site }) => hashes.has(site.hash));
  }

  *#sites(): Generator<FoundSite> {
    for (const { manifest } of this.#known.values())
      for (const [file, sites] of manifest.files)
        for (const site of sites) yield { manifest, file, site };
  }

  async #load(walk: boolean): Promise<void> {
    if (walk || performance.now() - this.#walkedAt > WALK_EVERY_MS) {
      this.#paths = await manifestsBelow(this.#roots);
      this.#walkedAt = performance.now();
    }
    let changed = false;
    for (const path of this.#paths) {
      const stats = statSync(path, { throwIfNoEntry: false });
      const mark = stats === undefined ? "" : `${stats.mtimeMs} ${stats.size}`;
      if (this.#known.get(path)?.mark === mark) continue;
      const manifest = stats === undefined ? undefined : await read(path);
      // One that is being replaced is read again a second later.
      if (manifest !== undefined) this.#known.set(path, { mark, manifest });
      else if (stats === undefined) this.#known.delete(path);
      changed ||= manifest !== undefined || stats === undefined;
    }
    for (const path of this.#known.keys()) {
      if (this.#paths.includes(path)) continue;
      this.#known.delete(path);
      changed = true;
    }
    if (changed) for (const listener of this.#listeners) listener();
  }
}

async function manifestsBelow(roots: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  let folders: readonly string[] = roots;
  for (let depth = 0; depth <= DEEPEST && folders.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of folders) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const { name, isDirectory } of entries.map((entry) => ({
        name: entry.name,
        isDirectory: entry.isDirectory(),
      }))) {
        if (!isDirectory) continue;
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

const LARGEST_BYTES = 32 * 1024 * 1024;

async function read(path: string): Promise<Manifest | undefined> {
  try {
    if ((statSync(path).size ?? 0) > LARGEST_BYTES) return undefined;
    const found = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown> | null;
    if (found?.["version"] !== 1 || !isRecord(found["files"])) return undefined;
    const files = new Map<string, readonly Site[]>();
    for (const [file, about] of Object.entries(found["files"])) {
      if (isRecord(about) && Array.isArray(about["sites"]))
        files.set(file, about["sites"].filter(isSite));
    }
    return {
      path,
      root: rootOf(path, found["root"], [...files.keys()]),
      built_at: typeof found["built_at"] === "number" ? found["built_at"] : 0,
      adapter: typeof found["adapter"] === "string" ? found["adapter"] : "",
      files,
    };
  } catch {
    return undefined;
  }
}

/** Our builds write the way from the manifest's folder, `..`; others from that one's parent. */
function rootOf(path: string, written: unknown, files: readonly string[]): string {
  const folder = dirname(path);
  const parent = dirname(folder);
  const way = typeof written === "string" && written !== "" ? written : ".";
  const [fromFolder, fromParent] = [resolve(folder, way), resolve(parent, way)];
  const candidates = way.startsWith("..") ? [fromFolder, fromParent] : [fromParent, fromFolder];
  const holds = (root: string): boolean =>
    files.some(
      (file) =>
        !relative(root, resolve(root, file)).startsWith("..") && existsSync(resolve(root, file)),
    );
  return candidates.find(holds) ?? candidates[0] ?? parent;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSite(value: unknown): value is Site {
  if (!isRecord(value)) return false;
  const texts = ["id", "function", "hash"];
  const numbers = ["line", "end_line", "start", "end"];
  return (
    texts.every((key) => typeof value[key] === "string") &&
    numbers.every((key) => typeof value[key] === "number") &&
    [value["params"], value["locals"]].every(Array.isArray)
  );
}
