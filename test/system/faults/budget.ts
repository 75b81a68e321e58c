// What delivery costs the program: a finished trace on the thread that ends it, and the import → figures beside their goals.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import { appEnvironment, temporaryDirectory, type Report } from "./harness.ts";

const run = promisify(execFile);
const GOALS = { traceMicroseconds: 150, importMs: 10 };
const STARTS = 31;

/** 2,000 traces of 7 KB, one every 2 ms as in a server: sending goes on in between. */
const TRACES = `
import { endTrace, finalizeAndSend, startTrace } from "llmops-observability";
const words = "the quick brown fox jumps over a lazy dog ".repeat(400);
const times = [];
const timer = setInterval(() => {
  const text = words.slice(times.length % 500, (times.length % 500) + 7000);
  const began = process.hrtime.bigint();
  startTrace("budget");
  finalizeAndSend({ traceInput: text });
  times.push(Number(process.hrtime.bigint() - began) / 1e3);
  if (times.length < 2000) return;
  clearInterval(timer);
  const sorted = times.slice(200).sort((a, b) => a - b);
  console.log(JSON.stringify([0.5, 0.99].map((share) => sorted[Math.floor(sorted.length * share)])));
}, 2);`;

export async function traceBudget(): Promise<Report> {
  using directory = temporaryDirectory();
  const queue = await startFaultSqs();
  const settings = { AWS_SQS_URL: queue.url, LLMOPS_SPOOL_DIR: directory.path };
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", TRACES], {
    cwd: import.meta.dirname,
    env: appEnvironment(settings),
  });
  await queue.close();
  const [p50 = Infinity, p99 = Infinity] = JSON.parse(stdout) as number[];
  return {
    name: "a trace of 7 KB, from startTrace to the end of endTrace, wal",
    figures: `p50 ${p50.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs (goal: p50 ${GOALS.traceMicroseconds} µs)`,
    failures: p50 > GOALS.traceMicroseconds ? [`p50 is ${p50.toFixed(0)} µs`] : [],
  };
}

/**
 * From the import's first to its last instruction: the start of the process itself varies more than this takes. An empty module comes first,
 * because Node's loader sets itself up for a program's own modules as well (1.4 ms). CPU time tells a busy machine.
 */
const IMPORT = `
await import("data:text/javascript,");
const [began, before] = [process.hrtime.bigint(), process.cpuUsage()];
await import("llmops-observability");
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify([Number(process.hrtime.bigint() - began) / 1e6, (user + system) / 1e3]));`;

export async function importBudget(node: string): Promise<Report> {
  const times: number[] = [];
  const cpu: number[] = [];
  for (let n = 0; n < STARTS; n++) {
    const { stdout } = await run(node, ["--input-type=module", "-e", IMPORT], {
      cwd: import.meta.dirname,
      env: appEnvironment({}),
    });
    const [wallMs = Infinity, cpuMs = Infinity] = JSON.parse(stdout) as number[];
    times.push(wallMs);
    cpu.push(cpuMs);
  }
  const { stdout } = await run(node, ["--version"]);
  const ms = median(times);
  return {
    name: `importing the runtime, Node ${stdout.trim()}`,
    figures: `${ms.toFixed(1)} ms, CPU ${median(cpu).toFixed(1)} ms, median of ${STARTS} (goal: ${GOALS.importMs} ms)`,
    failures: ms > GOALS.importMs ? [`${ms.toFixed(1)} ms`] : [],
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Infinity;
}
