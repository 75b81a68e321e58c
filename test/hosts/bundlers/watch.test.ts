// A bundler that watches → an edit of the configuration alone builds anew what it touches; an error ends one build, not the watch.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { rspack } from "@rspack/core";
import { llmops as inEsbuild } from "llmops-transformer/esbuild";
import { llmops as inRolldown } from "llmops-transformer/rolldown";
import { llmops as inRollup } from "llmops-transformer/rollup";
import { llmops as inRspack } from "llmops-transformer/rspack";
import { llmops as inVite } from "llmops-transformer/vite";
import { llmops as inWebpack } from "llmops-transformer/webpack";
import { watch as watchByRolldown } from "rolldown";
import { watch as watchByRollup } from "rollup";
import type * as Vite from "vite";
import { createServer } from "vite";
import { expect, onTestFinished, test } from "vitest";
import webpack from "webpack";

const VITE_7 = join(import.meta.dirname, "../others/node_modules/vite7/dist/node/index.js");
const RUNTIME = ["llmops-observability", "llmops-observability/instrument"];

interface Watched {
  /** The names of tracked functions in what is built now. */
  code(): Promise<string> | string;
  close(): unknown;
}

type Watch = (directory: string) => Promise<Watched> | Watched;

const entryOf = (directory: string): string => join(directory, "src/main.js");
const outOf = (directory: string): string => join(directory, "dist/main.js");
const built = (directory: string) => (): string =>
  existsSync(outOf(directory)) ? readFileSync(outOf(directory), "utf8") : "";

function withVite(load: () => Promise<typeof Vite>): Watch {
  return async (directory) => {
    const { build } = await load();
    const watcher = await build({
      root: directory,
      configFile: false,
      logLevel: "silent",
      plugins: [inVite()],
      build: {
        ssr: entryOf(directory),
        outDir: join(directory, "dist"),
        minify: false,
        watch: {},
        rollupOptions: { external: RUNTIME, output: { entryFileNames: "main.js" } },
      },
    });
    return {
      code: built(directory),
      close: async () => void ("close" in watcher && (await watcher.close())),
    };
  };
}

const watches: Readonly<Record<string, Watch>> = {
  rollup(directory) {
    const watcher = watchByRollup({
      input: entryOf(directory),
      external: RUNTIME,
      plugins: [inRollup()],
      output: { file: outOf(directory) },
      onLog() {},
    });
    watcher.on("event", (event) => {
      if (event.code === "ERROR") void event.result?.close();
    });
    return { code: built(directory), close: () => watcher.close() };
  },
  rolldown(directory) {
    const watcher = watchByRolldown({
      input: entryOf(directory),
      cwd: directory,
      external: RUNTIME,
      plugins: [inRolldown()],
      output: { file: outOf(directory) },
      onLog() {},
    });
    return { code: built(directory), close: () => watcher.close() };
  },
  "vite build": withVite(async () => await import("vite")),
  ...(existsSync(VITE_7) && {
    "vite 7 build": withVite(async () => (await import(pathToFileURL(VITE_7).href)) as typeof Vite),
  }),
  async "vite dev"(directory) {
    const server = await createServer({
      root: directory,
      configFile: false,
      logLevel: "silent",
      plugins: [inVite()],
      server: { middlewareMode: true, ws: false },
      optimizeDeps: { noDiscovery: true },
    });
    return {
      code: async () => {
        const done = await server.environments.client
          .transformRequest("/src/main.js")
          .catch(() => null);
        return done?.code ?? "";
      },
      close: () => server.close(),
    };
  },
  async "vite dev, for a server"(directory) {
    const server = await createServer({
      root: directory,
      configFile: false,
      logLevel: "silent",
      plugins: [inVite()],
      server: { middlewareMode: true, ws: false },
      optimizeDeps: { noDiscovery: true },
    });
    return {
      code: async () => {
        const done = await server.environments.ssr
          .transformRequest("/src/main.js")
          .catch(() => null);
        return done?.code ?? "";
      },
      close: () => server.close(),
    };
  },
  webpack(directory) {
    const compiler = webpack({
      context: directory,
      mode: "none",
      target: "node20",
      entry: entryOf(directory),
      externals: Object.fromEntries(RUNTIME.map((id) => [id, `module ${id}`])),
      output: {
        path: join(directory, "dist"),
        filename: "main.js",
        module: true,
        chunkFormat: "module",
      },
      plugins: [inWebpack()],
    });
    const watching = compiler.watch({ aggregateTimeout: 20 }, () => {});
    return {
      code: built(directory),
      close: () => new Promise((resolve) => watching?.close(resolve)),
    };
  },
  rspack(directory) {
    const compiler = rspack({
      context: directory,
      mode: "none",
      target: "node20",
      entry: entryOf(directory),
      externals: Object.fromEntries(RUNTIME.map((id) => [id, `module ${id}`])),
      output: {
        path: join(directory, "dist"),
        filename: "main.js",
        module: true,
        chunkFormat: "module",
      },
      plugins: [inRspack()],
    });
    const watching = compiler.watch({ aggregateTimeout: 20 }, () => {});
    return {
      code: built(directory),
      close: () => new Promise<void>((resolve) => watching?.close(resolve)),
    };
  },
  async esbuild(directory) {
    const context = await esbuild.context({
      entryPoints: [entryOf(directory)],
      outfile: outOf(directory),
      absWorkingDir: directory,
      bundle: true,
      format: "esm",
      external: RUNTIME,
      plugins: [inEsbuild()],
      logLevel: "silent",
    });
    await context.watch();
    return { code: built(directory), close: () => context.dispose() };
  },
};

