// The project's own code but the runtime, instrumented throughout, passes its own tests: vitest once more, with another configuration.
// `DIFFERENTIAL=long` runs the fixtures, the generated programs and the fuzzing that way, too.
import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const LONGER = process.env["DIFFERENTIAL"] === "long";
const SHORT = [
  "transformer/test/instrument",
  "processor/test/queue/consume",
  "processor/test/render/render",
  "transformer/test/config",
  "test/system/model-server",
];
const LONG = [
  ...SHORT,
  "test/semantics/fixtures/cases",
  "test/semantics/fixtures/properties",
  "transformer/test/fuzz",
];

test("the project's own tests, instrumented", async () => {
  const topics = LONGER ? LONG : SHORT;
  const files = topics.map((topic) => `${topic}.test.ts`);
  // Not those of the vitest that runs this.
  const env = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|UPDATE)/.test(name));
  const settings = ["--config=test/semantics/instrumented/vitest.config.ts", "--reporter=json"];
  const output = join(ROOT, ".llmops/test/instrumented/report.json");
  rmSync(output, { force: true });
  // What failed stands in the report.
  await promisify(execFile)(
    process.execPath,
    [VITEST, "run", ...settings, `--outputFile=${output}`, ...files],
    { cwd: ROOT, env: Object.fromEntries(env) },
  ).catch(() => {});
  const { numPassedTests, testResults } = JSON.parse(readFileSync(output, "utf8")) as Report;
  const failures = testResults
    .flatMap(({ message, assertionResults }) => [
      { fullName: "", failureMessages: [message] },
      ...assertionResults,
    ])
    .filter(({ failureMessages }) => failureMessages.some((message) => message !== ""));
  expect(failures).toEqual([]);
  expect(testResults.length).toBe(files.length);
  expect(numPassedTests).toBeGreaterThan(LONGER ? 400 : 60);
}, 600_000);

/** Of vitest's JSON reporter. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    /** Of what failed outside of a test. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}
