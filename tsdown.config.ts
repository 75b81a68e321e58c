// Builds the packages: the runtime for ES and CommonJS (Lambda's older Nodes cannot require ES modules) and for browsers, the others for ES, the viewer's page for browsers.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { Rolldown, UserConfig } from "tsdown";
import { RUNTIME_MARK } from "./transformer/src/abi.ts";
import { TABLE } from "./runtime/src/llm/pricing/price-table.ts";
import { configSchema } from "./transformer/src/config/schema.ts";

/** Doors of the transformer, named after what they plug in to. */
const BUNDLERS = "webpack rspack esbuild farm bun unplugin webpack-loader".split(" ");
const ROLLUP_KIN = "vite rollup rolldown unloader".split(" ");

const COMPILED_IN = [
  "@jridgewell/remapping",
  "fastest-levenshtein",
  "jsonc-parser",
  "picomatch",
  "valibot",
];

const common: UserConfig = {
  platform: "node",
  target: "node20",
  dts: true,
  clean: true,
  fixedExtension: false,
  publint: false,
  // A slow machine is no news.
  checks: { pluginTimings: false },
  plugins: [licences(), ownLines()],
};

const packages: UserConfig[] = [
  {
    ...common,
    name: "llmops-observability",
    cwd: "runtime",
    entry: {
      ...doors("", "index", "instrument", "testing", "wire", "otlp", "langfuse", "spool"),
      ...doors("http/", "express", "fastify", "koa", "hono"),
      http: "src/http/node.ts",
    },
    format: ["esm", "cjs"],
    // Fastify's door has a default beside its name.
    outputOptions: { exports: "named", banner: RUNTIME_MARK },
    plugins: [licences(), ownLines(), priceTable(), { name: "ascii", generateBundle: escape }],
  },
  {
    ...common,
    name: "llmops-observability, for browsers",
    cwd: "runtime",
    entry: ["src/index.ts", "src/instrument.ts"],
    outDir: "dist-browser",
    // Test runners that stand in for a browser still call `require`.
    format: ["esm", "cjs"],
    platform: "browser",
    target: "es2022",
    dts: false,
    outputOptions: { exports: "named", banner: RUNTIME_MARK },
    plugins: [licences(), withoutRecording()],
  },
  {
    ...common,
    name: "llmops-transformer",
    cwd: "transformer",
    // Compiled in, as far as is used: each build that is made with us imports these.
    deps: { alwaysBundle: COMPILED_IN },
    inputOptions: { resolve: { mainFields: ["module", "main"] } },
    entry: {
      index: "src/index.ts",
      ...doors("hosts/bundlers/", ...BUNDLERS),
      ...doors("hosts/bundlers/rollup/", ...ROLLUP_KIN),
      jest: "src/hosts/jest.ts",
      register: "src/hosts/node/register.ts",
      cli: "src/cli/bin.ts",
      eslint: "src/eslint.ts",
    },
    hooks: { "build:done": writeConfigSchema },
  },
  {
    ...common,
    name: "llmops-processor",
    cwd: "processor",
    entry: {
      ...doors("", "index"),
      ...doors("sinks/", "langfuse", "otlp", "s3", "new-relic", "datadog", "cloudwatch", "local"),
      ...doors("stores/", "dynamodb"),
    },
  },
  {
    ...common,
    name: "llmops-processor, for Lambda",
    cwd: "processor",
    entry: ["src/lambda.ts"],
    outDir: "dist-lambda",
    // Deployed alone, without a package.json that says what .js is.
    fixedExtension: true,
    // Lambda brings the SDK along; all else is in this one file.
    deps: { alwaysBundle: [/.*/], neverBundle: [/^@aws-sdk\//] },
    alias: ownSources(),
    outputOptions: { codeSplitting: false },
  },
  {
    ...common,
    name: "llmops-viewer",
    cwd: "viewer",
    entry: {
      ...doors("", "cli", "bin"),
      "store-worker": "src/store/worker.ts",
      "desk-worker": "src/desk/worker.ts",
    },
    // The page lies in a folder of it.
    clean: ["dist/*.*"],
  },
  {
    ...common,
    name: "llmops-viewer, its page",
    cwd: "viewer",
    entry: { main: "page/main.tsx" },
    outDir: "dist/page",
    tsconfig: "page/tsconfig.json",
    platform: "browser",
    target: "es2022",
    dts: false,
    minify: true,
    // Nothing is fetched at run time: all of it is in these files.
    deps: { alwaysBundle: [/.*/] },
    copy: ["page/index.html"],
    hooks: { "build:done": joinStyles },
  },
];

export default packages;

/** Entry points by the names under which the package exports them. */
function doors(room: string, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `src/${room}${name}.ts`]));
}

