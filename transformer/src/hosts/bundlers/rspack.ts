// `llmops-transformer/rspack`: the plugin in Rspack's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.rspack> =
  plugins.rspack;
export default llmops;
