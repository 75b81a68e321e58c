// One application, by every bundler and by tspc → the same output, the same traces, and the lines of its own files.
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSpool } from "../../../runtime/src/delivery/spool/spool.ts";
import type { WireTrace } from "../../../runtime/src/wire/message.ts";
import { bundlers } from "./build.ts";
import { writeSample } from "./sample.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
let directory: string;
let expected: Ran;

interface Ran {
  readonly stdout: string;
  /** `parent > child {arguments} {locals} result`, of all traces. */
  readonly spans: readonly string[];
}

async function runProgram(name: string, ...args: string[]): Promise<Ran> {
  const spool = join(directory, `spool-${name}`);
  const { stdout } = await run(process.execPath, ["--enable-source-maps", ...args], {
    cwd: directory,
    env: { LLMOPS_SPOOL_DIR: spool },
  });
  const spans = readSpool(spool).flatMap(({ json }) => {
    const trace = JSON.parse(json) as WireTrace;
    const names = new Map(trace.spans.map((span) => [span.span_id, span.span_name]));
    return trace.spans.map(({ span_name, parent_span_id, input_data, output_data, error }) =>
      [
        `${names.get(parent_span_id ?? "") ?? ""} > ${span_name}`,
        JSON.stringify([input_data.args, input_data.locals]),
        JSON.stringify(output_data),
        error?.message ?? "",
      ].join(" "),
    );
  });
  return { stdout, spans: spans.toSorted() };
}

beforeAll(async () => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/sample-"));
  writeSample(directory);
  const tspc = join(ROOT, "node_modules/ts-patch/bin/tspc.js");
  execFileSync(process.execPath, [tspc, "-p", join(directory, "tax")]);
  execFileSync(process.execPath, [tspc, "-p", directory]);
  expected = await runProgram(
    "tspc",
    "--conditions=compiled",
    join(directory, "dist/tspc/main.js"),
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("tspc", () => {
  expect(expected.stdout.split("\n").at(-2)).toBe("program.ts:20");
  const places = expected.spans.map((span) => span.split(" ").slice(0, 3).join(" ").trim());
  expect(places).toEqual([
    "> Shop.constructor",
    "> Shop.sell",
    "> checkout",
    "> failing",
    "> page",
    "> readRates",
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
  expect(await runProgram(name, file)).toEqual(expected);
});

test.skipIf(bundlers["farm"] === undefined)("farm, a part of it", async () => {
  const built = await bundlers["farm"]?.({ directory, entry: "src/small.ts" });
  expect(built?.errors).toEqual([]);
  const { stdout, spans } = await runProgram("farm", built?.file ?? "");
  expect(stdout).toBe("[corner: 7] 3\n");
  const wanted = expected.spans.filter((span) => /Shop|vat/.test(span));
  expect(spans).toEqual(wanted.map((span) => span.replace("checkout > vat", " > vat")).toSorted());
});
