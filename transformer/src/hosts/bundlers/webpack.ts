// `llmops-transformer/webpack`: the plugin in webpack's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.webpack> =
  plugins.webpack;
export default llmops;
