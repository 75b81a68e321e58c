// The example program, compiled with and without the plugin and run in processes of its own: what it prints is the same, and
// its traces outlive a queue that is not there and a process that is killed.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { consume, type WireTrace } from "llmops-processor";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startModelServer, type ModelServer } from "../../demo/model-server.ts";
import { startQueue } from "../../demo/queue.ts";
import { builtInQuestions } from "../../demo/app/rag/src/questions.ts";

const ROOT = join(import.meta.dirname, "../..");
const SCRATCH = join(ROOT, ".llmops/test/rag");
const TRACKED = join(SCRATCH, "tracked");
const PLAIN = join(SCRATCH, "plain");
/** Nobody listens on the discard port. */
const NO_QUEUE = "http://127.0.0.1:9/000000000000/none";

const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
let model: ModelServer;
/** The program as it is without us. */
let plain: Ended;

beforeAll(async () => {
  rmSync(SCRATCH, { recursive: true, force: true });
  mkdirSync(SCRATCH, { recursive: true });
  writeFileSync(join(SCRATCH, "package.json"), '{ "type": "module" }\n');
  const compile = (compiler: string, outDir: string): Promise<unknown> => {
    const project = join(ROOT, "demo/app/rag");
    const script = join(ROOT, "node_modules", compiler);
    return promisify(execFile)(process.execPath, [script, "-p", project, "--outDir", outDir]);
  };
  await Promise.all([
    compile("ts-patch/bin/tspc.js", TRACKED),
    compile("typescript/bin/tsc", PLAIN),
  ]);
  model = await startModelServer();
  Object.assign(process.env, credentials);
  plain = await answers(PLAIN, NO_QUEUE);
});
beforeEach(() => rmSync(join(SCRATCH, "spool"), { recursive: true, force: true }));
afterAll(() => model.close());

interface Ended {
  code: number | null;
  stdout: string;
}

/** Runs the program with all built-in questions; `killAt`: kills it when that was printed. */
async function answers(folder: string, queueUrl: string, killAt?: string): Promise<Ended> {
  const child = spawn(process.execPath, [join(folder, "main.js")], {
    cwd: SCRATCH,
    env: {
      ...credentials,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SQS_URL: queueUrl,
      LLMOPS_SPOOL_DIR: join(SCRATCH, "spool"),
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_API_KEY: "any",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit") as Promise<[code: number | null]>;
  let stdout = "";
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    stdout += chunk.toString("utf8");
    if (killAt !== undefined && stdout.includes(killAt)) child.kill("SIGKILL");
  }
  const [code] = await exit;
  return { code, stdout };
}

/** What the queue holds once a run of the program has ended: this run's traces, and those of runs before that are still due. */
async function answersWithQueue(): Promise<{ ended: Ended; traces: WireTrace[] }> {
  const queue = await startQueue();
  const traces = new Map<string, WireTrace>();
  const stop = new AbortController();
  const consuming = consume({
    queueUrl: queue.url,
    signal: stop.signal,
    onTrace: (trace) => void traces.set(trace.trace_id, trace),
  });
  const ended = await answers(TRACKED, queue.url);
  await expect.poll(() => queue.isEmpty()).toBe(true);
  stop.abort();
  await consuming;
  await queue.close();
  return { ended, traces: [...traces.values()] };
}

function countsByQuestion(traces: readonly WireTrace[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { trace_input } of traces) {
    const { question = "none" } = (trace_input ?? {}) as { question?: string };
    counts[question] = (counts[question] ?? 0) + 1;
  }
  return counts;
}

function each(count: number): Record<string, number> {
  return Object.fromEntries(["none", ...builtInQuestions].map((question) => [question, count]));
}

test("says the same without the plugin", () => {
  expect(readFileSync(join(TRACKED, "answer.js"), "utf8")).toContain("llmops-observability");
  expect(readFileSync(join(PLAIN, "answer.js"), "utf8")).not.toContain("llmops-observability");
  expect(plain.code).toBe(0);
  for (const question of builtInQuestions) expect(plain.stdout).toContain(`\nQ: ${question}\nA: `);
});

test("says the same without a queue, and the next run delivers its traces", async () => {
  expect(await answers(TRACKED, NO_QUEUE)).toEqual(plain);

  const { ended, traces } = await answersWithQueue();
  expect(ended).toEqual(plain);
  expect(countsByQuestion(traces)).toEqual(each(2));
});

test("killed in the middle, what was finished is delivered by the next run", async () => {
  const killed = await answers(TRACKED, NO_QUEUE, `Q: ${builtInQuestions[0]}\nA: `);
  expect(killed.code).toBe(null);

  const { ended, traces } = await answersWithQueue();
  expect(ended).toEqual(plain);
  const counts = countsByQuestion(traces);
  expect(counts).toMatchObject({ none: 2, [`${builtInQuestions[0]}`]: 2 });
  for (const question of builtInQuestions) expect(counts[question]).toBeGreaterThanOrEqual(1);
});
