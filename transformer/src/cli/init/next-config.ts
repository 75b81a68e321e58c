// next.config → the same with our loader, for webpack and for Turbopack.
// Invariant: a config that has a `webpack` or `turbopack` of its own stays untouched.
import { MagicString } from "magic-string";
import type { Compiler } from "../../syntax.ts";
import { addProperty, configObjects, isWhole, propertyNamed } from "./bundler-config.ts";

const LOADER = '"llmops-transformer/webpack-loader"';

export function withLoader(ts: Compiler, path: string, text: string): string | undefined {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const [object, ...others] = configObjects(ts, file);
  if (object === undefined || others.length > 0 || !isWhole(file)) return undefined;
  if (["webpack", "turbopack"].some((name) => propertyNamed(ts, object, name) !== undefined))
    return undefined;
  const edited = new MagicString(text);
  const external = propertyNamed(ts, object, "serverExternalPackages") === undefined;
  const properties = [WEBPACK, TURBOPACK, ...(external ? [EXTERNAL] : [])];
  addProperty(file, edited, object, properties.join(",\n  "));
  return edited.toString();
}

const WEBPACK = `webpack(config) {
    config.module.rules.push({
      test: /\\.[cm]?[jt]sx?$/,
      exclude: /node_modules/,
      enforce: "pre",
      use: ${LOADER},
    });
    return config;
  }`;

/** One runtime for all routes, whose dependencies Node finds when it sends. */
const EXTERNAL = 'serverExternalPackages: ["llmops-observability"]';

const TURBOPACK = `turbopack: {
    rules: {
      "*.ts": { loaders: [${LOADER}] },
      "*.tsx": { loaders: [${LOADER}] },
    },
  }`;
