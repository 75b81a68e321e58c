// An application's folder → built by each bundler with our plugin: the bundle, and what the bundler said.
// Invariant: the working directory is the repository's root, never the application's.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { Compiler as RspackCompiler, RspackOptions } from "@rspack/core";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { llmops as inEsbuild } from "llmops-transformer/esbuild";
import { llmops as inRolldown } from "llmops-transformer/rolldown";
import { llmops as inRollup } from "llmops-transformer/rollup";
import { llmops as inRspack } from "llmops-transformer/rspack";
import { llmops as inVite, type PluginOptions } from "llmops-transformer/vite";
import { llmops as inWebpack } from "llmops-transformer/webpack";
import type * as RolldownTypes from "rolldown";
import type * as RollupTypes from "rollup";
import type * as ViteTypes from "vite";
import webpack from "webpack";
import { type App, type Build, type Built, type Place, placeOf, result, said } from "./app.ts";
import { tsconfigFor, typesBy } from "./types.ts";

const OTHERS = join(import.meta.dirname, "../others/node_modules");
const STRIP_TYPES = join(import.meta.dirname, "strip-types.cjs");

const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
/** A module of `test/hosts/others`, which is installed apart from the project. */
async function other<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(OTHERS, path)).href)) as T;
}

const othersAreThere: boolean = existsSync(OTHERS);
if (process.env["CI"] !== undefined && !othersAreThere)
  throw new Error("No other bundlers: npm ci --prefix test/hosts/others");

function oursIn<Plugin>(
  { options, twice = false }: App,
  plugin: (options?: PluginOptions) => Plugin,
): Plugin[] {
  return twice ? [plugin(options), plugin(options)] : [plugin(options)];
}

function withVite(name: string, load: () => Promise<typeof ViteTypes>): Build {
  return async (app) => {
    const { entry, outDir, file, external } = placeOf(name, app);
    const vite = await load();
    const logger = vite.createLogger("silent");
    const warnings: string[] = [];
    const errors: string[] = [];
    logger.warn = (message) => void warnings.push(message);
    logger.warnOnce = logger.warn;
    const built = vite.build({
      root: app.directory,
      configFile: false,
      customLogger: logger,
      resolve: { preserveSymlinks: app.keepLinks ?? false },
      // Vite 7 takes `.cts` for JavaScript.
      ...(name === "vite7" && { esbuild: { include: /\.[cm]?tsx?$|\.jsx$/ } }),
      plugins: [
        ...oursIn(app, inVite),
        app.decorators === "standard" && typesBy(app.decorators, app.minify),
      ],
      ...(app.platform === "browser" ? {} : { ssr: { noExternal: true, external: [...external] } }),
      build: {
        ...(app.platform === "browser" ? {} : { ssr: entry }),
        outDir,
        sourcemap: true,
        minify: app.minify ?? false,
        emptyOutDir: true,
        rollupOptions: {
          input: entry,
          external: [...external],
          output: { entryFileNames: "main.js", format: "esm" },
        },
      },
    });
    await built.catch((error: unknown) => errors.push(said(error)));
    return result(file, warnings, errors);
  };
}

/** Rollup leaves CommonJS and JSON to plugins too, whose types say CommonJS of themselves. */
async function moreForRollup(): Promise<RollupTypes.Plugin[]> {
  type Module = { default: (options?: object) => RollupTypes.Plugin };
  const commonjs = (await import("@rollup/plugin-commonjs")) as unknown as Module;
  const json = (await import("@rollup/plugin-json")) as unknown as Module;
  return [json.default(), commonjs.default()];
}

/** `@rollup/plugin-node-resolve` looks into folders alone. */
const inPlugNPlay: RollupTypes.Plugin = {
  name: "plug-n-play",
  resolveId: (id, importer) =>
    importer === undefined || id.startsWith("node:") ? null : createRequire(importer).resolve(id),
};

function withRollup(name: string, load: () => Promise<typeof RollupTypes>): Build {
  return async (app) => {
    const { entry, file, external } = placeOf(name, app);
    const warnings: string[] = [];
    const { rollup } = await load();
    const build = async (): Promise<void> => {
      const bundle = await rollup({
        input: entry,
        preserveSymlinks: app.keepLinks ?? false,
        external: [...external, /^node:/],
        plugins: [
          ...oursIn(app, inRollup),
          typesBy(app.decorators, app.minify),
          ...(await moreForRollup()),
          "pnp" in process.versions
            ? inPlugNPlay
            : nodeResolve({ browser: app.platform === "browser", extensions: [".ts", ".js"] }),
        ],
        onwarn: (warning) => void warnings.push(said(warning)),
      });
      await bundle.write({ file, format: "esm", sourcemap: true, inlineDynamicImports: true });
      await bundle.close();
    };
    const errors = await failures(build());
    return result(file, warnings, errors);
  };
}

