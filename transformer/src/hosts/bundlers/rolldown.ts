// `llmops-transformer/rolldown`: the plugin in Rolldown's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.rolldown> =
  plugins.rolldown;
export default llmops;
