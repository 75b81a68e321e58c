// Code that is compiled for both sides, bundled for a browser and for an edge runtime → it runs there, and records nothing.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { build, type BuildOptions } from "esbuild";
import * as full from "llmops-observability";
import { llmops } from "llmops-transformer/esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { bundlers } from "./bundlers/build.ts";

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

const whole = Object.entries(bundlers).filter(([name]) => !/\d/.test(name));

describe("in Chromium", () => {
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    browser = await launchChromium();
    mkdirSync(join(root, ".llmops/test"), { recursive: true });
    directory = mkdtempSync(join(root, ".llmops/test/page-"));
    writeFileSync(join(directory, "package.json"), '{ "name": "page", "type": "module" }');
    // Not the project's own, which maps the package to its sources.
    writeFileSync(join(directory, "tsconfig.json"), "{}");
    mkdirSync(join(directory, "src"));
    const shown = "done.then((all) => { document.title = JSON.stringify(all); });";
    writeFileSync(join(directory, "src/main.ts"), `${PROGRAM}${shown}\n`);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(whole)(
    "built by %s, it runs, records nothing and asks for nothing",
    async (_, bundle) => {
      const built = await bundle({ directory, external: [], platform: "browser", minify: true });
      expect(built.errors).toEqual([]);
      const asked: string[] = [];
      await using server = createServer(({ url = "" }, response) => {
        asked.push(url);
        const script = url === "/main.js";
        response.setHeader("content-type", script ? "text/javascript" : "text/html");
        response.end(
          script ? readFileSync(built.file) : '<script type="module" src="main.js"></script>',
        );
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const page = await browser.newPage();
      const said: string[] = [];
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(String(error)));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await expect.poll(() => page.title()).not.toBe("");
      expect(JSON.parse(await page.title())).toEqual([41, [1, 2, 3], "till", 8, null, true, 0]);
      const stored = await page.evaluate(
        "[localStorage.length, sessionStorage.length, document.cookie]",
      );
      expect(stored).toEqual([0, 0, ""]);
      await page.close();
      expect(said).toEqual([]);
      expect(asked.filter((url) => url !== "/favicon.ico")).toEqual(["/", "/main.js"]);
    },
  );
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
