// Configs of bundlers in the shapes that people write → whether our plugin gets into the build.
import { expect, test } from "vitest";
import { BUNDLED, manifest, scripts, SOUND, tsconfig } from "./faults.ts";
import { checked, type Files, packageOf, projectOf } from "./setup.ts";

/** The code of the one verdict; null where it is fine. */
async function codeOf(script: string, files: Files): Promise<string | null> {
  const { report } = await checked(projectOf(BUNDLED, scripts({ build: script }), files));
  expect(report.host.verdicts).toHaveLength(1);
  return report.host.verdicts[0]?.code ?? null;
}

const OURS = 'import llmops from "llmops-transformer/vite";\n';

const INSIDE: Readonly<Record<string, Files>> = {
  "by a name of one's own": {
    "vite.config.ts":
      'import { default as observe } from "llmops-transformer/vite";\nexport default { plugins: [observe()] };\n',
  },
  "by import()": {
    "vite.config.ts":
      'export default async () => {\n  const { llmops } = await import("llmops-transformer/vite");\n  return { plugins: [llmops()] };\n};\n',
  },
  "by require": {
    "vite.config.cjs":
      'const { llmops } = require("llmops-transformer/vite");\nmodule.exports = { plugins: [llmops()] };\n',
  },
  "pushed under a condition": {
    "vite.config.ts": `${OURS}const plugins = [];\nif (process.env.CI) plugins.push(llmops());\nexport default { plugins };\n`,
  },
  "made by a function": {
    "vite.config.ts": `${OURS}function plugins() { return [llmops()]; }\nexport default () => ({ plugins: plugins() });\n`,
  },
  "a config that is handed on": {
    "vite.config.ts": 'export { default } from "./shared.mjs";\n',
    "shared.mjs": `${OURS}export default { plugins: [llmops()] };\n`,
  },
  "a plugin that is handed on": {
    "vite.config.ts":
      'import { observe } from "./shared";\nexport default { plugins: [observe()] };\n',
    "shared/index.ts": 'export { llmops as observe } from "llmops-transformer/vite";\n',
  },
  "a package of the project's own that depends on us": {
    "vite.config.ts": 'import shared from "@acme/config/vite";\nexport default shared;\n',
    "node_modules/@acme/config/package.json": { peerDependencies: { "llmops-transformer": "*" } },
  },
};

test.each(Object.entries(INSIDE))("%s: it is in the build", async (_, files) => {
  expect(await codeOf("vite build", files)).toBeNull();
});

const OUTSIDE: Readonly<Record<string, Files>> = {
  "its import is commented out": {
    "vite.config.ts": `// ${OURS}export default { plugins: [] };\n`,
  },
  "only its type is imported": {
    "vite.config.ts":
      'import type { PluginOptions } from "llmops-transformer/vite";\nconst options: PluginOptions = {};\nexport default { options };\n',
  },
  "required, and not called": {
    "vite.config.cjs":
      'const { llmops } = require("llmops-transformer/vite");\nmodule.exports = { plugins: [] };\n',
  },
  "handed on, and not called": {
    "vite.config.ts": 'import { llmops } from "./shared";\nexport default { plugins: [] };\n',
    "shared.ts": 'export { llmops } from "llmops-transformer/vite";\n',
  },
  "in another export of the file that is imported": {
    "vite.config.ts": 'import { alias } from "./shared";\nexport default { resolve: { alias } };\n',
    "shared.ts": `${OURS}export const alias = {};\nexport const plugins = [llmops()];\n`,
  },
  "in the configuration of tests alone": {
    "vite.config.ts": "export default {};\n",
    "vitest.config.ts": `${OURS}export default { plugins: [llmops()] };\n`,
  },
};

test.each(Object.entries(OUTSIDE))("%s: it is not in the build", async (_, files) => {
  expect(await codeOf("vite build", files)).toBe("LLMOPS1307");
});

const config = (door: string, text: string): string =>
  `import llmops from "llmops-transformer/${door}";\nexport default { ${text} };\n`;

test.each([
  ["astro build", "astro.config.mjs", "vite", "vite: { plugins: [llmops()] }"],
  ["nuxt build", "nuxt.config.ts", "rollup", "nitro: { rollupConfig: { plugins: [llmops()] } }"],
  ["electron-vite build", "electron.vite.config.ts", "vite", "main: { plugins: [llmops()] }"],
  ["rslib build", "rslib.config.ts", "rspack", "tools: { rspack: { plugins: [llmops()] } }"],
  ["unbuild", "build.config.ts", "rollup", "hooks: { x(o) { o.plugins.unshift(llmops()); } }"],
  ["electron-forge start", "vite.main.config.ts", "vite", "plugins: [llmops()]"],
  ["webpack-cli", "webpack.config.mjs", "webpack", "plugins: [llmops()]"],
])("%s reads its own config", async (script, name, door, text) => {
  expect(await codeOf(script, { [name]: config(door, text) })).toBeNull();
  expect(await codeOf(script, { [name]: "export default {};\n" })).toBe("LLMOPS1307");
});

