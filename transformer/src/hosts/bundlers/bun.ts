// `llmops-transformer/bun`: the plugin in Bun's shape.
import type { PluginOptions } from "./options.ts";
import { llmops as plugins } from "./unplugin.ts";

export type { PluginOptions };

export const llmops: (options?: PluginOptions) => ReturnType<typeof plugins.bun> = plugins.bun;
export default llmops;
