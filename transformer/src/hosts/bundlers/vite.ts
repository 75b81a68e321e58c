// `llmops-transformer/vite`: the plugin in Vite's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.vite> = plugins.vite;
export default llmops;
