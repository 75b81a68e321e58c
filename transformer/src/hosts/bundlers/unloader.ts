// `llmops-transformer/unloader`: the plugin in unloader's shape, for Node's own loading.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.unloader> =
  plugins.unloader;
export default llmops;