test.each(Object.entries(watches))("%s", async (name, watch) => {
  const parent = join(import.meta.dirname, "../../../.llmops/test");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "watch-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);
  mkdirSync(join(directory, "src"));
  write("package.json", '{ "name": "watched", "type": "module" }');
  const touch = (): void => {
    const text = "export function first() {} export function second() {}";
    write("src/main.js", `import "./other.js"; ${text}`);
  };
  const configure = (functions: string): void =>
    write("llmops.config.json", JSON.stringify({ track: [{ functions }] }));
  touch();
  write("src/other.js", "export function third() {} console.log(third());");
  const watched = await watch(directory);
  onTestFinished(async () => void (await watched.close()));
  const names = (code: string): string[] =>
    [...code.matchAll(/[{,\s]"?fn"?:\s*["'`]([^"'`]*)/g)].map(([, found = ""]) => found);

  const becomes = async (...tracked: string[]): Promise<void> => {
    const now = async (): Promise<string[]> => {
      const code = await watched.code();
      return code.includes("first") ? names(code) : ["nothing built"];
    };
    await expect.poll(now, { interval: 20, timeout: 20_000 }).toEqual(tracked);
    // Some take two edits within a moment for one.
    await sleep(300);
  };
  await becomes();
  configure("first");
  // These two do not wait for files that are not there yet.
  if (name === "rolldown" || name === "vite build") touch();
  await becomes("first");
  configure("second");
  await becomes("second");
  write("llmops.config.json", '{ "trak": [] }');
  await sleep(300);
  configure("{first,second}");
  await becomes("first", "second");
  write("base.json", '{ "track": [{ "functions": "first" }] }');
  write("llmops.config.json", '{ "extends": "./base.json" }');
  await becomes("first");
  write("base.json", '{ "track": [{ "functions": "second" }] }');
  await becomes("second");
  rmSync(join(directory, "base.json"));
  await sleep(500);
  write("base.json", '{ "track": [{ "functions": "first" }] }');
  await becomes("first");
  rmSync(join(directory, "llmops.config.json"));
  await becomes();
  configure("second");
  if (name === "rolldown" || name === "vite build") touch();
  await becomes("second");
});

const FARM = join(import.meta.dirname, "../others/node_modules/@farmfe/core/dist/index.js");
const DOOR = join(import.meta.dirname, "../../../transformer/dist/farm.js");

test.skipIf(!existsSync(FARM))("farm, with the next edit of any file", async () => {
  const parent = join(import.meta.dirname, "../../../.llmops/test");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "watch-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);
  const configure = (functions: string): void =>
    write("llmops.config.json", JSON.stringify({ track: [{ functions }] }));
  mkdirSync(join(directory, "src"));
  write("package.json", '{ "name": "watched", "type": "module" }');
  write("src/main.js", 'import "./other.js"; function first() {} console.log(first);');
  write("src/other.js", "console.log(1);");
  configure("none");
  write(
    "watch.mjs",
    `import { watch } from ${JSON.stringify(pathToFileURL(FARM).href)};
import llmops from ${JSON.stringify(pathToFileURL(DOOR).href)};
await watch({
  root: ${JSON.stringify(directory)},
  configPath: ${JSON.stringify(directory)},
  compilation: {
    input: { main: "./src/main.js" },
    output: { path: "dist", targetEnv: "node-next", format: "esm", entryFilename: "main.js" },
    external: ["^llmops-observability.*$"],
    minify: false, persistentCache: false, presetEnv: false, watch: true,
  },
  server: { port: ${20_000 + (process.pid % 20_000)}, hmr: false },
  plugins: [llmops()],
});`,
  );
  const farm = spawn(process.execPath, [join(directory, "watch.mjs")], { stdio: "ignore" });
  onTestFinished(() => void farm.kill());
  const code = built(directory);
  await expect.poll(code).toContain("console.log(1)");
  configure("first");
  // Farm takes two edits within a moment for one.
  await sleep(500);
  write("src/other.js", "console.log(2);");
  await expect.poll(code).toContain("console.log(2)");
  await expect.poll(code).toMatch(/fn"?: "first"/);
});
