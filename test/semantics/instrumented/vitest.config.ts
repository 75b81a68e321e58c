// The project's own tests, with the transformer, the processor and the demo instrumented by the text emitter: all of their functions, all locals.
// Invariant: differs from the root's configuration in that plugin alone, and in the settings that keep the runtime by itself.
import { mergeConfig, type ViteUserConfig } from "vitest/config";
import { unplugin } from "../../../transformer/src/hosts/bundlers/unplugin.ts";
import base from "../../../vitest.config.ts";

const root = new URL("../../../", import.meta.url).pathname;

const config: ViteUserConfig = mergeConfig(base, {
  root,
  plugins: [
    unplugin.vite({
      config: {
        track: [
          { files: ["{transformer,processor}/src/**", "demo/**"], functions: "**", capture: true },
        ],
      },
    }),
  ],
  test: {
    setupFiles: ["test/semantics/instrumented/record.ts"],
    // Beside a run of the same tests that are not instrumented.
    env: { FIXTURES_OUT: ".llmops/test/instrumented/fixtures" },
  },
} satisfies ViteUserConfig) as ViteUserConfig;

export default config;
