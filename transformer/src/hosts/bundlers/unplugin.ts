// A bundler's modules → instrumented by the text emitter, through one unplugin factory.
// Invariant: what the program does not own is left alone; findings are the host's own errors and
// warnings; an edit of the configuration alone is built as an edit of the files would be.
import { basename, resolve } from "node:path";
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
import { CONFIG_NAME } from "../../config/sources.ts";
import { type Compiler, type FarmConfig, nameCaches, withNamedCache } from "./caches.ts";
import { llmops as esbuild } from "./esbuild.ts";
import { messageWithFrame, placedMessage } from "./message.ts";
import type { PluginOptions } from "./options.ts";
import type { Show } from "./reports.ts";
import {
  type BunBuild,
  farmHook,
  resolveInBun,
  resolveInRspack,
  rollupHook,
  webpackResolving,
} from "./runtime-import.ts";
import { COMPONENT_ID, SOURCE_ID, VIRTUAL_ID } from "./sources.ts";

type Framework = UnpluginContextMeta["framework"];
type Context = UnpluginBuildContext & UnpluginContext;

/** Of Vite, what we call. */
interface ViteDevServer {
  readonly watcher: { on(event: "add", listener: (file: string) => void): unknown };
  readonly environments: Readonly<Record<string, ViteEnvironment>>;
}

interface ViteEnvironment {
  readonly moduleGraph: { invalidateAll(): void };
  readonly hot: { send(payload: { type: "full-reload" }): void };
}

/** Of Vitest 5, which Vite's own type of plugins knows nothing of. */
interface VitestContext {
  defineCacheKeyGenerator?(generator: () => string): void;
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
  const inCompiler = (compiler: Compiler): void => {
    inRoot(compiler.context);
    nameCaches(compiler, build.hash);
  };
  const resolveId = rollupHook(build);
  return {
    name: NAME,
    // Before comments and types are stripped.
    enforce: "pre",
    transformInclude: (id) => build.wants(id),
    transform: {
      filter: { id: { include: [SOURCE_ID, COMPONENT_ID], exclude: VIRTUAL_ID } },
      handler(code, id) {
        const done = build.transform(code, id, {
          show: showIn(this, framework, id),
          watch: (file, exists) => {
            if (exists || WATCHES_MISSING.has(framework)) this.addWatchFile(file);
          },
        });
        return done === null ? null : { code: done.code, map: mapOf(done) };
      },
    },
    buildStart: () => build.begin(),
    buildEnd: () => build.end(),
    watchChange: () => build.refresh(),
    rollup: { resolveId },
    unloader: { resolveId },
    vite: {
      resolveId,
      configResolved: ({ root }) => inRoot(root),
      configureServer: (server) => reloadForNewConfig(server, build),
      /** Vitest keeps what plugins made of a file, by their names alone. */
      ...({
        configureVitest(vitest: VitestContext) {
          vitest.defineCacheKeyGenerator?.(() => build.hash);
        },
      } satisfies object),
    },
    rolldown: {
      resolveId,
      options: ({ cwd }) => inRoot(cwd),
    },
    webpack(compiler) {
      inCompiler(compiler);
      const { resolve: resolving } = compiler.options;
      resolving.plugins = [...(resolving.plugins ?? []), webpackResolving(build)];
    },
    rspack(compiler) {
      inCompiler(compiler);
      resolveInRspack(compiler, build);
    },
    farm: {
      config(config: FarmConfig) {
        inRoot(config.root);
        return withNamedCache(config, build.hash);
      },
      resolve: farmHook(build, () => build.root),
    },
    bun: {
      setup(builder: BunBuild) {
        inRoot(builder.config.root);
        resolveInBun(builder, build);
      },
    },
  };
}

/** Rolldown waits for no file that is not there, and Vite takes it for an import that is broken. */
const WATCHES_MISSING: ReadonlySet<Framework> = new Set(["rollup", "webpack", "rspack"]);

function reloadForNewConfig({ watcher, environments }: ViteDevServer, build: Instrumenting): void {
  watcher.on("add", (file) => {
    if (basename(file) !== CONFIG_NAME) return;
    build.refresh();
    for (const { moduleGraph, hot } of Object.values(environments)) {
      moduleGraph.invalidateAll();
      hot.send({ type: "full-reload" });
    }
  });
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
