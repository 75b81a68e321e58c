// What every bundler's plugin does: a module's text and id → its instrumented text and map.
// Invariant: knows no bundler; what a module depends on beside its text is told by `watch`.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CONFIG_NAME } from "../../config/sources.ts";
import type { Form } from "../../plan.ts";
import { type Instrumented, instrumentIn } from "../instrument.ts";
import { ManifestWriter } from "../manifest.ts";
import { lineOf } from "../render.ts";
import { Results } from "../results.ts";
import type { Session } from "../session.ts";
import type { PluginOptions } from "./options.ts";
import { isInModulePackage, Projects } from "./projects.ts";
import { Reports, type Show } from "./reports.ts";
import { missingRuntime, type RuntimeSearch } from "./runtime-import.ts";
import { scriptsOf } from "./components.ts";
import { realFile, type Source, sourceFilter, sourceOf, VITE_WORKER_ID } from "./sources.ts";

/** Of the plugin, in every host. */
export const NAME = "llmops";

/** What the host does for one module. */
export interface ModuleHost {
  readonly show: Show;
  /** The module is built anew when this file changes, or comes where there is none yet. */
  readonly watch: (file: string, exists: boolean) => void;
  /** Of a text that another loader has made. */
  readonly map?: object | string | undefined;
}

interface Dependency {
  readonly path: string;
  readonly exists: boolean;
}

export type Transformed = Pick<Instrumented, "code" | "map">;

/** The others take every file for an ES module. */
const KNOW_COMMONJS: ReadonlySet<string> = new Set([
  "webpack",
  "webpack-loader",
  "rspack",
  "esbuild",
  "bun",
  "jest",
]);

/**
 * A plugin behind ours gets what we made of a component. The others read its file themselves, or
 * ask for its parts.
 */
const TAKE_COMPONENTS: ReadonlySet<string> = new Set(["vite", "rollup", "rolldown", "unloader"]);

/** Without a module, in ms, where nothing tells the end of a build: in development servers. */
const QUIET_MS = 500;

/** Also where a build fails. */
const TELL_THE_END: ReadonlySet<string> = new Set(["esbuild", "rollup", "rolldown", "vite"]);

export class Instrumenting implements RuntimeSearch {
  readonly #options: PluginOptions;
  readonly #adapter: string;
  readonly #manifests = new Map<Session, ManifestWriter>();
  readonly #reports = new Reports();
  /** Looked at once a build. */
  readonly #dependencies = new Map<Session, readonly Dependency[]>();
  #builds = 0;
  #tellsEnd: boolean;
  #results: Results | undefined;
  #projects: Projects;
  #filter: (filename: string) => boolean;

  /**
   * @param root absolute directory of the bundler's project
   * @param adapter the bundler, as the manifest names it
   */
  constructor(options: PluginOptions, root: string, adapter: string) {
    this.#options = options;
    this.#adapter = adapter;
    this.#tellsEnd = TELL_THE_END.has(adapter);
    this.#projects = new Projects(options.config, root);
    this.#filter = sourceFilter(options, root);
    this.#results = options.cache === false ? undefined : new Results(root);
  }

