// Projects with one fault each, and the sound ones that they are made from.
// Invariant: a layer of files changes one thing of the project below it.
import { type Files, packageOf } from "./setup.ts";

const PLUGIN = { transform: "llmops-transformer", transformProgram: true };
export const SOURCE: string =
  "/** @track */\nexport async function pay(amount: number) {\n  return amount;\n}\n";
export const manifest = (scripts: object, more: object = {}): object => ({
  name: "app",
  type: "module",
  scripts,
  dependencies: { "llmops-observability": "0.1.0" },
  ...more,
});
export const tsconfig = (options: object = {}, more: object = {}): object => ({
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    outDir: "dist",
    rootDir: "src",
    plugins: [PLUGIN],
    ...options,
  },
  include: ["src"],
  ...more,
});

export const SOUND: Files = {
  "package.json": manifest({ build: "tspc -p ." }),
  "tsconfig.json": tsconfig(),
  "src/pay.ts": SOURCE,
  ...packageOf("llmops-observability", "0.1.0"),
  ...packageOf("typescript", "6.0.3"),
  ...packageOf("ts-patch", "4.0.1"),
};
/** A project that a bundler builds. */
export const BUNDLED: Files = {
  ...SOUND,
  "tsconfig.json": tsconfig({ plugins: undefined, noEmit: true }),
};
export const VITE_CONFIG: string =
  'import { defineConfig } from "vite";\nimport llmops from "llmops-transformer/vite";\nexport default defineConfig({ plugins: [llmops()] });\n';
export const scripts = (commands: object): Files => ({ "package.json": manifest(commands) });

export interface Case {
  readonly files: Files;
  readonly code: string;
  /** Of the verdict: file and line. */
  readonly at: string;
  readonly fix: string;
}

