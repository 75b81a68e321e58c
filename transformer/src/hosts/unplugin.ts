// A bundler's files → instrumented by the text emitter, through one unplugin factory.
// Invariant: the bundler's filter leaves dependencies alone; findings are its errors and warnings.
import { createUnplugin, type UnpluginInstance } from "unplugin";
import type { RawConfig } from "../config/schema.ts";
import { bundlerMessage } from "./bundler-message.ts";
import { instrumentIn } from "./instrument.ts";
import { ManifestWriter } from "./manifest.ts";
import { lineOf } from "./render.ts";
import { openSession } from "./session.ts";

export interface BundlerOptions {
  /** As in `llmops.config.json`, a path, or left out: searched from the working directory up. */
  readonly config?: RawConfig | string;
  /**
   * Where the manifest is written, relative to the config file or the working directory; false:
   * nowhere.
   * @default true: `.llmops/manifest.json`
   */
  readonly manifest?: boolean | string;
}

/** Vitest 5, of whose plugins Vite's own type knows nothing. */
interface VitestContext {
  defineCacheKeyGenerator?(generator: () => string): void;
}

const SOURCE_FILE = /\.[cm]?[jt]sx?(?:$|\?)/;
const DEPENDENCY = /[\\/]node_modules[\\/]/;

/** In ms. */
const QUIET_MS = 500;

/** The plugin for every bundler that unplugin knows. */
export const unplugin: UnpluginInstance<BundlerOptions | undefined, false> = createUnplugin(
  (options, { framework }) => {
    const session = openSession(options?.config, process.cwd());
    const manifest = new ManifestWriter(session, {
      adapter: framework,
      manifest: options?.manifest,
      warn: (diagnostic) => process.stderr.write(`${lineOf(diagnostic)}\n`),
    });
    const { path } = session.config;
    return {
      name: "llmops",
      // Before comments and types are stripped.
      enforce: "pre",
      transform: {
        filter: { id: { include: SOURCE_FILE, exclude: DEPENDENCY } },
        handler(code, id) {
          if (path !== undefined) this.addWatchFile(path);
          // Development servers have no end of a build.
          manifest.writeAfter(QUIET_MS);
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
      buildEnd() {
        manifest.write();
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
