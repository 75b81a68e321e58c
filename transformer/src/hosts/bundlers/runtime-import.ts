// Instrumented code's import of the runtime → found from the importing file; where its package does
// not list the runtime, from the configuration's folder, the bundler's root, packages above them.
// Invariant: the bundler resolves; what it leaves out of the bundle stays an import of the package.
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { callbackify } from "node:util";
import { RUNTIME_MODULE } from "../../abi.ts";
import { sentence } from "../../diagnostics.ts";
import { projectsAbove } from "./projects.ts";

/** As filters take it. */
export const RUNTIME_ID: RegExp = new RegExp(`^${RUNTIME_MODULE}$`);

/** What a build knows of a file that imports the runtime. */
export interface RuntimeSearch {
  /** Changes with each build; undefined where files are served, which has no end. */
  readonly build: number | undefined;
  /** Directories to look from, after that of the file. */
  placesBeside(importer: string): readonly string[];
  /** What is said where none of them leads there. */
  missing(importer: string): Error;
}

/** Looks from one directory; undefined, or an error: the runtime is not there. */
type Look<Found> = (directory: string) => Promise<Found | undefined>;

/** Directories to look from, the nearest first. @param others where nothing beside leads there */
export function* directoriesFor(
  importer: string,
  search: Pick<RuntimeSearch, "placesBeside">,
  others: () => readonly string[] = () => [],
): Generator<string, void> {
  const seen = new Set<string>();
  // Plug'n'Play looks in one package alone, folders of modules in all above.
  const above = (): readonly string[] => [...seen].flatMap(projectsAbove);
  for (const list of [
    () => [dirname(importer)],
    () => search.placesBeside(importer),
    others,
    above,
  ]) {
    for (const directory of list()) {
      if (!seen.has(directory)) yield directory;
      seen.add(directory);
    }
  }
}

export function missingRuntime(importer: string, root: string): Error {
  return new Error(sentence("LLMOPS1201", [importer, root]));
}

export async function findRuntime<Found>(
  search: RuntimeSearch,
  importer: string,
  look: Look<Found>,
  others?: () => readonly string[],
): Promise<Found> {
  for (const directory of directoriesFor(importer, search, others)) {
    const found = await attempt(look, directory);
    if (found !== undefined) return found;
  }
  throw search.missing(importer);
}

/** Some resolvers throw, as Plug'n'Play's does, where others answer nothing. */
async function attempt<Found>(look: Look<Found>, directory: string): Promise<Found | undefined> {
  try {
    return await look(directory);
  } catch {
    return undefined;
  }
}

/**
 * What was found in this build: all files of a folder get the same, which is asked for once. Vite's
 * server finds another version each time that it bundles dependencies anew.
 */
export class Answers<Found> {
  readonly #search: RuntimeSearch;
  readonly #known = new Map<string, Promise<Found>>();
  #build: number | undefined;

  constructor(search: RuntimeSearch) {
    this.#search = search;
  }