export const FAULTS: Readonly<Record<string, Case>> = {
  "the tsconfig that the script names has no entry": {
    files: {
      ...SOUND,
      ...scripts({ build: "tspc -p tsconfig.build.json" }),
      "tsconfig.build.json": tsconfig({ plugins: [] }),
    },
    code: "LLMOPS1301",
    at: "tsconfig.build.json:",
    fix: '"transformProgram": true',
  },
  "no transformProgram": {
    files: {
      ...SOUND,
      "tsconfig.json": tsconfig({ plugins: [{ transform: "llmops-transformer" }] }),
    },
    code: "LLMOPS1302",
    at: "tsconfig.json:7",
    fix: '"transformProgram": true',
  },
  "ts-patch is not installed": {
    files: { ...SOUND, "node_modules/ts-patch/package.json": null },
    code: "LLMOPS1303",
    at: "package.json:5",
    fix: "npm i -D ts-patch@4",
  },
  "ts-patch 3 with TypeScript 6": {
    files: { ...SOUND, ...packageOf("ts-patch", "3.3.0") },
    code: "LLMOPS1304",
    at: "package.json:5",
    fix: "npm i -D ts-patch@4",
  },
  "ts-patch 4 with TypeScript 5": {
    files: { ...SOUND, ...packageOf("typescript", "5.9.3") },
    code: "LLMOPS1304",
    at: "package.json:5",
    fix: "npm i -D ts-patch@3",
  },
  "tsc where tspc is meant": {
    files: { ...SOUND, ...scripts({ build: "rimraf dist && tsc -p . && node dist/post.js" }) },
    code: "LLMOPS1305",
    at: "package.json:5",
    fix: "rimraf dist && tspc -p . && node dist/post.js",
  },
  "TypeScript 7, and plugins": {
    files: { ...SOUND, ...scripts({ build: "tsc" }), ...packageOf("typescript", "7.0.2") },
    code: "LLMOPS1306",
    at: "package.json:5",
    fix: "llmops build",
  },
  "a Vite config without us": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "tsc -b && vite build" }),
      "vite.config.ts": "export default {};\n",
    },
    code: "LLMOPS1307",
    at: "vite.config.ts:1",
    fix: 'import llmops from "llmops-transformer/vite"',
  },
  "a Vite config that imports us, and does not call": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "vite build" }),
      "vite.config.ts": VITE_CONFIG.replace("llmops()", ""),
    },
    code: "LLMOPS1307",
    at: "vite.config.ts:1",
    fix: "plugins: [llmops(), …]",
  },
  "a Vite config with the plugin for webpack": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "vite build" }),
      "vite.config.ts": VITE_CONFIG.replace("transformer/vite", "transformer/webpack"),
    },
    code: "LLMOPS1307",
    at: "vite.config.ts:1",
    fix: "llmops-transformer/vite",
  },
  "a webpack config without us": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "webpack --mode production" }),
      "webpack.config.cjs": "module.exports = {};\n",
    },
    code: "LLMOPS1307",
    at: "webpack.config.cjs:1",
    fix: "llmops-transformer/webpack",
  },
  "esbuild's command, which takes no plugins": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "esbuild src/pay.ts --bundle --outfile=dist/pay.js" }),
    },
    code: "LLMOPS1307",
    at: "package.json:5",
    fix: "build file",
  },
  "a build file that calls esbuild without us": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "node build.mjs" }),
      "build.mjs":
        'import { build } from "esbuild";\nawait build({ entryPoints: ["src/pay.ts"] });\n',
    },
    code: "LLMOPS1307",
    at: "build.mjs:1",
    fix: "llmops-transformer/esbuild",
  },
  "node runs the sources without --import": {
    files: {
      ...BUNDLED,
      ...scripts({ start: "NODE_ENV=production node --enable-source-maps src/pay.ts" }),
    },
    code: "LLMOPS1308",
    at: "package.json:5",
    fix: "node --import llmops-transformer/register --enable-source-maps src/pay.ts",
  },
  "nodemon runs the sources": {
    files: { ...BUNDLED, ...scripts({ dev: "nodemon --watch src src/pay.ts" }) },
    code: "LLMOPS1308",
    at: "package.json:5",
    fix: 'nodemon --exec "node --import llmops-transformer/register" --watch src src/pay.ts',
  },
  "tsx runs what leads to a tracked function": {
    files: {
      ...SOUND,
      ...scripts({ build: "tspc", dev: "tsx watch src/main.ts" }),
      "src/main.ts": 'import { pay } from "./pay.js";\nawait pay(1);\n',
    },
    code: "LLMOPS1308",
    at: "package.json:6",
    fix: "tsx watch --import llmops-transformer/register src/main.ts",
  },
  "the runtime is missing": {
    files: { ...SOUND, "node_modules/llmops-observability/package.json": null },
    code: "LLMOPS1201",
    at: "package.json:7",
    fix: "npm i llmops-observability",
  },
  "the runtime only in devDependencies": {
    files: {
      ...SOUND,
      "package.json": manifest(
        { build: "tspc" },
        { dependencies: {}, devDependencies: { "llmops-observability": "0.1.0" } },
      ),
    },
    code: "LLMOPS1310",
    at: "package.json:9",
    fix: "Move it to dependencies",
  },
  "two versions of the runtime": {
    files: {
      ...SOUND,
      "node_modules/lib/package.json": { name: "lib", version: "1.0.0" },
      "node_modules/lib/node_modules/llmops-observability/package.json": { version: "0.0.9" },
    },
    code: "LLMOPS1311",
    at: "package.json:8",
    fix: "npm dedupe",
  },
  "Node outside of engines": {
    files: { ...SOUND, "package.json": manifest({ build: "tspc" }, { engines: { node: "18.x" } }) },
    code: "LLMOPS1312",
    at: "package.json:11",
    fix: "^22.18.0 || ^24.11.0 || >=26.0.0",
  },
  "removeComments, and what it wrote is instrumented when it runs": {
    files: {
      ...BUNDLED,
      ...scripts({ build: "tsc", start: "node --import llmops-transformer/register dist/pay.js" }),
      "tsconfig.json": tsconfig({ plugins: undefined, removeComments: true }),
    },
    code: "LLMOPS1313",
    at: "tsconfig.json:7",
    fix: 'Set "removeComments" to false.',
  },
  "a minifier, and what it wrote is instrumented when it runs": {
    files: {
      ...BUNDLED,
      ...scripts({
        build: "swc src -d dist && terser dist/pay.js -o dist/pay.js",
        start: "node --import llmops-transformer/register dist/pay.js",
      }),
    },
    code: "LLMOPS1313",
    at: "package.json:5",
    fix: "Instrument before it",
  },
  "a referenced project without the entry": {
    files: {
      ...SOUND,
      ...scripts({ build: "tspc -b" }),
      "tsconfig.json": tsconfig({}, { references: [{ path: "lib" }] }),
      "lib/tsconfig.json": {
        compilerOptions: { composite: true, outDir: "dist" },
        include: ["*.ts"],
      },
      "lib/lib.ts": "export const lib = 1;\n",
    },
    code: "LLMOPS1314",
    at: "lib/tsconfig.json:",
    fix: '"transformProgram": true',
  },
  "declarations alone, with isolatedDeclarations": {
    files: {
      ...SOUND,
      "tsconfig.json": tsconfig({
        isolatedDeclarations: true,
        declaration: true,
        emitDeclarationOnly: true,
      }),
    },
    code: "LLMOPS1315",
    at: "tsconfig.json:7",
    fix: "llmops build",
  },
  "nest build with an unpatched TypeScript": {
    files: {
      ...SOUND,
      ...scripts({ build: "nest build" }),
      "nest-cli.json": { sourceRoot: "src" },
    },
    code: "LLMOPS1316",
    at: "package.json:5",
    fix: "ts-patch install",
  },
  "nest build with a TypeScript that ts-patch has not patched yet": {
    files: {
      ...SOUND,
      ...scripts({ build: "nest build", prepare: "ts-patch install -s" }),
      "nest-cli.json": {},
      "node_modules/typescript/lib/typescript.js": "var ts = {};\n",
    },
    code: "LLMOPS1316",
    at: "package.json:5",
    fix: 'Run the script "prepare" once',
  },
  "nest build with swc": {
    files: {
      ...SOUND,
      ...scripts({ build: "nest build" }),
      "nest-cli.json": { compilerOptions: { builder: "swc" } },
    },
    code: "LLMOPS1316",
    at: "nest-cli.json:3",
    fix: "node --import llmops-transformer/register",
  },
  "nest build with Rspack, whose configuration lacks the plugin": {
    files: {
      ...SOUND,
      ...scripts({ build: "nest build" }),
      "nest-cli.json": { compilerOptions: { builder: "rspack" } },
      "rspack.config.js": "export default (options) => options;\n",
    },
    code: "LLMOPS1316",
    at: "package.json:5",
    fix: 'import llmops from "llmops-transformer/rspack"',
  },
  "nothing that could run us": {
    files: {
      ...SOUND,
      ...scripts({ test: "vitest" }),
      "tsconfig.json": tsconfig({ plugins: undefined }),
    },
    code: "LLMOPS1300",
    at: "package.json:4",
    fix: "npx llmops init",
  },
};
