// Every bundler, with our plugin in its config and without → a verdict on it, and its own door.
import { expect, test } from "vitest";
import { BUNDLED, scripts } from "./faults.ts";
import { checked, type Files, projectOf } from "./setup.ts";

interface Bundler {
  readonly script: string;
  readonly config: string;
  readonly door: string;
  readonly property?: string;
}

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  vite: { script: "vite build", config: "vite.config.mts", door: "vite" },
  rollup: { script: "rollup -c", config: "rollup.config.mjs", door: "rollup" },
  rolldown: { script: "rolldown -c", config: "rolldown.config.ts", door: "rolldown" },
  webpack: { script: "webpack", config: "webpack.config.js", door: "webpack" },
  rspack: { script: "rspack build", config: "rspack.config.ts", door: "rspack" },
  farm: { script: "farm build", config: "farm.config.ts", door: "farm" },
  tsup: {
    script: "tsup src/pay.ts",
    config: "tsup.config.ts",
    door: "esbuild",
    property: "esbuildPlugins",
  },
  tsdown: { script: "tsdown", config: "tsdown.config.ts", door: "rolldown" },
};

const withPlugin = ({ door, property = "plugins" }: Bundler): string =>
  `import llmops from "llmops-transformer/${door}";\nexport default { ${property}: [llmops()] };\n`;

test.each(Object.entries(BUNDLERS))("%s", async (host, bundler) => {
  const { script, config } = bundler;
  const files: Files = { ...BUNDLED, ...scripts({ build: `NODE_ENV=production ${script}` }) };
  const sound = await checked(projectOf(files, { [config]: withPlugin(bundler) }));
  expect(sound.report.host).toMatchObject({ detected: [host], verdicts: [{ host, ok: true }] });
  expect(sound.code).toBe(0);
  const without = await checked(projectOf(files, { [config]: "export default {};\n" }));
  expect(without.report.host.verdicts).toMatchObject([{ host, ok: false, code: "LLMOPS1307" }]);
  expect(without.report.host.verdicts[0]?.fix).toContain(`llmops-transformer/${bundler.door}`);
  expect(without.code).toBe(1);
});

test("Next names the loader", async () => {
  const files: Files = { ...BUNDLED, ...scripts({ dev: "next dev", build: "next build" }) };
  const config = (use: string): Files => ({
    "next.config.mjs": `export default { webpack(c) { c.module.rules.push({ use: "${use}" }); return c; } };\n`,
  });
  const sound = await checked(projectOf(files, config("llmops-transformer/webpack-loader")));
  expect(sound.report.host.verdicts).toMatchObject([{ host: "next", ok: true }]);
  const without = await checked(projectOf(files, config("other-loader")));
  expect(without.report.host.verdicts).toMatchObject([{ host: "next", ok: false }]);
});

test.each([
  ["rollup", "plugins: [typescript(), llmops()]", "LLMOPS1313"],
  ["rollup", "plugins: [llmops(), typescript(), terser()]", null],
])("%s runs plugins in their order: %s", async (host, plugins, code) => {
  const files: Files = { ...BUNDLED, ...scripts({ build: "rollup -c" }) };
  const config = `import llmops from "llmops-transformer/rollup";\nexport default { ${plugins} };\n`;
  const { report } = await checked(projectOf(files, { "rollup.config.mjs": config }));
  expect(report.host.verdicts).toMatchObject([{ host, code }]);
});
