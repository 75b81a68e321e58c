// `llmops-transformer/rolldown`: the plugin in Rolldown's shape.
import { resolve } from "node:path";
import type { UnpluginInstance } from "unplugin";
import { NAME } from "../instrumenting.ts";
import type { PluginOptions } from "../options.ts";
import { rollupKin } from "./kin.ts";

export type { PluginOptions };

type Plugin = ReturnType<UnpluginInstance<PluginOptions | undefined, false>["rolldown"]>;

/** Of the hook that gets the options. */
interface Context {
  readonly meta: { readonly watchMode: boolean };
}

export const llmops = (options?: PluginOptions): Plugin => {
  const kin = rollupKin("rolldown", options);
  if (kin === undefined) return { name: NAME };
  return {
    ...kin.plugin,
    options(this: Context, { cwd }: { readonly cwd?: string }) {
      if (cwd !== undefined) kin.build.moveTo(resolve(cwd));
      kin.refuseUnmarked(!this.meta.watchMode);
    },
  };
};
export default llmops;
