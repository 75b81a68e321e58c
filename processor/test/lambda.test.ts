// The one-file Lambda, as it is packed: what it imports, how large it is, and that it works where
// nothing else is installed.
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "acorn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordOf } from "./deliver/setup.ts";

const BUNDLE = join(import.meta.dirname, "../dist-lambda/lambda.mjs");
const run = promisify(execFile);
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "llmops-lambda-"));
  copyFileSync(BUNDLE, join(directory, "lambda.mjs"));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Node {
  readonly type: string;
  readonly source?: { readonly value?: unknown } | null;
}

/** Every module that the code names, imported at once and later. */
function importsIn(code: string): { readonly now: Set<string>; readonly later: Set<string> } {
  const [now, later] = [new Set<string>(), new Set<string>()];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (typeof node !== "object" || node === null) return;
    const { type, source } = node as Node;
    if (source && /^(?:Import|Export)/.test(type))
      (type === "ImportExpression" ? later : now).add(String(source.value));
    for (const one of Object.values(node)) if (typeof one === "object") visit(one);
  };
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  return { now, later };
}

test("is within 1 MB and imports Node's modules alone, the SDK when it is used", () => {
  expect(statSync(BUNDLE).size).toBeLessThanOrEqual(1_000_000);
  const { now, later } = importsIn(readFileSync(BUNDLE, "utf8"));
  expect([...now].filter((one) => !one.startsWith("node:"))).toEqual([]);
  const sdk = [...later].filter((one) => !one.startsWith("node:"));
  expect(sdk.toSorted()).toEqual(
    expect.arrayContaining(["@aws-sdk/client-dynamodb", "@aws-sdk/client-s3"]),
  );
  expect(sdk.filter((one) => !one.startsWith("@aws-sdk/"))).toEqual([]);
});

/** In a process of its own, where the file is all there is. */
async function invoked(
  env: Readonly<Record<string, string>>,
  ...events: readonly unknown[]
): Promise<{ answers: unknown[]; stdout: string; stderr: string }> {
  const script = `
    const { handler } = await import("./lambda.mjs");
    const answers = [];
    for (const event of ${JSON.stringify(events)})
      answers.push(await handler(event, { getRemainingTimeInMillis: () => 5000 }).catch(String));
    process.stdout.write("\\nanswers " + JSON.stringify(answers));
  `;
  writeFileSync(join(directory, "run.mjs"), script);
  const { stdout, stderr } = await run(process.execPath, [join(directory, "run.mjs")], {
    env: { PATH: process.env["PATH"], ...env },
  });
  const [before = "", answers = "[]"] = stdout.split("\nanswers ");
  return { answers: JSON.parse(answers) as unknown[], stdout: before, stderr };
}

test("brings traces to the sinks of its environment, and names what has to come again", async () => {
  const good = await recordOf();
  const poison = { messageId: "poison", body: "{}" };
  const { answers, stdout, stderr } = await invoked(
    { LLMOPS_METRICS: "emf" },
    { Records: [good, poison] },
    { Records: [good] },
  );
  expect(answers).toEqual([
    { batchItemFailures: [{ itemIdentifier: "poison" }] },
    { batchItemFailures: [] },
  ]);
  const lines = stdout.trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ Traces: 1 });
  expect(JSON.parse(stderr)).toMatchObject({ level: "error", code: "LLMOPS4001" });
});

test("with a mistake in its environment every message comes again, and the log says why", async () => {
  const { answers } = await invoked({}, { Records: [await recordOf()] });
  expect(String(answers[0])).toContain("LLMOPS4007");
});

test("without the SDK its messages come again, and the log says what is missing", async () => {
  const one = await recordOf();
  const { answers, stderr } = await invoked(
    { LLMOPS_S3_BUCKET: "b", AWS_REGION: "us-east-1" },
    { Records: [one] },
  );
  expect(answers).toEqual([{ batchItemFailures: [{ itemIdentifier: one.messageId }] }]);
  expect(stderr).toContain("MODULE_NOT_FOUND");
});
