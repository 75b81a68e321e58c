// A file → the session of the configuration that stands for its project.
// Invariant: searched from the file upwards, then from the bundler's root; the working directory
// decides nothing. A session lasts as long as its configuration is as it was.
import { type Dirent, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { findConfig } from "../../config/load.ts";
import { CONFIG_NAME } from "../../config/sources.ts";
import { type ConfigSource, openSession, type Session } from "../session.ts";

interface Opened {
  readonly session: Session;
  readonly open: () => Session;
}

export class Projects {
  readonly root: string;
  readonly #source: ConfigSource;
  /** By the directory of the configuration, and that of the project where they differ. */
  readonly #opened = new Map<string, Opened>();
  readonly #byDirectory = new Map<string, Session>();

  /** @param root absolute directory of the bundler's project */
  constructor(source: ConfigSource, root: string) {
    this.#source = source;
    this.root = root;
  }

  /** The session of the root's own files. */
  get main(): Session {
    return this.#sessionIn(this.root);
  }

  sessionOf(filename: string): Session {
    return this.#sessionIn(dirname(filename));
  }

  /** Where the runtime may be, of a file whose own package does not list it. */
  placesBeside(filename: string): readonly string[] {
    const { path, root } = this.sessionOf(filename).config;
    return [...(path === undefined ? [] : [dirname(path)]), root, this.root];
  }

  /** Whether files are still built with this session. */
  has(session: Session): boolean {
    for (const opened of this.#opened.values()) if (opened.session === session) return true;
    return false;
  }

  /** Whether a file below the root holds a site only where it says `@track`. */
  tagsDecide(): boolean {
    const { entries, findings } = this.main.config;
    if (entries.length > 0 || findings.length > 0) return false;
    return this.#source !== undefined || !mayHoldConfig(this.root);
  }

  /** To be called when files may have changed. */
  refresh(): void {
    this.#byDirectory.clear();
    for (const [key, { session, open }] of this.#opened)
      if (open().config.hash !== session.config.hash) this.#opened.delete(key);
  }

  #sessionIn(directory: string): Session {
    const known = this.#byDirectory.get(directory) ?? this.#find(directory);
    this.#byDirectory.set(directory, known);
    return known;
  }

  #find(directory: string): Session {
    const near = this.#source === undefined ? findConfig(directory) : undefined;
    if (near !== undefined) return this.#open(dirname(near));
    const configured = this.#open(this.root);
    const { path, root } = configured.config;
    if (path !== undefined && isBelow(directory, root)) return configured;
    // A linked package's file is `src/pay.ts` of that package, not `../../packages/pay/src/pay.ts`.
    const project = projectOf(directory);
    return project === undefined ? configured : this.#open(this.root, project);
  }

  #open(from: string, project?: string): Session {
    const key = `${from}\0${project ?? ""}`;
    const open = (): Session => openSession(this.#source, from, project);
    const opened = this.#opened.get(key) ?? { session: open(), open };
    this.#opened.set(key, opened);
    return opened.session;
  }
}

/** More than this is not looked through: 10 ms. */
const MOST_FOLDERS = 1_000;

/** Whether a folder below this one has a configuration of its own, as far as is looked. */
function mayHoldConfig(root: string): boolean {
  const folders = [root];
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at] as string;
    if (at > MOST_FOLDERS) return true;
    for (const entry of entriesOf(folder)) {
      if (entry.name === CONFIG_NAME && folder !== root) return true;
      if (entry.name === "node_modules" || entry.name === ".git") continue;
      // A build may keep the names of links; what is behind one may have a configuration there.
      if (entry.isSymbolicLink()) return true;
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
    }
  }
  return false;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isBelow(directory: string, root: string): boolean {
  const way = relative(root, directory);
  return way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}

/** The nearest folder with a `package.json`. */
function projectOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The packages above a folder's own, the nearest first. */
export function projectsAbove(directory: string): readonly string[] {
  const above = projectOf(dirname(directory));
  return above === undefined || above === directory ? [] : [above, ...projectsAbove(above)];
}

/** Whether a plain `.js` file there is an ES module for Node, and so for bundlers. */
export function isInModulePackage(directory: string): boolean {
  const project = projectOf(directory);
  if (project === undefined) return false;
  try {
    const text = readFileSync(join(project, "package.json"), "utf8");
    return (JSON.parse(text) as { type?: unknown } | null)?.type === "module";
  } catch {
    return false;
  }
}
