// One application, by every bundler and by tspc → the same output, the same traces, and the lines of its own files.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { bundlers } from "./build.ts";
import { type Ran, ranIn } from "./ran.ts";
import { writeSample } from "./sample.ts";

const ROOT = join(import.meta.dirname, "../../..");
let directory: string;
let expected: Ran;

function sample(): string {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".llmops/test/sample-"));
  writeSample(folder);
  return folder;
}

function tspc(folder: string, ...args: string[]): void {
  const command = join(ROOT, "node_modules/ts-patch/bin/tspc.js");
  execFileSync(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", 2, 2] });
}

const ranByNode = async (folder: string, name: string): Promise<Ran> =>
  await ranIn(folder, name, "--conditions=compiled", join(folder, "dist/tspc/main.js"));

beforeAll(async () => {
  directory = sample();
  tspc(directory, "-p", "tax");
  tspc(directory, "-p", ".");
  expected = await ranByNode(directory, "tspc");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("tspc", () => {
  expect(expected.stdout.split("\n").at(-2)).toBe("program.ts:21");
  const places = expected.spans.map((span) => span.split(" ").slice(0, 3).join(" ").trim());
  expect(places).toEqual([
    "> Shop.constructor",
    "> Shop.sell",
    "> checkout",
    "> failing",
    "> page",
    "> readRates",
    "> rounded",
    "> stream",
    "Shop.sell > left",
    "checkout > old",
    "checkout > plain",
    "checkout > vat",
  ]);
});

interface TsConfig {
  compilerOptions: Record<string, unknown>;
  include: string[];
  references?: { path: string }[];
}

/** `--incremental`, and projects that reference each other: both keep their state on disk. */
const KEPT: Readonly<Record<string, { change: (config: TsConfig) => void; build: string[][] }>> = {
  incremental: {
    change: ({ compilerOptions }) => void (compilerOptions["incremental"] = true),
    build: [
      ["-p", "tax"],
      ["-p", "."],
    ],
  },
  "project references": {
    change(config) {
      config.compilerOptions["composite"] = true;
      config.include.push("src/*.json");
      if (config.compilerOptions["jsx"] !== undefined) config.references = [{ path: "./tax" }];
    },
    build: [["-b"]],
  },
};

test.each(Object.entries(KEPT))("tspc, %s: an edit of the config alone", async (_, how) => {
  const folder = sample();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of ["tsconfig.json", "tax/tsconfig.json"]) {
    const config = JSON.parse(readFileSync(join(folder, file), "utf8")) as TsConfig;
    how.change(config);
    writeFileSync(join(folder, file), JSON.stringify(config));
  }
  const built = async (name: string): Promise<Ran> => {
    for (const args of how.build) tspc(folder, ...args);
    return await ranByNode(folder, name);
  };
  expect(await built("first")).toEqual(expected);
  const path = join(folder, "llmops.config.json");
  const config = readFileSync(path, "utf8");
  writeFileSync(path, "{}");
  const { stdout, spans } = await built("none");
  expect(stdout).toBe(expected.stdout);
  expect(spans.some((span) => /> (?:Shop|plain)/.test(span))).toBe(false);
  writeFileSync(path, config);
  expect(await built("again")).toEqual(expected);
});

const whole = Object.entries(bundlers).filter(([name]) => name !== "farm");

test.each(whole)("%s", async (name, build) => {
  const { file, errors } = await build({ directory });
  expect(errors).toEqual([]);
  expect(await ranIn(directory, name, file)).toEqual(expected);
});

test.skipIf(bundlers["farm"] === undefined)("farm, a part of it", async () => {
  const built = await bundlers["farm"]?.({ directory, entry: "src/small.ts" });
  expect(built?.errors).toEqual([]);
  const { stdout, spans } = await ranIn(directory, "farm", built?.file ?? "");
  expect(stdout).toBe("[corner: 7] 3\n");
  const wanted = expected.spans.filter((span) => /Shop|vat/.test(span));
  expect(spans).toEqual(wanted.map((span) => span.replace("checkout > vat", " > vat")).toSorted());
});