async function failures(build: Promise<void>): Promise<string[]> {
  try {
    await build;
    return [];
  } catch (error) {
    return [said(error)];
  }
}

const withRolldown: Build = async (app) => {
  const { entry, file, external } = placeOf("rolldown", app);
  const { rolldown } = await import("rolldown");
  const warnings: string[] = [];
  const build = async (): Promise<void> => {
    const bundle = await rolldown({
      cwd: app.directory,
      input: entry,
      platform: app.platform ?? "node",
      resolve: { symlinks: app.keepLinks !== true },
      external: [...external],
      plugins: [
        ...oursIn(app, inRolldown),
        app.decorators === "standard" && typesBy(app.decorators, app.minify),
      ],
      checks: { pluginTimings: false },
      onLog: (level: RolldownTypes.LogLevel, log) => {
        if (level === "warn") warnings.push(said(log));
      },
    });
    await bundle.write({
      file,
      format: "esm",
      sourcemap: true,
      minify: app.minify ?? false,
      codeSplitting: false,
    });
    await bundle.close();
  };
  const errors = await failures(build());
  return result(file, warnings, errors);
};

function withEsbuild(name: string, load: () => Promise<typeof esbuild>): Build {
  return async (app) => {
    const { entry, file, external } = placeOf(name, app);
    const { build, formatMessages } = await load();
    const text = async (
      messages: esbuild.Message[],
      kind: "error" | "warning",
    ): Promise<string[]> => await formatMessages(messages, { kind, color: false });
    const done = await build({
      entryPoints: [entry],
      absWorkingDir: app.directory,
      outfile: file,
      bundle: true,
      preserveSymlinks: app.keepLinks ?? false,
      platform: app.platform ?? "node",
      format: "esm",
      sourcemap: true,
      minify: app.minify ?? false,
      external: [...external],
      // A CommonJS file in an ES module requires what is external.
      ...(app.platform !== "browser" && { banner: { js: REQUIRE } }),
      plugins: [...oursIn(app, inEsbuild)],
      logLevel: "silent",
      ...(app.decorators === "standard" && { target: "es2022" }),
    }).catch((error: unknown) => error as esbuild.BuildFailure);
    return result(file, await text(done.warnings, "warning"), await text(done.errors, "error"));
  };
}

const withWebpack: Build = async (app) => {
  const { entry, outDir, file, external } = placeOf("webpack", app);
  const compiler = webpack({
    context: app.directory,
    mode: app.minify === true ? "production" : "none",
    target: app.platform === "browser" ? "web" : "node20",
    entry,
    devtool: "source-map",
    externals: Object.fromEntries(external.map((id) => [id, `module ${id}`])),
    resolve: { extensions: [".ts", ".js"], symlinks: app.keepLinks !== true },
    module: {
      rules: [
        {
          test: /\.[cm]?[jt]sx?$/,
          exclude: /node_modules/,
          loader: STRIP_TYPES,
          options: { tsconfigRaw: tsconfigFor(app.decorators) },
        },
      ],
    },
    output: { path: outDir, filename: "main.js", module: true, chunkFormat: "module" },
    plugins: [...oursIn(app, inWebpack)],
    cache: app.cache === undefined ? false : { type: "filesystem", cacheDirectory: app.cache },
  });
  return await compiled(file, compiler);
};

/** What webpack and Rspack have in common. */
interface Compiler {
  run(done: (error: Error | null, stats?: Stats) => void): void;
  close(done: () => void): void;
}

interface Stats {
  toJson(options: object): { errors?: { message: string }[]; warnings?: { message: string }[] };
}

async function compiled(file: string, compiler: Compiler): Promise<Built> {
  return await new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      const { errors = [], warnings = [] } =
        stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
      compiler.close(() => {
        if (error !== null) return reject(error);
        const texts = (found: readonly { message: string }[]): string[] =>
          found.map(({ message }) => message);
        resolve(result(file, texts(warnings), texts(errors)));
      });
    });
  });
}

function rspackCache(name: string, cache: string | undefined): object {
  const kept = { type: "persistent", storage: { type: "filesystem", directory: cache } };
  if (name !== "rspack1") return cache === undefined ? {} : { cache: kept };
  const experiments = { outputModule: true, ...(cache !== undefined && { cache: kept }) };
  return { cache: cache !== undefined, experiments };
}

interface Rspack {
  rspack(options: RspackOptions): RspackCompiler;
}

