// webpack's, Rspack's, Farm's and Bun's modules → instrumented, through one unplugin factory.
// Invariant: what the program does not own is left alone; findings are the host's own errors and
// warnings; an edit of the configuration alone is built as an edit of the files would be.
import { resolve } from "node:path";
import {
  createUnplugin,
  type UnpluginBuildContext,
  type UnpluginContext,
  type UnpluginContextMeta,
  type UnpluginInstance,
  type UnpluginOptions,
} from "unplugin";
import { Instrumenting, NAME } from "./instrumenting.ts";
import { type Compiler, type FarmConfig, nameCaches, withNamedCache } from "./caches.ts";
import { llmops as esbuild } from "./esbuild.ts";
import { FarmUpdates } from "./farm-updates.ts";
import { messageWithFrame } from "./message.ts";
import { checkOptions } from "./option-check.ts";
import type { PluginOptions } from "./options.ts";
import type { Show } from "./reports.ts";
import {
  type BunBuild,
  farmHook,
  resolveInBun,
  resolveInRspack,
  webpackResolving,
} from "./runtime-import.ts";
import { llmops as rolldown } from "./rollup/rolldown.ts";
import { llmops as rollup } from "./rollup/rollup.ts";
import { mapOf } from "./rollup/kin.ts";
import { SOURCE_ID, VIRTUAL_ID } from "./sources.ts";
import { llmops as unloader } from "./rollup/unloader.ts";
import { llmops as vite } from "./rollup/vite.ts";

type Framework = UnpluginContextMeta["framework"];
type Context = UnpluginBuildContext & UnpluginContext;

type Plugins = UnpluginInstance<PluginOptions | undefined, false>;

const plugins: Plugins = createUnplugin((options, { framework }) => {
  checkOptions(options);
  if (options?.enabled === false) return { name: NAME };
  return pluginOf(new Instrumenting(options ?? {}, process.cwd(), framework), framework);
});

/** The plugin for every bundler that unplugin knows. */
export const llmops: Plugins = { ...plugins, esbuild, rolldown, rollup, unloader, vite };
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
  const farmUpdates = new FarmUpdates(build);
  return {
    name: NAME,
    // Before comments and types are stripped.
    enforce: "pre",
    transformInclude: (id) => build.wants(id),
    transform: {
      filter: { id: { include: SOURCE_ID, exclude: VIRTUAL_ID } },
      handler(code, id) {
        const done = build.transform(code, id, {
          show: showIn(this),
          watch: (file, exists) => {
            if (framework === "farm") farmUpdates.built(id);
            else if (exists || WATCHES_MISSING.has(framework)) this.addWatchFile(file);
          },
        });
        return done === null ? null : { code: done.code, map: mapOf(done) };
      },
    },
    buildStart: () => build.begin(),
    buildEnd: () => build.end(),
    // In Farm unplugin would put it in the place of our hook.
    ...(framework !== "farm" && { watchChange: () => build.refresh() }),
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
      updateModules: farmUpdates.hook,
    },
    bun: {
      setup(builder: BunBuild) {
        inRoot(builder.config.root);
        resolveInBun(builder, build);
      },
    },
  };
}

/** Bun waits for no file that is not there. */
const WATCHES_MISSING: ReadonlySet<Framework> = new Set(["webpack", "rspack"]);

/** How a host takes an error or a warning. */
function showIn(context: Context): Show {
  const native = context.getNativeBuildContext?.();
  // It takes texts alone: unplugin's error objects end its native process.
  const host: Host = native?.framework === "farm" ? native.context : context;
  return (diagnostic, source) => {
    host[diagnostic.severity === "error" ? "error" : "warn"](messageWithFrame(diagnostic, source));
  };
}

interface Host {
  error(text: string): void;
  warn(text: string): void;
}
