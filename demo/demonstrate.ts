// Questions in → the example program compiled with tspc, run against a queue and a model on
// loopback, its traces consumed, printed, written down, and brought to the processor's sinks. Under
// `llmops dev` they go there instead. True when every question's trace arrived. All that it starts
// has ended when it returns.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { consume, render, type WireTrace } from "llmops-processor";
import { builtInQuestions } from "./app/rag/src/questions.ts";
import { arrivedAt, type Dev, startedBy } from "./dev.ts";
import { startModelServer } from "./model-server.ts";
import { startQueue } from "./queue.ts";
import { startSinks } from "./sinks.ts";
import { summaryOf, withoutTrace } from "./summary.ts";

export interface Demonstration {
  /** The repository. */
  root: string;
  /** None: the program's built-in ones. */
  asked: readonly string[];
  signal: AbortSignal;
}

interface Run {
  /** The compiled program and its arguments. */
  program: readonly string[];
  questions: readonly string[];
  spool: string;
  /** Unix seconds. */
  startedAt: number;
  signal: AbortSignal;
}

interface Arrival {
  trace: WireTrace;
  /** As the message held it; `llmops dev` consumes it itself. */
  body?: string;
}

interface Collected {
  exitCode: number | null;
  arrivals: Arrival[];
  /** What each sink got, in lines for people. */
  reachedSinks?: string;
}

/**
 * How long traces may take to arrive once the program has ended. Normally they are there before.
 */
const LATEST_ARRIVAL_MS = 10_000;

export async function demonstrate(demonstration: Demonstration): Promise<boolean> {
  const { root, asked, signal } = demonstration;
  const app = join(root, "demo/app/rag");
  const dev = startedBy(process.env);
  useNoAccount();

  say("Compiling demo/app/rag with tspc");
  const tsPatch = import.meta.resolve("ts-patch/package.json");
  const compiler = fileURLToPath(new URL("bin/tspc.js", tsPatch));
  if ((await runNode([compiler, "-p", app], app, {}, signal)) !== 0) return false;

  const out = join(root, ".llmops/demo");
  await mkdir(out, { recursive: true });
  const run: Run = {
    program: [join(app, "dist/main.js"), ...asked],
    questions: asked.length > 0 ? asked : builtInQuestions,
    spool: dev?.spool ?? join(out, "spool"),
    startedAt: Date.now() / 1000,
    signal,
  };
  const collected = await (dev === undefined ? runAndCollect(run) : runUnder(dev, run));
  if (signal.aborted) return false;

  const { exitCode, arrivals, reachedSinks } = collected;
  const traces = arrivals.map(({ trace }) => trace);
  const bodies = arrivals.flatMap(({ body }) => body ?? []);
  if (dev === undefined) await writeJson(join(out, "messages.json"), bodies);
  await writeJson(join(out, "traces.json"), traces);
  say("The traces, as they came out of the queue");
  const color = process.stdout.isTTY && process.stdout.hasColors();
  for (const trace of traces) process.stdout.write(`${render(trace, { color })}\n\n`);

  if (reachedSinks !== undefined) {
    say("What each sink of the processor got");
    process.stdout.write(`${reachedSinks}\n\n`);
  }

  const missing = unanswered(run, arrivals);
  for (const question of missing) process.stderr.write(`No trace arrived for: ${question}\n`);
  if (exitCode !== 0) process.stderr.write(`The program ended with exit code ${exitCode}.\n`);
  const written = dev === undefined ? "messages.json, traces.json" : "traces.json";
  process.stdout.write(`Written to .llmops/demo/: ${written}.\n`);
  if (dev !== undefined) process.stdout.write(`See them: ${dev.url}\n`);
  process.stdout.write(`${summaryOf(run.questions, traces)}\n`);
  return exitCode === 0 && missing.length === 0;
}

/**
 * Runs the program between its two servers; consumes until every question's trace is there, or it
 * takes too long.
 */
