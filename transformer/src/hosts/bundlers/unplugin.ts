// A bundler's modules → instrumented by the text emitter, through one unplugin factory.
// Invariant: what the program does not own is left alone; findings are the host's own errors and
// warnings; an edit of the configuration alone is built as an edit of the files would be.
import { resolve } from "node:path";
import {
  createUnplugin,
  type SourceMapCompact,
  type UnpluginBuildContext,
  type UnpluginContext,
  type UnpluginContextMeta,
  type UnpluginInstance,
  type UnpluginOptions,
} from "unplugin";
import { Instrumenting, NAME, type Transformed } from "./instrumenting.ts";
import { llmops as esbuild } from "./esbuild.ts";
import { messageWithFrame, placedMessage } from "./message.ts";
import type { PluginOptions } from "./options.ts";
import type { Show } from "./reports.ts";
import { SOURCE_ID, VIRTUAL_ID } from "./sources.ts";

type Framework = UnpluginContextMeta["framework"];
type Context = UnpluginBuildContext & UnpluginContext;

/** Of Vitest 5, which Vite's own type of plugins knows nothing of. */
interface VitestContext {
  defineCacheKeyGenerator?(generator: () => string): void;
}

/** Of webpack and Rspack; Rspack 1 has its cache among the experiments. */
interface Compiler {
  readonly context: string;
  readonly options: { readonly cache?: unknown; readonly experiments?: object };
}

type Plugins = UnpluginInstance<PluginOptions | undefined, false>;

const plugins: Plugins = createUnplugin((options, { framework }) => {
  if (options?.enabled === false) return { name: NAME };
  return pluginOf(new Instrumenting(options ?? {}, process.cwd(), framework), framework);
});

/** The plugin for every bundler that unplugin knows. */
export const llmops: Plugins = { ...plugins, esbuild };
export { llmops as unplugin };
export default llmops;

function pluginOf(build: Instrumenting, framework: Framework): UnpluginOptions {
  const inRoot = (root: string | undefined): void => {
    if (root !== undefined) build.moveTo(resolve(root));
  };
  const inCompiler = ({ context, options }: Compiler): void => {
    inRoot(context);
    const { cache, experiments = {} } = options;
    nameCaches(build.hash, [cache, "cache" in experiments ? experiments.cache : undefined]);
  };
  return {
    name: NAME,
    // Before comments and types are stripped.
    enforce: "pre",
    transformInclude: (id) => build.wants(id),
    transform: {
      filter: { id: { include: SOURCE_ID, exclude: VIRTUAL_ID } },
      handler(code, id) {
        const done = build.transform(code, id, {
          show: showIn(this, framework, id),
          watch: (file) => this.addWatchFile(file),
        });
        return done === null ? null : { code: done.code, map: mapOf(done) };
      },
    },
    buildStart: () => build.begin(),
    buildEnd: () => build.end(),
    watchChange: () => build.refresh(),
    vite: {
      configResolved: ({ root }) => inRoot(root),
      /** Vitest keeps what plugins made of a file, by their names alone. */
      ...({
        configureVitest(vitest: VitestContext) {
          vitest.defineCacheKeyGenerator?.(() => build.hash);
        },
      } satisfies object),
    },
    rolldown: {
      options: ({ cwd }) => inRoot(cwd),
    },
    webpack: inCompiler,
    rspack: inCompiler,
    farm: { configResolved: ({ root }: { root?: string }) => inRoot(root) },
    bun: { setup: ({ config }) => inRoot(config.root) },
  };
}

/** As Rollup's types have it. */
function mapOf({ map }: Transformed): SourceMapCompact {
  const { version, names, mappings, sources, sourcesContent = [] } = map;
  return {
    version,
    names: [...names],
    mappings,
    sources: sources.map((source) => source ?? ""),
    sourcesContent: [...sourcesContent],
  };
}

/**
 * A cache on disk would hand out modules as an older configuration, or version of ours, made them.
 */
function nameCaches(hash: string, caches: readonly unknown[]): void {
  for (const cache of caches) {
    if (typeof cache !== "object" || cache === null || !("type" in cache)) continue;
    if (cache.type !== "filesystem" && cache.type !== "persistent") continue;
    const version = "version" in cache && typeof cache.version === "string" ? cache.version : "";
    Object.assign(cache, { version: `${version} llmops:${hash}` });
  }
}

/** How a host takes an error or a warning, while it asks for the module of this id. */
function showIn(context: Context, framework: Framework, id: string): Show {
  const native = context.getNativeBuildContext?.();
  // It takes texts alone: unplugin's error objects end its native process.
  const host: Host = native?.framework === "farm" ? native.context : context;
  return (diagnostic, source) => {
    const method = diagnostic.severity === "error" ? "error" : "warn";
    // Vite shows a warning's message alone, and names the module where it is about another file.
    const draws = framework === "vite" ? method === "error" : DRAWS_FRAMES.has(framework);
    if (draws && id.startsWith(diagnostic.file)) context[method](placedMessage(diagnostic, source));
    else host[method](messageWithFrame(diagnostic, source));
  };
}

interface Host {
  error(text: string): void;
  warn(text: string): void;
}

const DRAWS_FRAMES: ReadonlySet<Framework> = new Set(["rollup", "rolldown", "unloader"]);
