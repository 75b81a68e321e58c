// src/handler.ts → dist/handler.mjs, one file but for the AWS SDK, which Lambda brings along.
import { build } from "esbuild";
import llmops from "llmops-transformer/esbuild";

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["src/handler.ts"],
  outfile: "dist/handler.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  external: ["@aws-sdk/*"],
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  plugins: [llmops()],
});
