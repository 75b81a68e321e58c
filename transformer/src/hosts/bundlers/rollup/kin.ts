// What Rollup, Rolldown, Vite and unloader have alike → the plugin that is one for each of them.
// Invariant: what the program does not own is left alone; findings are the host's own errors and
// warnings.
import type { SourceMapCompact } from "unplugin";
import { Instrumenting, NAME, type Transformed } from "../instrumenting.ts";
import { messageWithFrame, type PlacedMessage, placedMessage } from "../message.ts";
import { checkOptions } from "../option-check.ts";
import { refusingFilter } from "./native-filter.ts";
import type { PluginOptions } from "../options.ts";
import type { Show } from "../reports.ts";
import { type RollupHook, rollupHook } from "../runtime-import.ts";
import { COMPONENT_ID, fileOf, SOURCE_ID, VIRTUAL_ID } from "../sources.ts";

export type Kin = "rollup" | "rolldown" | "vite" | "unloader";

/** Of a hook's context, what we call. */
interface Context {
  addWatchFile(file: string): void;
  error(message: string | PlacedMessage): never;
  warn(message: string | PlacedMessage): void;
}

interface IdFilter {
  readonly id: { readonly include: RegExp[]; readonly exclude: RegExp };
}

interface TransformHook {
  /** Rollup before 4.38 knows nothing of it. */
  readonly filter: IdFilter;
  handler(this: Context, code: string, id: string): { code: string; map: SourceMapCompact } | null;
}

interface RollupPlugin {
  readonly name: string;
  /** Before comments and types are stripped. */
  readonly enforce: "pre";
  readonly transform: TransformHook;
  readonly resolveId: RollupHook;
  readonly buildStart: () => void;
  readonly buildEnd: () => void;
  readonly watchChange: () => void;
}

export interface RollupKin {
  readonly build: Instrumenting;
  readonly plugin: RollupPlugin;
  /** What was made of components, by their files. */
  readonly components: ReadonlyMap<string, Transformed>;
  /** To be called before each build by Rolldown: where one runs once, unmarked files stay there. */
  readonly refuseUnmarked: (once: boolean) => void;
  /** To be called where Vite builds by Rollup: it waits for a configuration that may come. */
  readonly buildByRollup: () => void;
}

/** @returns undefined where the plugin is to do nothing */
export function rollupKin(kin: Kin, options: PluginOptions = {}): RollupKin | undefined {
  checkOptions(options);
  if (options.enabled === false) return undefined;
  const build = new Instrumenting(options, process.cwd(), kin);
  const components = new Map<string, Transformed>();
  const filter: IdFilter = {
    id: { include: [SOURCE_ID, COMPONENT_ID], exclude: VIRTUAL_ID },
  };
  // Rolldown waits for no file that is not there, and Vite's server takes it for a broken import.
  let rollupWatches = kin === "rollup";
  const transform: TransformHook = {
    filter,
    handler(code, id) {
      if (!build.wants(id)) return null;
      const done = build.transform(code, id, {
        show: showIn(this, kin, id),
        watch: (file, exists) => {
          if (exists || rollupWatches) this.addWatchFile(file);
        },
      });
      if (done === null) return null;
      if (COMPONENT_ID.test(id)) components.set(fileOf(id), done);
      return { code: done.code, map: mapOf(done) };
    },
  };
  const plugin: RollupPlugin = {
    name: NAME,
    enforce: "pre",
    transform,
    resolveId: rollupHook(build),
    buildStart: () => build.begin(),
    buildEnd: () => build.end(),
    watchChange: () => build.refresh(),
  };
  const refuseUnmarked = (once: boolean): void => {
    const refuses = once && build.tagsDecide();
    // Vite's own type has no expressions.
    Object.assign(transform, { filter: refuses ? refusingFilter(build.root) : filter });
  };
  const buildByRollup = (): void => {
    rollupWatches = true;
  };
  return { build, plugin, components, refuseUnmarked, buildByRollup };
}

/** As Rollup's types have it. */
export function mapOf({ map }: Transformed): SourceMapCompact {
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
function showIn(context: Context, kin: Kin, id: string): Show {
  return (diagnostic, source) => {
    const method = diagnostic.severity === "error" ? "error" : "warn";
    // Vite shows a warning's message alone, and names the module where it is about another file.
    const placed = (kin !== "vite" || method === "error") && id.startsWith(diagnostic.file);
    context[method]((placed ? placedMessage : messageWithFrame)(diagnostic, source));
  };
}