/** The runtime's sources by the names of its doors: what the processor compiles in of it, and what it imports, are one. */
function ownSources(): Record<string, string> {
  const doorsOf = ["wire", "otlp", "langfuse"];
  return Object.fromEntries(
    doorsOf.map((door) => [
      `llmops-observability/${door}`,
      fileURLToPath(new URL(`runtime/src/${door}.ts`, import.meta.url)),
    ]),
  );
}

/** One character beyond ASCII doubles the text in memory: its import takes 0.8 ms of 16 more (measured, Node 24). */
function escape(_: unknown, bundle: Rolldown.OutputBundle): void {
  for (const output of Object.values(bundle)) {
    // Editors show declarations.
    if (output.type !== "chunk" || output.fileName.includes(".d.")) continue;
    output.code = output.code.replaceAll(/[^\0-\u007f]/g, (unit) => {
      return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
  }
}

/**
 * Puts doc comments of declarations on lines of their own. The printer sets short ones behind the
 * member before, in literal types, where TypeScript does not take them for the next one's.
 */
function ownLines(): Rolldown.Plugin {
  return {
    name: "own-lines",
    generateBundle(_, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== "chunk" || !output.fileName.includes(".d.")) continue;
        output.code = output.code
          .replaceAll(/^( *)(\S.*;) (\/\*\* .* \*\/)$/gm, "$1$2\n$1$3")
          .replaceAll(/^( *)(\/\*\* .*? \*\/)(?=\S)/gm, "$1$2\n$1");
      }
    },
  };
}

/** Writes the licences of the packages that are in the output beside it, where there are any. */
function licences(): Rolldown.Plugin {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((output) =>
        output.type === "chunk" && !output.fileName.includes(".d.") ? output.moduleIds : [],
      );
      const folders = modules.flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
      const texts = [...new Set(folders)].toSorted().map(licenceOf);
      if (texts.length === 0) return;
      const source = texts.join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY-LICENSES.txt", source });
    },
  };
}

function licenceOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as {
    name: string;
    version: string;
  };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} is compiled in and has no licence file.`);
  return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
}

/** Puts the table of prices in the place of the code that makes it of a package: programs install none. */
function priceTable(): Rolldown.Plugin {
  const file = fileURLToPath(new URL("runtime/src/llm/pricing/price-table.ts", import.meta.url));
  return {
    name: "price-table",
    load(id) {
      if (id !== file) return null;
      // As a string: V8 reads JSON twice as fast as the same literal.
      const text = JSON.stringify(JSON.stringify(TABLE));
      return `export const TABLE = JSON.parse(${text});`;
    },
  };
}

/** Puts the registry that records nothing in the place of the one that all recording hangs on. */
function withoutRecording(): Rolldown.Plugin {
  const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const recording = at("runtime/src/api/registry.ts");
  let replaced = false;
  return {
    name: "registry-browser",
    resolveId(source, importer) {
      if (importer === undefined || resolve(dirname(importer), source) !== recording) return null;
      replaced = true;
      return at("runtime/src/api/registry.browser.ts");
    },
    buildEnd() {
      if (!replaced)
        throw new Error(`Nothing imports ${recording}: the browser build would record.`);
    },
  };
}

/** The page's style sheets, a room's each, in one file; what all are made of comes first. */
function joinStyles(): void {
  const folder = new URL("viewer/page/styles/", import.meta.url);
  const names = readdirSync(folder).toSorted(
    (a, b) => Number(b === "base.css") - Number(a === "base.css") || (a < b ? -1 : 1),
  );
  const styles = names.map((name) => readFileSync(new URL(name, folder), "utf8"));
  writeFileSync(new URL("viewer/dist/page/styles.css", import.meta.url), styles.join("\n"));
}

/** What editors complete `llmops.config.json` by, made from the schema that validates it. */
function writeConfigSchema(): void {
  const schema = { title: "llmops.config.json", ...toJsonSchema(configSchema) };
  writeFileSync(
    new URL("transformer/schema.json", import.meta.url),
    `${JSON.stringify(schema, null, 2)}\n`,
  );
}
