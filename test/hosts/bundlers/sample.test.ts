// One application, by every bundler and by tspc → the same output, the same traces, and the lines of its own files.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlers } from "./build.ts";
import { type Ran, ranIn } from "./ran.ts";
import { writeSample } from "./sample.ts";

const ROOT = join(import.meta.dirname, "../../..");
let directory: string;
let expected: Ran;

beforeAll(async () => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/sample-"));
  writeSample(directory);
  const tspc = join(ROOT, "node_modules/ts-patch/bin/tspc.js");
  execFileSync(process.execPath, [tspc, "-p", join(directory, "tax")]);
  execFileSync(process.execPath, [tspc, "-p", directory]);
  expected = await ranIn(
    directory,
    "tspc",
    "--conditions=compiled",
    join(directory, "dist/tspc/main.js"),
  );
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
