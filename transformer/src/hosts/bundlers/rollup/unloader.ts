// `llmops-transformer/unloader`: the plugin in unloader's shape, for Node's own loading.
import type { UnpluginInstance } from "unplugin";
import { NAME } from "../instrumenting.ts";
import type { PluginOptions } from "../options.ts";
import { rollupKin } from "./kin.ts";

export type { PluginOptions };

type Plugin = ReturnType<UnpluginInstance<PluginOptions | undefined, false>["unloader"]>;

export const llmops = (options?: PluginOptions): Plugin =>
  rollupKin("unloader", options)?.plugin ?? { name: NAME };
export default llmops;