  /** @param key of the folder, and of all else that decides */
  async of(key: string, find: () => Promise<Found>): Promise<Found> {
    const { build } = this.#search;
    if (build === undefined) return await find();
    if (build !== this.#build) this.#known.clear();
    this.#build = build;
    const known = this.#known.get(key) ?? find();
    this.#known.set(key, known);
    try {
      return await known;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }
}

interface RollupFound {
  id: string;
  external: boolean | "absolute" | "relative";
}

interface RollupAnswer extends RollupFound {
  /** Nothing is imported where nothing of it is used. */
  moduleSideEffects: false;
}

/** Of Rollup and its kin, what a plugin's hook has. */
interface RollupContext {
  /** Vite's: of a server's code, of the browser's. */
  readonly environment?: { readonly name: string };
  getModuleIds(): IterableIterator<string>;
  getModuleInfo(id: string): { readonly isEntry: boolean } | null;
  resolve(
    source: string,
    importer: string,
    options: { skipSelf: boolean },
  ): Promise<RollupFound | null>;
}

export interface RollupHook {
  readonly filter: { readonly id: RegExp };
  handler(
    this: RollupContext,
    source: string,
    importer: string | undefined,
  ): Promise<RollupAnswer | null>;
}

export function rollupHook(search: RuntimeSearch): RollupHook {
  const answers = new Answers<RollupFound>(search);
  return {
    filter: { id: RUNTIME_ID },
    async handler(source, importer) {
      // Rollup before 4.38 asks without the filter.
      if (source !== RUNTIME_MODULE || importer === undefined) return null;
      const look: Look<RollupFound> = async (directory) => {
        const from = directory === dirname(importer) ? importer : join(directory, "package.json");
        const found = await this.resolve(source, from, { skipSelf: true });
        // Without a plugin that looks for packages, Rollup leaves all of them outside.
        if (found === null && isThere(directory)) return { id: source, external: true };
        return found ?? undefined;
      };
      // Rollup has no root but the working directory: the program's own is where its entries are.
      // To look through them takes as long as there are modules.
      const entries = (): string[] =>
        [...this.getModuleIds()].filter((id) => isEntry(this, id)).map((id) => dirname(id));
      const key = `${this.environment?.name ?? ""} ${dirname(importer)}`;
      const found = await answers.of(
        key,
        async () => await findRuntime(search, importer, look, entries),
      );
      // Its package says so, which is not asked where it stays outside.
      return { ...found, moduleSideEffects: false };
    },
  };
}

/** Vite's server knows no entries, and throws where it is asked. */
function isEntry(rollup: RollupContext, id: string): boolean {
  try {
    return rollup.getModuleInfo(id)?.isEntry === true;
  } catch {
    return false;
  }
}

function isThere(directory: string): boolean {
  try {
    createRequire(join(directory, "package.json")).resolve(RUNTIME_MODULE);
    return true;
  } catch {
    return false;
  }
}

/** Of webpack's resolver. */
interface WebpackRequest {
  readonly request?: string;
  readonly path: string | false;
  readonly context?: object;
}

interface WebpackResolver {
  getHook(name: "resolve"): {
    tapAsync(
      name: string,
      answer: (
        request: WebpackRequest,
        context: object,
        done: (error?: Error | null, found?: WebpackRequest) => void,
      ) => void,
    ): void;
  };
  resolve(
    context: object,
    path: string,
    request: string,
    resolveContext: object,
    done: (error: Error | null, path?: string | false, found?: WebpackRequest) => void,
  ): void;
}

/** A plugin of the resolver: it is asked only for what is not external. */
export function webpackResolving(search: RuntimeSearch): {
  apply(resolver: WebpackResolver): void;
} {
  return {
    apply(resolver) {
      resolver.getHook("resolve").tapAsync("llmops", (request, context, done) => {
        const asking: { issuer?: unknown; llmops?: unknown } = request.context ?? {};
        const { issuer } = asking;
        if (request.request !== RUNTIME_MODULE || request.path === false) return done();
        if (asking.llmops === true) return done();
        const look: Look<WebpackRequest> = async (directory) =>
          await new Promise((resolve) => {
            const asked = { ...asking, llmops: true };
            resolver.resolve(asked, directory, RUNTIME_MODULE, context, (_error, _path, found) =>
              resolve(found),
            );
          });
        const importer =
          typeof issuer === "string" && issuer !== "" ? issuer : join(request.path, "entry");
        callbackify(async () => await findRuntime(search, importer, look))(done);
      });
    },
  };
}

/** Of Rspack's compiler. */
interface RspackCompiler {
  readonly hooks: {
    readonly compilation: {
      tap(
        name: string,
        listener: (compilation: object, factories: { normalModuleFactory: RspackFactory }) => void,
      ): void;
    };
  };
  readonly resolverFactory: {
    get(
      type: "normal",
      options: object,
    ): { resolveSync(context: object, path: string, request: string): string | false };
  };
}

interface RspackFactory {
  readonly hooks: {
    readonly resolve: {
      tapPromise(name: string, answer: (data: RspackRequest) => Promise<void>): void;
    };
  };
}

interface RspackRequest {
  request: string;
  readonly contextInfo: { readonly issuer: string };
}

export function resolveInRspack(compiler: RspackCompiler, search: RuntimeSearch): void {
  compiler.hooks.compilation.tap("llmops", (_compilation, { normalModuleFactory }) => {
    normalModuleFactory.hooks.resolve.tapPromise("llmops", async (data) => {
      if (data.request !== RUNTIME_MODULE) return;
      const resolver = compiler.resolverFactory.get("normal", { dependencyType: "esm" });
      data.request = await findRuntime(
        search,
        data.contextInfo.issuer,
        async (directory) =>
          await Promise.resolve(resolver.resolveSync({}, directory, RUNTIME_MODULE) || undefined),
      );
    });
  });
}

/** Of Farm's context. */
interface FarmContext {
  resolve(asked: FarmAsked, options: { meta: object; caller: string }): Promise<FarmFound | null>;
}

interface FarmFound {
  readonly resolvedPath: string;
}

interface FarmAsked {
  readonly source: string;
  /** Relative to the root. */
  readonly importer: string | null;
  readonly kind: unknown;
}

interface FarmHook {
  readonly filters: { readonly sources: string[]; readonly importers: string[] };
  executor(
    asked: FarmAsked,
    context: FarmContext,
    hook?: { readonly caller?: string | null },
  ): Promise<FarmFound | null>;
}

export function farmHook(search: RuntimeSearch, root: () => string): FarmHook {
  return {
    filters: { sources: [RUNTIME_ID.source], importers: [".*"] },
    async executor(asked, context, hook) {
      if (asked.importer === null || hook?.caller === "llmops") return null;
      const from = join(root(), asked.importer);
      return await findRuntime(search, from, async (directory) => {
        const file = directory === dirname(from) ? from : join(directory, "package.json");
        const importer = relative(root(), file);
        const options = { meta: {}, caller: "llmops" };
        return (await context.resolve({ ...asked, importer }, options)) ?? undefined;
      });
    },
  };
}

/** Of Bun's builder. */
export interface BunBuild {
  readonly config: {
    readonly root?: string;
    readonly external?: readonly string[];
    readonly packages?: string;
  };
  onResolve(
    options: { filter: RegExp },
    answer: (asked: { path: string; importer: string }) => Promise<{ path: string } | undefined>,
  ): unknown;
}

declare const Bun: { resolveSync(specifier: string, directory: string): string };

export function resolveInBun({ config, onResolve }: BunBuild, search: RuntimeSearch): void {
  const [name = ""] = RUNTIME_MODULE.split("/");
  const outside = new Set([RUNTIME_MODULE, name, `${name}/*`, "*"]);
  if (config.packages === "external" || config.external?.some((id) => outside.has(id))) return;
  onResolve({ filter: RUNTIME_ID }, async ({ path, importer }) => {
    const found = await findRuntime(
      search,
      importer,
      async (directory) =>
        await Promise.resolve({ path: Bun.resolveSync(path, directory), directory }),
    );
    // From the file itself Bun finds it by the conditions of its target.
    return found.directory === dirname(importer) ? undefined : { path: found.path };
  });
}
