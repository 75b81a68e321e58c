// TypeScript or JSX → JavaScript, by esbuild, for bundlers that leave it, or standard decorators, to plugins.
import { transform } from "esbuild";

export type Decorators = "legacy" | "standard";

export const tsconfigFor = (decorators: Decorators = "legacy"): string =>
  JSON.stringify({ compilerOptions: { experimentalDecorators: decorators === "legacy" } });

/** In the shape of Rollup's plugins, and of their kin. */
interface TypesPlugin {
  readonly name: string;
  readonly enforce: "pre";
  transform(code: string, id: string): Promise<{ code: string; map: string } | null>;
}

export function typesBy(decorators?: Decorators, minify = false): TypesPlugin {
  return {
    name: "types",
    enforce: "pre",
    async transform(code, id) {
      if (!/\.[cm]?[jt]sx?$/.test(id)) return null;
      const done = await transform(code, {
        loader: "tsx",
        sourcefile: id,
        sourcemap: true,
        target: "es2022",
        tsconfigRaw: tsconfigFor(decorators),
        minifySyntax: minify,
      });
      return { code: done.code, map: done.map };
    },
  };
}