  /** Some bundlers know it only after their plugins are made. */
  moveTo(root: string): void {
    if (root === this.#projects.root) return;
    this.#projects = new Projects(this.#options.config, root);
    this.#filter = sourceFilter(this.#options, root);
    if (this.#results !== undefined) this.#results = new Results(root);
  }

  /** Changes with the configuration of the root, with ours and with this package. */
  get hash(): string {
    const { include, exclude } = this.#options;
    return `${this.#projects.main.config.hash} ${String(include)} ${String(exclude)}`;
  }

  /** To be called at the beginning of each build. */
  begin(): void {
    this.#builds++;
    this.#reports.begin();
    this.refresh();
  }

  /**
   * Whether a file below the root holds a site only where it says `@track`, so that a build which
   * runs once may refuse all others by itself.
   */
  tagsDecide(): boolean {
    // A plugin may serve a build after another.
    this.refresh();
    // Packages that are let in have configurations in node_modules.
    if (this.#options.include !== undefined || !this.#projects.tagsDecide()) return false;
    // Even where no file is left to ask for, what the manifest had is looked at.
    this.#manifestOf(this.#projects.main);
    return true;
  }

  /** Changes with all that decides about one file, beside its text. */
  hashFor(filename: string): string {
    return `${this.hash} ${this.#projects.sessionOf(filename).config.hash}`;
  }

  /** To be called where files are served: there is no end. */
  serve(): void {
    this.#tellsEnd = false;
  }

  /** To be called at the end of each build. */
  end(): void {
    for (const manifest of this.#manifests.values()) manifest.write();
  }

  /** To be called when a file has changed while a server runs. */
  refresh(): void {
    this.#projects.refresh();
    this.#dependencies.clear();
    // What was found under an older configuration is no longer true.
    for (const session of this.#manifests.keys())
      if (!this.#projects.has(session)) this.#manifests.delete(session);
  }

  wants(id: string): boolean {
    const source = this.#sourceOf(id);
    return source !== undefined && this.#filter(source.filename);
  }

  /** @returns null where the text stays as it is */
  transform(code: string, id: string, { show, watch, map }: ModuleHost): Transformed | null {
    const source = this.#sourceOf(id);
    if (source === undefined) return null;
    const scripts = source.whole && scriptsOf(code);
    if (source.whole && scripts === undefined) return null;
    const part = scripts === undefined ? source.part : `${source.part}.${scripts.language}`;
    const filename = realFile(resolve(this.#projects.root, source.filename));
    const session = this.#projects.sessionOf(filename);
    for (const { path, exists } of this.#dependenciesOf(session)) watch(path, exists);
    this.#reports.ofConfig(session, show);
    const manifest = this.#manifestOf(session);
    if (!this.#tellsEnd) manifest.writeAfter(QUIET_MS);
    const done = instrumentIn(session, code, {
      filename,
      part,
      scripts,
      results: this.#results,
      unclear: () => this.#formOf(filename, part),
      ...(map !== undefined && { map }),
    });
    if (done === null) return null;
    this.#reports.ofFile(filename, code, done.diagnostics, show);
    return done.sites.length === 0 ? null : { code: done.code, map: done.map };
  }

  #sourceOf(id: string): Source | undefined {
    if (this.#adapter === "vite" && VITE_WORKER_ID.test(id)) return undefined;
    const source = sourceOf(id);
    return source?.whole === true && !TAKE_COMPONENTS.has(this.#adapter) ? undefined : source;
  }

  get root(): string {
    return this.#projects.root;
  }

  get build(): number | undefined {
    return this.#tellsEnd ? this.#builds : undefined;
  }

  placesBeside(importer: string): readonly string[] {
    return this.#projects.placesBeside(importer);
  }

  missing(importer: string): Error {
    return missingRuntime(importer, this.root);
  }

  /** Of a file that neither imports nor exports: in a bundle it is a module all the same. */
  #formOf(filename: string, part: string): Form {
    if (!KNOW_COMMONJS.has(this.#adapter) || /\.[cm]?tsx?$/.test(part)) return "esm";
    return isInModulePackage(dirname(filename)) ? "esm" : "cjs";
  }

  /** The files of its configuration, or where there may come one. */
  #dependenciesOf(session: Session): readonly Dependency[] {
    const known = this.#dependencies.get(session);
    if (known !== undefined) return known;
    const { paths, root } = session.config;
    const found = (paths.length > 0 ? paths : [join(root, CONFIG_NAME)]).map((path) => ({
      path,
      exists: existsSync(path),
    }));
    this.#dependencies.set(session, found);
    return found;
  }

  #manifestOf(session: Session): ManifestWriter {
    const known = this.#manifests.get(session);
    if (known !== undefined) return known;
    const { manifest } = this.#options;
    // A path names one file, and a file has names below one root.
    const isOther = session.config.root !== this.#projects.main.config.root;
    const writer = new ManifestWriter(session, {
      adapter: this.#adapter,
      manifest: typeof manifest === "string" && isOther ? true : manifest,
      warn: (diagnostic) => process.stderr.write(`${lineOf(diagnostic)}\n`),
    });
    this.#manifests.set(session, writer);
    return writer;
  }
}