function withRspack(name: string, load: () => Promise<Rspack>): Build {
  return async (app) => {
    const { entry, outDir, file, external } = placeOf(name, app);
    const { rspack } = await load();
    const compiler = rspack({
      context: app.directory,
      mode: app.minify === true ? "production" : "none",
      target: app.platform === "browser" ? "web" : "node20",
      entry,
      devtool: "source-map",
      externals: Object.fromEntries(external.map((id) => [id, `module ${id}`])),
      resolve: {
        extensions: [".ts", ".js"],
        pnp: "pnp" in process.versions,
        symlinks: app.keepLinks !== true,
      },
      module: {
        rules: [
          {
            test: /\.[cm]?[jt]sx?$/,
            exclude: /node_modules/,
            loader: "builtin:swc-loader",
            options: {
              jsc: {
                parser: { syntax: "typescript", tsx: true, decorators: true },
                transform:
                  app.decorators === "standard"
                    ? { decoratorVersion: "2022-03" }
                    : { legacyDecorator: true },
                target: "es2022",
              },
            },
          },
        ],
      },
      output: { path: outDir, filename: "main.js", module: true, chunkFormat: "module" },
      ...rspackCache(name, app.cache),
      plugins: [...oursIn(app, inRspack)],
    });
    return await compiled(file, compiler);
  };
}

/** The application may be anywhere. */
const doorOf = (name: string): string =>
  pathToFileURL(join(import.meta.dirname, `../../../transformer/dist/${name}.js`)).href;

/** Farm's and Bun's own processes: what they print is all that a user sees. */
function inProcess(
  name: string,
  command: string,
  script: (place: Place, app: App) => string,
): Build {
  return async (app) => {
    const place = placeOf(name, app);
    mkdirSync(place.outDir, { recursive: true });
    const program = join(app.directory, `build-by-${name}.mjs`);
    writeFileSync(program, script(place, app));
    return await new Promise((resolve) => {
      execFile(
        command,
        [program],
        { env: { ...process.env, NO_COLOR: "1" } },
        (error, out, err) => {
          const text = `${out}${err}`;
          resolve(result(place.file, [text], error === null ? [] : [text]));
        },
      );
    });
  };
}

const withBun: Build = inProcess(
  "bun",
  join(OTHERS, "@oven/bun-linux-x64/bin/bun"),
  ({ entry, outDir, external }, app) => `
import llmops from ${JSON.stringify(doorOf("bun"))};
const { logs } = await Bun.build({
  entrypoints: [${JSON.stringify(entry)}],
  root: ${JSON.stringify(app.directory)},
  outdir: ${JSON.stringify(outDir)},
  naming: "main.js",
  target: ${JSON.stringify(app.platform ?? "node")},
  sourcemap: "linked",
  minify: ${app.minify === true ? "{ syntax: true, whitespace: true, identifiers: true }" : "false"},
  external: ${JSON.stringify(external)},
  plugins: [${oursIn(app, (options) => `llmops(${inspect(options, { depth: null })})`).join()}],
});
for (const log of logs) console.error(log);
`,
);

const withFarm: Build = inProcess(
  "farm",
  process.execPath,
  ({ entry, outDir, external }, app) => `
import { build } from ${JSON.stringify(pathToFileURL(join(OTHERS, "@farmfe/core/dist/index.js")).href)};
import llmops from ${JSON.stringify(doorOf("farm"))};
await build({
  root: ${JSON.stringify(app.directory)},
  configPath: ${JSON.stringify(app.directory)},
  compilation: {
    input: { main: ${JSON.stringify(entry)} },
    output: { path: ${JSON.stringify(outDir)}, targetEnv: ${JSON.stringify(app.platform ?? "node-next")}, format: "esm", entryFilename: "main.js" },
    external: ${JSON.stringify(external.map((name) => `^${name}$`))},
    minify: ${app.minify ?? false},
    persistentCache: ${JSON.stringify(app.cache === undefined ? false : { cacheDir: app.cache })},
    presetEnv: false,
    partialBundling: { enforceResources: [{ name: "all", test: [".+"] }] },
    script: { parser: { tsConfig: { decorators: true } }, decorators: ${app.decorators === "standard" ? '{ legacyDecorator: false, decoratorVersion: "2022-03" }' : "{ legacyDecorator: true }"} },
  },
  plugins: [${oursIn(app, (options) => `llmops(${inspect(options, { depth: null })})`).join()}],
});
`,
);

export const bundlers: Readonly<Record<string, Build>> = {
  vite: withVite("vite", async () => await import("vite")),
  rollup: withRollup("rollup", async () => await import("rollup")),
  rolldown: withRolldown,
  webpack: withWebpack,
  rspack: withRspack("rspack", async () => await import("@rspack/core")),
  esbuild: withEsbuild("esbuild", async () => await import("esbuild")),
  ...(othersAreThere && {
    vite7: withVite("vite7", async () => await other("vite7/dist/node/index.js")),
    rollup3: withRollup("rollup3", async () => await other("rollup3/dist/es/rollup.js")),
    rspack1: withRspack("rspack1", async () => await other("rspack1/dist/index.js")),
    esbuild27: withEsbuild("esbuild27", async () => await other("esbuild27/lib/main.js")),
    bun: withBun,
    farm: withFarm,
  }),
};
