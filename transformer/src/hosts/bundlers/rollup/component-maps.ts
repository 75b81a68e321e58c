// Parts of components that Vue's plugin loads → with maps to the components as they were written.
// Invariant: what a part holds stays; a map that leads elsewhere does too.
import { composed, type SourceMapObject } from "../../source-map.ts";
import type { Transformed } from "../instrumenting.ts";
import { fileOf } from "../sources.ts";
import { mapOf } from "./kin.ts";

/** A plugin of Vite's configuration. */
export interface VitePlugin {
  readonly name: string;
  load?: unknown;
}

type Load = (this: unknown, id: string, ...more: readonly unknown[]) => unknown;

interface Loaded {
  readonly map?: Partial<SourceMapObject> | null;
}

/**
 * Vue's plugin takes scripts, templates and styles out of our text. Rollup takes two texts of one
 * source, that and the file's, for an error: Vite 7 would not build with source maps.
 */
export function leadPartsBack(
  plugins: readonly VitePlugin[],
  made: ReadonlyMap<string, Transformed>,
): void {
  for (const plugin of plugins) {
    if (plugin.name !== "vite:vue") continue;
    const { load } = plugin;
    if (typeof load === "function") plugin.load = leadingBack(load as Load, made);
    else if (hasHandler(load)) load.handler = leadingBack(load.handler, made);
  }
}

function hasHandler(load: unknown): load is { handler: Load } {
  return typeof load === "object" && load !== null && "handler" in load;
}

function leadingBack(load: Load, made: ReadonlyMap<string, Transformed>): Load {
  return function (id, ...more) {
    const loaded = load.call(this, id, ...more);
    if (typeof loaded !== "object" || loaded === null) return loaded;
    const { map }: Loaded = loaded;
    const component = made.get(fileOf(id));
    // Another plugin may have changed the text since, and this one may have been here before.
    if (component === undefined || map?.sourcesContent?.[0] !== component.code) return loaded;
    return { ...loaded, map: composed(map as SourceMapObject, mapOf(component)) };
  };
}
