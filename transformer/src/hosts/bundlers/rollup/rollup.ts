// `llmops-transformer/rollup`: the plugin in Rollup's shape.
import type { UnpluginInstance } from "unplugin";
import { NAME } from "../instrumenting.ts";
import type { PluginOptions } from "../options.ts";
import { rollupKin } from "./kin.ts";

export type { PluginOptions };

type Plugin = ReturnType<UnpluginInstance<PluginOptions | undefined, false>["rollup"]>;

export const llmops = (options?: PluginOptions): Plugin =>
  rollupKin("rollup", options)?.plugin ?? { name: NAME };
export default llmops;
