// Bundlers without a TypeScript program → the text emitter for each of their files, through one unplugin factory.
// Invariant: files that cannot hold a site are refused by the bundler's own filter; findings become its errors and warnings.
import { codeFrameColumns } from "@babel/code-frame";
import { createUnplugin, type UnpluginInstance } from "unplugin";
import { type Config, loadConfig, type RawConfig } from "../config/load.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { instrument } from "./instrument.ts";

export interface BundlerOptions {
  /** As in `llmops.config.json`, a path, or left out: searched upwards from the working directory. */
  readonly config?: RawConfig | string;
}

const SOURCE_FILE = /\.[cm]?[jt]sx?(?:$|\?)/;
const DEPENDENCY = /[\\/]node_modules[\\/]/;

/** The plugin for every bundler that unplugin knows. */
export const unplugin: UnpluginInstance<BundlerOptions | undefined, false> = createUnplugin(
  (options?: BundlerOptions) => {
    const config: Config = loadConfig(options?.config, process.cwd());
    return {
      name: "llmops",
      // Before comments and types are stripped.
      enforce: "pre",
      transform: {
        filter: { id: { include: SOURCE_FILE, exclude: DEPENDENCY } },
        handler(code, id) {
          if (config.path !== undefined) this.addWatchFile(config.path);
          const filename = id.replace(/\?.*$/, "");
          const done = instrument(code, { filename, config });
          if (done === null) return null;
          for (const diagnostic of done.diagnostics) {
            const message = messageOf(diagnostic, code);
            if (diagnostic.severity === "error") this.error(message);
            this.warn(message);
          }
          return done.sites.length === 0 ? null : { code: done.code, map: done.map };
        },
      },
    };
  },
);

function messageOf(
  { code, message, file, line, column, length }: Diagnostic,
  source: string,
): Message {
  const start = { line, column };
  const frame = codeFrameColumns(source, { start, end: { line, column: column + length } });
  // Columns of bundlers count from 0.
  return {
    message: `${code}: ${message}\n${frame}`,
    id: file,
    loc: { file, line, column: column - 1 },
    frame,
  };
}

interface Message {
  readonly message: string;
  readonly id: string;
  readonly loc: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame: string;
}
