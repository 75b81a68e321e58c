// Code that is compiled for both sides, bundled for a browser and for an edge runtime → it runs there, and records nothing.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { build, type BuildOptions } from "esbuild";
import * as full from "llmops-observability";
import { llmops } from "llmops-transformer/esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = `
import { calculateCost, configure, currentSpan, flush, startTrace, stats, track, withTrace } from "llmops-observability";
/** @track capture=total */
async function pay(amount: number) {
  let total = amount * 2;
  currentSpan()?.update({ tags: ["a"] });
  return await Promise.resolve(total + 1);
}
class Base { constructor(readonly name: string) {} }
/** @track self */
class Till extends Base {
  constructor() { super("till"); }
  *coins(): Generator<number> { yield 1; yield* [2, 3]; }
  get label(): string { return this.name; }
}
configure({ projectId: "web" });
startTrace("page");
const double = track((value: number) => value * 2);
export const done = (async () => {
  const till = new Till();
  const paid = await withTrace("pay", () => pay(20));
  const cost = await calculateCost({ modelId: "gpt-4o", inputTokens: 1, outputTokens: 1 });
  return [paid, [...till.coins()], till.label, double(4), cost, await flush(), stats().accepted];
})();
`;

test.each<[string, BuildOptions]>([
  ["a browser", { platform: "browser" }],
  ["an edge runtime", { platform: "neutral", conditions: ["workerd", "import"] }],
])("%s", async (_name, options) => {
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: PROGRAM, resolveDir: root, sourcefile: join(root, "page.ts"), loader: "ts" },
    // The project's own maps the package to its sources.
    tsconfigRaw: "{}",
    bundle: true,
    write: false,
    format: "iife",
    globalName: "page",
    plugins: [llmops()],
    logLevel: "silent",
  });
  // No \`process\`, no \`require\`, no Buffer: the language alone.
  const context = vm.createContext({});
  vm.runInContext(outputFiles[0]?.text ?? "", context);
  const done = vm.runInContext("page.done.then(JSON.stringify)", context) as Promise<string>;
  expect(JSON.parse(await done)).toEqual([41, [1, 2, 3], "till", 8, null, true, 0]);
});

const noRecording = ["browser", "react-native", "edge-light", "workerd"];

// As jest-environment-jsdom does: by the browser's condition, and with a `require` that takes no ES modules.
test.each(noRecording)("a program that requires it under the condition %s", (condition) => {
  const program = `
    const { stats, track } = require("llmops-observability");
    const { module: load } = require("llmops-observability/instrument");
    console.log(track((value) => value * 2)(4), stats().accepted, load().enter().returned("same"));
  `;
  const options = [`--conditions=${condition}`, "--no-experimental-require-module"];
  const ran = spawnSync(process.execPath, [...options, "-e", program], {
    cwd: root,
    encoding: "utf8",
  });
  expect(ran).toMatchObject({ stdout: "8 0 same\n", stderr: "", status: 0 });
});

test("the same names", async () => {
  const file = join(root, "runtime/dist-browser/index.js");
  const browser = (await import(file)) as Record<string, unknown>;
  expect(Object.keys(browser).toSorted()).toEqual(Object.keys(full).toSorted());
});
