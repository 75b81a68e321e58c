// The loader by itself, as Next.js has it → tracks, fails and hears of the configuration as the plugin does; both in one chain track once.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { llmops } from "llmops-transformer/webpack";
import { afterAll, beforeAll, expect, test } from "vitest";
import webpack from "webpack";

const ROOT = join(import.meta.dirname, "../../..");
const LOADER = join(ROOT, "transformer/dist/webpack-loader.js");
let directory: string;
const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);

beforeAll(() => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/loader-"));
  mkdirSync(join(directory, "src"));
  write("package.json", '{ "name": "loaded", "type": "module" }');
  write("llmops.config.json", '{ "track": [{ "functions": "first" }] }');
  write(
    "src/main.ts",
    "export function first(a: number) { return a; }\n/** @track */ export const second = (): number => first(1);\nsecond();\n",
  );
  write("src/wrong.ts", "/** @track captur=a */\nexport function first(a: number) { return a; }\n");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly code: string;
  readonly map: string;
  readonly errors: readonly string[];
  readonly watched: readonly string[];
}

async function build(entry: string, plugins: webpack.Configuration["plugins"] = []): Promise<Ran> {
  const compiler = webpack({
    context: directory,
    mode: "none",
    target: "node20",
    entry: join(directory, entry),
    devtool: "source-map",
    externalsType: "module",
    externals: ["llmops-observability/instrument"],
    module: {
      rules: [
        { test: /\.ts$/, loader: join(import.meta.dirname, "strip-types.cjs") },
        // JSON alone, as Turbopack takes options.
        { test: /\.ts$/, enforce: "pre", loader: LOADER, options: { include: "src/**" } },
      ],
    },
    output: {
      path: join(directory, "dist"),
      filename: "main.js",
      module: true,
      chunkFormat: "module",
    },
    plugins,
  });
  return await new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error !== null || stats === undefined) return reject(error ?? new Error("no stats"));
      const { errors = [] } = stats.toJson({ all: false, errors: true });
      const read = (file: string): string => readFileSync(join(directory, "dist", file), "utf8");
      resolve({
        code: read("main.js"),
        map: read("main.js.map"),
        errors: errors.map(({ message }) => message),
        watched: [...stats.compilation.fileDependencies],
      });
    });
  });
}

const names = (code: string): string[] =>
  [...code.matchAll(/[{,\s]"?fn"?:\s*["'`]([^"'`]*)/g)].map(([, name = ""]) => name);

test("tracks what tags and configuration say", async () => {
  const { code, errors, watched, map } = await build("src/main.ts");
  expect(errors).toEqual([]);
  expect(names(code)).toEqual(["first", "second"]);
  expect(watched).toContain(join(directory, "llmops.config.json"));
  expect((JSON.parse(map) as { sourcesContent: string[] }).sourcesContent).toContain(
    readFileSync(join(directory, "src/main.ts"), "utf8"),
  );
});

test("an edit of the configuration is seen by the next build of the process", async () => {
  write("llmops.config.json", '{ "track": [{ "functions": "none" }] }');
  expect(names((await build("src/main.ts")).code)).toEqual(["second"]);
});

test("an error fails the build, with its place", async () => {
  const { errors } = await build("src/wrong.ts");
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/src\/wrong\.ts:1:12: LLMOPS1001: Unknown option "captur"/);
  expect(errors[0]).toContain("> 1 | /** @track captur=a */");
});

test("the loader and the plugin in one chain track once", async () => {
  const { code, errors } = await build("src/main.ts", [llmops()]);
  expect(errors).toEqual([]);
  expect(names(code)).toEqual(["second"]);
  expect(code.match(/\.exit\(\)/g)).toHaveLength(1);
});

test("it is a function of a module's default, as loaders are", async () => {
  const { default: loader } = (await import(pathToFileURL(LOADER).href)) as { default: unknown };
  expect(loader).toBeTypeOf("function");
});
