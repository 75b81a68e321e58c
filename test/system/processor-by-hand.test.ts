// docs/processor.md's way to a running consumer: the demo's parts as they are started there, and
// one trace that goes all the way.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readTraces } from "llmops-processor/local";
import { expect, test, vi } from "vitest";
import { startQueue } from "../../demo/queue.ts";

const RUN = join(import.meta.dirname, "../../demo/run.ts");
const run = promisify(execFile);

test("a trace that is sent reaches the consumer's sinks", async () => {
  const directory = mkdtempSync(join(tmpdir(), "llmops-by-hand-"));
  const queue = await startQueue();
  const path = join(directory, "traces.db");
  const env = {
    PATH: process.env["PATH"],
    AWS_SQS_URL: queue.url,
    LLMOPS_METRICS: "emf",
    LLMOPS_DB: path,
    LLMOPS_SPOOL_DIR: join(directory, "spool"),
  };
  const consumer = spawn(process.execPath, [RUN, "--consumer"], { env });
  let printed = "";
  consumer.stdout.on("data", (chunk) => (printed += String(chunk)));
  try {
    const { stdout } = await run(process.execPath, [RUN, "--send"], { env });
    expect(stdout).toContain("Sent one trace.");
    await vi.waitFor(() => expect(printed).toContain('"Traces":1'), { timeout: 30_000 });
    await vi.waitFor(async () => expect(await queue.isEmpty()).toBe(true), { timeout: 30_000 });
    const [trace, ...others] = readTraces(path);
    expect(others).toEqual([]);
    expect(trace).toMatchObject({ trace_name: "greeting", trace_output: "Hello, Ada!" });
    expect(trace?.spans).toMatchObject([{ span_name: "greet" }]);
  } finally {
    const ended = new Promise((resolve) => consumer.once("exit", resolve));
    consumer.kill("SIGTERM");
    await ended;
    await queue.close();
    rmSync(directory, { recursive: true });
  }
});

test("without a queue it says what is missing", async () => {
  const env = { PATH: process.env["PATH"] };
  await expect(run(process.execPath, [RUN, "--send"], { env })).rejects.toThrow(/AWS_SQS_URL/);
});