async function runAndCollect(run: Run): Promise<Collected> {
  const arrivals: Arrival[] = [];
  const [queue, model] = await Promise.all([startQueue(), startModelServer()]);
  const destinations = await startSinks(queue.origin);
  const stopConsumer = new AbortController();
  const consumer = consume({
    queueUrl: queue.url,
    signal: stopConsumer.signal,
    sinks: destinations.sinks,
    onTrace: (trace, body) => void arrivals.push({ trace, body }),
  });
  try {
    say(`Running it; its traces go to ${queue.url}`);
    const exitCode = await runProgram(run, queue.url, model.baseUrl);
    // A program that failed has answered what it has answered.
    await until(
      run.signal,
      async () =>
        (exitCode !== 0 || unanswered(run, arrivals).length === 0) && (await queue.isEmpty()),
    );
    arrivals.sort((a, b) => a.trace.start_time - b.trace.start_time);
    return { exitCode, arrivals, reachedSinks: await destinations.report() };
  } finally {
    stopConsumer.abort();
    await consumer;
    await Promise.all([destinations.close(), queue.close(), model.close()]);
  }
}

/** Its traces go to `llmops dev`, which consumes and keeps them. */
async function runUnder(dev: Dev, run: Run): Promise<Collected> {
  const model = await startModelServer();
  try {
    say(`Running it; its traces go to ${dev.url}`);
    const exitCode = await runProgram(run, dev.queueUrl, model.baseUrl);
    let arrivals: Arrival[] = [];
    await until(run.signal, async () => {
      arrivals = (await arrivedAt(dev, run.startedAt)).map((trace) => ({ trace }));
      return exitCode !== 0 || unanswered(run, arrivals).length === 0;
    });
    return { exitCode, arrivals };
  } finally {
    await model.close();
  }
}

function runProgram(run: Run, queueUrl: string, modelUrl: string): Promise<number | null> {
  const settings = {
    AWS_SQS_URL: queueUrl,
    OPENAI_BASE_URL: modelUrl,
    OPENAI_API_KEY: "not-needed-on-loopback",
    PROJECT_ID: "rag-demo",
    ENV: "demo",
    LLMOPS_SPOOL_DIR: run.spool,
  };
  const [script = ""] = run.program;
  return runNode(run.program, dirname(script), settings, run.signal);
}

/** Or until it takes too long. */
async function until(signal: AbortSignal, complete: () => Promise<boolean>): Promise<void> {
  const latest = performance.now() + LATEST_ARRIVAL_MS;
  while (!signal.aborted && performance.now() < latest && !(await complete())) await sleep(25);
}

/**
 * What an interrupted demo left in the spool arrives now, too: it is shown, but answers none of
 * this run's questions.
 */
function unanswered({ questions, startedAt }: Run, arrivals: readonly Arrival[]): string[] {
  const traces = arrivals.map(({ trace }) => trace);
  return withoutTrace(
    questions,
    traces.filter((trace) => trace.start_time >= startedAt),
  );
}

/** Whatever accounts the user's shell is set up for take no part, here and in the program. */
function useNoAccount(): void {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|LANGFUSE|LLMOPS|OPENAI)_/.test(name) || name === "MODEL_ID")
      delete process.env[name];
  }
  process.env["AWS_REGION"] = "us-east-1";
  process.env["AWS_ACCESS_KEY_ID"] = "demo";
  process.env["AWS_SECRET_ACCESS_KEY"] = "demo";
  // Or the SDK looks for an EC2 machine's role at 169.254.169.254.
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
}

/**
 * Runs a script in a Node process of its own; resolves with its exit code, null when a signal ended
 * it.
 */
function runNode(
  args: readonly string[],
  cwd: string,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(null);
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...settings },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const end = (): void => void child.kill();
    signal.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("exit", (code) => {
      signal.removeEventListener("abort", end);
      resolve(code);
    });
  });
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

function say(text: string): void {
  process.stdout.write(`\n── ${text} ──\n\n`);
}
