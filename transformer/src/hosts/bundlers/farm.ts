// `llmops-transformer/farm`: the plugin in Farm's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.farm> = plugins.farm;
export default llmops;
