// `llmops-transformer/rollup`: the plugin in Rollup's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.rollup> =
  plugins.rollup;
export default llmops;
