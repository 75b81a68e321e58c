// A session's records → `.llmops/manifest.json`, merged with what other builds wrote there.
// Invariant: readers see a whole file at any time; a directory that takes none is a warning.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { VERSION } from "../config/version.ts";
import { type Diagnostic, finding } from "../diagnostics.ts";
import type { FileRecord, SiteRecord } from "../record.ts";
import { locate } from "./render.ts";
import { rewrite } from "./rewrite.ts";
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
  /** In a watch the same warning would come with each build. */
  #warned = "";

  constructor(session: Session, options: ManifestOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Whether one was written before, or none is to be. */
  get isThere(): boolean {
    const { manifest = true } = this.#options;
    return manifest === false || existsSync(manifestPath(this.#session.config.root, manifest));
  }

  write(): void {
    const { adapter, manifest = true, warn } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    ManifestWriter.#waiting.delete(this);
    if (manifest === false) return;
    const problem = writeManifest(this.#session, adapter, manifest);
    if (problem !== undefined && problem.message !== this.#warned) warn(problem);
    this.#warned = problem?.message ?? "";
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
    rewrite(path, () => {
      const place = relative(dirname(path), root).replaceAll(sep, "/") || ".";
      const text = textAt(path);
      const found = text === undefined ? undefined : parsed(text);
      // Names under another root are those of other files.
      const written = found?.root === place ? found : undefined;
      const files = merged(written?.files ?? {}, session, root);
      const next = {
        version: 1 as const,
        tool: `llmops-transformer/${VERSION}`,
        adapter,
        root: place,
        files,
      };
      // Watchers of JSON files would start the program again, which would write again.
      if (written !== undefined && text === textOf({ ...next, built_at: written.built_at }))
        return undefined;
      return textOf({ ...next, built_at: Math.floor(Date.now() / 1000) });
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
  if (basename(folder) !== FOLDER || existsSync(ignore)) return;
  try {
    writeFileSync(ignore, "*\n");
  } catch (error) {
    // On a full disk it is there, and empty: no later build would fill it.
    rmSync(ignore, { force: true });
    throw error;
  }
}

/** A manifest of ours, if the text is one, without what has another shape. */
function parsed(text: string): Manifest | undefined {
  try {
    const found: unknown = JSON.parse(text);
    if (!isObject(found) || found["version"] !== 1 || !isObject(found["files"])) return undefined;
    const files = Object.entries(found["files"]).filter(([, file]) => isManifestFile(file));
    return { ...found, files: Object.fromEntries(files) } as unknown as Manifest;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isManifestFile(value: unknown): value is ManifestFile {
  if (!isObject(value) || typeof value["hash"] !== "string") return false;
  const sites: unknown = value["sites"];
  return Array.isArray(sites) && sites.every((site) => isObject(site) && "id" in site);
}

/** Of each file the newest that is known; those that are gone from the disk are gone. */
function merged(
  before: Manifest["files"],
  { looked, mayHoldSites }: Session,
  root: string,
): Manifest["files"] {
  const files = new Map(Object.entries(before));
  const seen = new Set<string>();
  for (const [path, { file, hash, sites }] of looked) {
    seen.add(file);
    if (sites.length > 0 && existsSync(path)) files.set(file, { hash, sites });
    else files.delete(file);
  }
  for (const file of files.keys()) {
    const path = resolve(root, file);
    // Hosts may refuse a file before they ask us.
    if (!seen.has(file) && !stays(path, (text) => mayHoldSites(text, path))) files.delete(file);
  }
  return Object.fromEntries([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A file that cannot be read now, as where too many are open, stays. */
function stays(path: string, tells: (text: string) => boolean): boolean {
  try {
    return statSync(path).isFile() && tells(readFileSync(path, "utf8"));
  } catch (error) {
    return !isGone(error);
  }
}

/** @returns undefined where there is none */
function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return GONE.has((error as NodeJS.ErrnoException).code ?? "");
}

/** The last two are of names that no file can have. */
const GONE: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ERR_INVALID_ARG_VALUE",
]);

/** Keys are sorted, so that the same sources give the same bytes: records have theirs in order. */
function textOf({ adapter, built_at, files, root, tool, version }: Manifest): string {
  const sorted: Manifest = { adapter, built_at, files, root, tool, version };
  return `${JSON.stringify(sorted, undefined, 2)}\n`;
}
