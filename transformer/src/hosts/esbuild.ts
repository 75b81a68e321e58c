// `llmops-transformer/esbuild`: the plugin in esbuild's shape.
import { type BundlerOptions, unplugin } from "./unplugin.ts";

/** @param options see `BundlerOptions` */
const plugin: (options?: BundlerOptions) => ReturnType<typeof unplugin.esbuild> = unplugin.esbuild;
export default plugin;
