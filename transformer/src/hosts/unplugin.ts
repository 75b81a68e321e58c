// A bundler's files → instrumented by the text emitter, through one unplugin factory.
// Invariant: the bundler's filter leaves dependencies alone; findings are its errors and warnings.
import { createUnplugin, type UnpluginInstance } from "unplugin";
import type { RawConfig } from "../config/schema.ts";
import { bundlerMessage } from "./bundler-message.ts";
import { instrumentIn } from "./instrument.ts";
import { openSession } from "./session.ts";

export interface BundlerOptions {
  /** As in `llmops.config.json`, a path, or left out: searched from the working directory up. */
  readonly config?: RawConfig | string;
}

/** Vitest 5, of whose plugins Vite's own type knows nothing. */
interface VitestContext {
  defineCacheKeyGenerator?(generator: () => string): void;
}

const SOURCE_FILE = /\.[cm]?[jt]sx?(?:$|\?)/;
const DEPENDENCY = /[\\/]node_modules[\\/]/;

/** The plugin for every bundler that unplugin knows. */
export const unplugin: UnpluginInstance<BundlerOptions | undefined, false> = createUnplugin(
  (options?: BundlerOptions) => {
    const session = openSession(options?.config, process.cwd());
    const { path } = session.config;
    return {
      name: "llmops",
      // Before comments and types are stripped.
      enforce: "pre",
      transform: {
        filter: { id: { include: SOURCE_FILE, exclude: DEPENDENCY } },
        handler(code, id) {
          if (path !== undefined) this.addWatchFile(path);
          const filename = id.replace(/\?.*$/, "");
          // `App.vue?vue&type=script&lang.ts`, but `app.ts?v=1`
          const part = SOURCE_FILE.test(filename) ? filename : id;
          const done = instrumentIn(session, code, { filename, part });
          if (done === null) return null;
          for (const diagnostic of done.diagnostics) {
            const message = bundlerMessage(diagnostic, code);
            if (diagnostic.severity === "error") this.error(message);
            this.warn(message);
          }
          return done.sites.length === 0 ? null : { code: done.code, map: done.map };
        },
      },
      vite: {
        /** Vitest keeps what plugins made of a file, by their names alone. */
        configureVitest(vitest: VitestContext) {
          vitest.defineCacheKeyGenerator?.(() => session.config.hash);
        },
      } satisfies object,
    };
  },
);