test("the config of a tool that we do not know counts, if it is of a build", async () => {
  const craco: Files = { "craco.config.js": config("webpack", "webpack: { plugins: [llmops()] }") };
  expect(await codeOf("craco build", craco)).toBeNull();
  expect(await codeOf("craco build", { "craco.config.js": "export default {};\n" })).toBe(
    "LLMOPS1300",
  );
  const tests: Files = { "vitest.config.ts": config("vite", "plugins: [llmops()]") };
  expect(await codeOf("craco build", tests)).toBe("LLMOPS1300");
});

test("tsup takes esbuild's plugins in a property of their own", async () => {
  const with_ = (property: string): Files => ({
    "tsup.config.ts": config("esbuild", `${property}: [llmops()]`),
  });
  expect(await codeOf("tsup", with_("esbuildPlugins"))).toBeNull();
  expect(await codeOf("tsup", with_("plugins"))).toBe("LLMOPS1307");
});

test("vite works in the folder that its command names", async () => {
  const site = { "docs/vite.config.ts": "export default {};\n", "docs/index.ts": "export {};\n" };
  const { report } = await checked(
    projectOf(BUNDLED, scripts({ build: "vite build", docs: "vite build docs" }), site, {
      "vite.config.ts": `${OURS}export default { plugins: [llmops()] };\n`,
    }),
  );
  expect(report.host.verdicts).toMatchObject([{ host: "vite", ok: true }]);
});

test("pages that lead to no tracked function are built without us", async () => {
  const pages: Files = {
    "package.json": manifest({ build: "tspc && vite build" }),
    "tsconfig.json": tsconfig(),
    "vite.config.ts": "export default {};\n",
    "index.html": '<script type="module" src="/web/main.ts"></script>\n',
    "web/main.ts": "document.title = String(Date.now());\n",
  };
  const faults = async (files: Files): Promise<(string | null)[]> =>
    (await checked(projectOf(SOUND, pages, files))).report.host.verdicts.flatMap(({ ok, code }) =>
      ok ? [] : [code],
    );
  expect(await faults({})).toEqual([]);
  const leads = { "web/main.ts": 'import { pay } from "../src/pay";\nawait pay(1);\n' };
  expect(await faults(leads)).toEqual(["LLMOPS1307"]);
  const alias = { "web/main.ts": 'import { pay } from "@/pay";\nawait pay(1);\n' };
  expect(await faults(alias)).toEqual(["LLMOPS1307"]);
  // With the plugin it is a build of ours, wherever its pages lead.
  const { report } = await checked(
    projectOf(SOUND, pages, BUNDLED, scripts({ build: "vite build" }), {
      "vite.config.ts": `${OURS}export default { plugins: [llmops()] };\n`,
    }),
  );
  expect(report.host.verdicts).toMatchObject([{ host: "vite", ok: true }]);
  const server = { "vite.config.ts": 'export default { build: { ssr: "src/pay.ts" } };\n' };
  expect(await faults(server)).toEqual(["LLMOPS1307"]);
});

test("a server that calls Vite gets the plugins of its config", async () => {
  const server = { "server.js": 'import { createServer } from "vite";\nawait createServer();\n' };
  const own = { "vite.config.ts": `${OURS}export default { plugins: [llmops()] };\n` };
  expect(await codeOf("node server.js", { ...server, ...own })).toBeNull();
  const without = { "vite.config.ts": "export default {};\n" };
  expect(await codeOf("node server.js", { ...server, ...without })).toBe("LLMOPS1307");
});

test.each([
  ['import ts from "@rollup/plugin-typescript";', "ts({ tsconfig: [] })"],
  ['import { minify } from "rollup-plugin-esbuild";', "minify()"],
])("%s before ours takes comments out", async (line, call) => {
  const order = (...plugins: readonly string[]): Files => ({
    "rollup.config.mjs": `${line}\n${config("rollup", `plugins: [${plugins.join()}]`)}`,
  });
  expect(await codeOf("rollup -c", order(call, "llmops()"))).toBe("LLMOPS1313");
  expect(await codeOf("rollup -c", order("llmops()", call))).toBeNull();
});

const LOADER = '"llmops-transformer/webpack-loader"';
const WEBPACK = `webpack(c) { c.module.rules.push({ use: ${LOADER} }); return c; }`;
const TURBOPACK = `turbopack: { rules: { "*.ts": { loaders: [${LOADER}] } } }`;

test.each([
  ["16.0.1", "next build", WEBPACK, "LLMOPS1307"],
  ["16.0.1", "next build --webpack", WEBPACK, null],
  ["16.0.1", "next build", TURBOPACK, null],
  ["15.5.0", "next build", WEBPACK, null],
  ["15.5.0", "next dev --turbopack", WEBPACK, "LLMOPS1307"],
  ["15.5.0", "next build", TURBOPACK, "LLMOPS1307"],
  ["15.5.0", "next build", `/* ${LOADER} */`, "LLMOPS1307"],
])(
  "Next %s, %s: the builder that runs has the loader (%s)",
  async (version, script, text, code) => {
    const files = { "next.config.mjs": `export default { ${text} };\n` };
    expect(await codeOf(script, { ...files, ...packageOf("next", version) })).toBe(code);
  },
);
