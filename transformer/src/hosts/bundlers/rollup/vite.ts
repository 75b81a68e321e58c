// `llmops-transformer/vite`: the plugin in Vite's shape, for builds, its server, and Vitest.
// Invariant: an edit of the configuration alone is built, and served, as an edit of the files.
import { basename, resolve } from "node:path";
import type { UnpluginInstance } from "unplugin";
import { CONFIG_NAME } from "../../../config/sources.ts";
import { type Instrumenting, NAME } from "../instrumenting.ts";
import type { PluginOptions } from "../options.ts";
import { leadPartsBack, type VitePlugin } from "./component-maps.ts";
import { rollupKin } from "./kin.ts";

export type { PluginOptions };

type Plugin = ReturnType<UnpluginInstance<PluginOptions | undefined, false>["vite"]>;

/** Of Vite, what we ask and call. */
interface ResolvedConfig {
  readonly root: string;
  readonly command: "build" | "serve";
  readonly build: { readonly watch?: object | null };
  readonly plugins: readonly VitePlugin[];
}

interface Context {
  /** Vite 8 builds by Rolldown. */
  readonly meta?: { readonly rolldownVersion?: string };
}

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

export const llmops = (options?: PluginOptions): Plugin => {
  const kin = rollupKin("vite", options);
  if (kin === undefined) return { name: NAME };
  const { build, plugin, refuseUnmarked, buildByRollup, components } = kin;
  return {
    ...plugin,
    configResolved(this: Context, { root, command, build: { watch }, plugins }: ResolvedConfig) {
      build.moveTo(resolve(root));
      leadPartsBack(plugins, components);
      if (command === "serve") build.serve();
      const once = command === "build" && (watch ?? undefined) === undefined;
      if (this.meta?.rolldownVersion !== undefined) refuseUnmarked(once);
      else if (command === "build") buildByRollup();
    },
    configureServer: (server: ViteDevServer) => reloadForNewConfig(server, build),
    /** Vitest keeps what plugins made of a file, by their names alone. */
    ...({
      configureVitest(vitest: VitestContext) {
        vitest.defineCacheKeyGenerator?.(() => build.hash);
      },
    } satisfies object),
  };
};
export default llmops;

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
