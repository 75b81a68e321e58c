// A session's records → `.llmops/manifest.json`, merged with what other builds wrote there.
// Invariant: readers see a whole file at any time; a directory that takes none is a warning.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { VERSION } from "../config/version.ts";
import { type Diagnostic, finding } from "../diagnostics.ts";
import type { FileRecord, SiteRecord } from "../record.ts";
import { locate } from "./render.ts";
import type { Session } from "./session.ts";

export interface Manifest {
  readonly version: 1;
  /** `llmops-transformer/0.1.0` */
  readonly tool: string;
  /** The host that wrote last. */
  readonly adapter: string;
  /** Unix seconds. */
  readonly built_at: number;
  /** What the names of files are relative to, from the manifest's folder. */
  readonly root: string;
  readonly files: Readonly<Record<string, ManifestFile>>;
}

interface ManifestFile {
  readonly hash: string;
  readonly sites: readonly SiteRecord[];
}

const FOLDER = ".llmops";

export interface ManifestOptions {
  /** The host, as the manifest names it. */
  readonly adapter: string;
  /** Path, relative to the project; `true`: `.llmops/manifest.json` beside the configuration. */
  readonly manifest?: boolean | string | undefined;
  readonly warn: (diagnostic: Diagnostic) => void;
}

/** Writes a session's manifest, at once or when it has been quiet for a while. */
export class ManifestWriter {
  /** Those that are waiting for it to be quiet. One listener writes them all at the exit. */
  static readonly #waiting = new Set<ManifestWriter>();
  readonly #session: Session;
  readonly #options: ManifestOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: Session, options: ManifestOptions) {
    this.#session = session;
    this.#options = options;
  }

  write(): void {
    const { adapter, manifest = true, warn } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    ManifestWriter.#waiting.delete(this);
    if (manifest === false) return;
    const problem = writeManifest(this.#session, adapter, manifest);
    if (problem !== undefined) warn(problem);
  }

  /** For hosts that do not say when a build ends. It does not keep the process. */
  writeAfter(quietMs: number): void {
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => this.write(), quietMs).unref();
    ManifestWriter.#waiting.add(this);
    if (!process.listeners("exit").includes(writeWaiting)) process.on("exit", writeWaiting);
  }

  static writeWaiting(): void {
    for (const writer of ManifestWriter.#waiting) writer.write();
  }
}

function writeWaiting(): void {
  ManifestWriter.writeWaiting();
}

/** Where the manifest of a project is: beside its configuration, or in its root. */
function manifestPath(root: string, manifest: true | string = true): string {
  if (manifest === true) return join(root, FOLDER, "manifest.json");
  return isAbsolute(manifest) ? manifest : resolve(root, manifest);
}

/**
 * Writes what the session has seen. Files that it did not look at stay as they are in the manifest.
 * @param manifest path, relative to the project; `true`: `.llmops/manifest.json`
 * @returns a warning where it cannot be written
 */
export function writeManifest(
  session: Session,
  adapter: string,
  manifest: true | string = true,
): Diagnostic | undefined {
  const { root } = session.config;
  const path = manifestPath(root, manifest);
  // A project that tracks nothing gets no folder.
  if (!existsSync(path) && !hasSites(session.looked)) return undefined;
  try {
    makeFolder(dirname(path));
    locked(path, () => {
      const text = textAt(path);
      const written = text === undefined ? undefined : parsed(text);
      const files = merged(written?.files ?? {}, session, root);
      const place = relative(dirname(path), root).replaceAll(sep, "/") || ".";
      const next = {
        version: 1 as const,
        tool: `llmops-transformer/${VERSION}`,
        adapter,
        root: place,
        files,
      };
      // Watchers of JSON files would start the program again, which would write again.
      if (written !== undefined && text === textOf({ ...next, built_at: written.built_at })) return;
      replace(path, textOf({ ...next, built_at: Math.floor(Date.now() / 1000) }));
    });
    return undefined;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return locate(finding("LLMOPS2201", { start: 0, length: 0 }, [path, problem]), path, "");
  }
}

function hasSites(looked: ReadonlyMap<string, FileRecord>): boolean {
  for (const { sites } of looked.values()) if (sites.length > 0) return true;
  return false;
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const ignore = join(folder, ".gitignore");
  if (basename(folder) === FOLDER && !existsSync(ignore)) writeFileSync(ignore, "*\n");
}

/** A manifest of ours, if the text is one. */
function parsed(text: string): Manifest | undefined {
  try {
    const found = JSON.parse(text) as Partial<Manifest> | null;
    const whole = found?.version === 1 && typeof found.files === "object" && found.files !== null;
    return whole ? (found as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Of each file the newest that is known; those that are gone from the disk are gone. */
function merged(
  before: Manifest["files"],
  { looked, mayHoldSites }: Session,
  root: string,
): Manifest["files"] {
  const files = new Map(Object.entries(before));
  for (const [path, { file, hash, sites }] of looked) {
    if (sites.length > 0 && existsSync(path)) files.set(file, { hash, sites });
    else files.delete(file);
  }
  const seen = new Set([...looked.values()].map(({ file }) => file));
  for (const file of files.keys()) {
    if (seen.has(file)) continue;
    // Hosts may refuse a file before they ask us.
    const text = textAt(resolve(root, file));
    if (text === undefined || !mayHoldSites(text, resolve(root, file))) files.delete(file);
  }
  return Object.fromEntries([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Keys are sorted, so that the same sources give the same bytes: records have theirs in order. */
function textOf({ adapter, built_at, files, root, tool, version }: Manifest): string {
  const sorted: Manifest = { adapter, built_at, files, root, tool, version };
  return `${JSON.stringify(sorted, undefined, 2)}\n`;
}

/** A build that is killed leaves the old file and a temporary one, which the next build removes. */
function replace(path: string, text: string): void {
  const folder = dirname(path);
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(".tmp")) continue;
    if (ageOf(join(folder, name)) > 60_000) rmSync(join(folder, name), { force: true });
  }
}

/**
 * A build holds the lock for some milliseconds: an older one is that of a build that was killed.
 */
const STALE_MS = 2_000;
/** Longest wait for others, in ms. Then it is written all the same. */
const PATIENCE_MS = 5_000;

/** Runs `write` while no other build reads and writes. */
function locked(path: string, write: () => void): void {
  const lock = `${path}.lock`;
  for (const begun = Date.now(); !taken(lock) && Date.now() - begun < PATIENCE_MS;) {
    if (ageOf(lock) > STALE_MS) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  try {
    write();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken(lock: string): boolean {
  try {
    writeFileSync(lock, "", { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** In ms; 0 where it is gone. */
function ageOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}
