// W3, W9 and W11: traces of a RAG program, all the way to the collector → tables of what each
// contender takes for one.
// Invariant: samples are processes of their own, in turn, so that a slow minute of the machine
// falls on all alike.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../quantile.ts";
import { figure } from "../report.ts";
import type { Sample } from "./child.ts";
import { type Contender, contenders } from "./contenders.ts";

const execute = promisify(execFile);

interface Load {
  /** None: the process is at rest for as long as W11 takes. */
  readonly traces: number;
  readonly atATime: number;
  /** 0: as fast as it goes. */
  readonly perSecond: number;
}

export interface Bench {
  readonly node: string;
  readonly port: number;
  readonly rounds: number;
  /** Keys of contenders. @default all */
  readonly only: ReadonlySet<string> | undefined;
}

const KINDS = ["wallUs", "cpuUs", "mainUs", "bytes"] as const;
const W3: Load = { traces: 2000, atATime: 1, perSecond: 0 };
const W11_SECONDS = 30;

/** @returns lines of a Markdown table, and the notes below it */
export async function measureTraces(bench: Bench): Promise<readonly string[]> {
  const chosen = contenders.filter(({ key }) => bench.only?.has(key) ?? true);
  const rows = await samplesOf("W3", chosen, W3, bench);
  const best = (kind: keyof Sample): number =>
    Math.min(
      ...rows
        .filter(({ contender, samples }) => isPeer(contender) && samples.length > 0)
        .map(({ samples }) => middle(samples, kind)),
    );
  const lines = [
    "| W3, a RAG trace delivered | wall µs | × best peer | CPU µs, process | × best peer | main thread µs | × best peer | bytes |",
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const { contender, samples } of rows) {
    if (samples.length === 0) {
      lines.push(`| ${contender.title} | lost traces in each process | | | | | | |`);
      continue;
    }
    const cells = KINDS.flatMap((kind) => {
      const value = middle(samples, kind);
      return kind === "bytes" ? [figure(value)] : [figure(value), ratio(value, best(kind))];
    });
    const lost = bench.rounds - samples.length;
    const title = lost > 0 ? `${contender.title} (lost traces in ${lost})` : contender.title;
    lines.push(`| ${title} | ${cells.join(" | ")} |`);
  }
  return [...lines, "", ...chosen.map(({ title, records }) => `- ${title}: ${records}`)];
}

/** Whether a trace costs more where many are open. */
export async function measureConcurrency(bench: Bench): Promise<readonly string[]> {
  const ours = contenders.filter(({ key }) => ["wal", "memory"].includes(key));
  const few = await samplesOf("W9, 10", ours, { traces: 4000, atATime: 10, perSecond: 0 }, bench);
  const many = await samplesOf(
    "W9, 1,000",
    ours,
    { traces: 4000, atATime: 1000, perSecond: 0 },
    bench,
  );
  const lines = [
    "| W9, CPU µs a trace | 10 at a time | 1,000 at a time | × |",
    "|---|---|---|---|",
  ];
  for (const [at, { contender, samples }] of few.entries()) {
    const one = middle(samples, "cpuUs");
    const other = middle(many[at]?.samples ?? [], "cpuUs");
    lines.push(`| ${contender.title} | ${figure(one)} | ${figure(other)} | ${ratio(other, one)} |`);
  }
  return lines;
}

/** Of a program with few traces, and of one that made some and makes none any more. */
export async function measureAtRest(bench: Bench): Promise<readonly string[]> {
  const load: Load = { traces: 20 * W11_SECONDS, atATime: 1, perSecond: 20 };
  const chosen = contenders.filter(({ key }) =>
    ["bare", "wal", "memory", "otel", "langfuse"].includes(key),
  );
  // They do next to nothing, and so do not disturb each other.
  const resting = chosen.map((one) => sample(one, { ...load, traces: 0 }, bench));
  const idle = await Promise.all(resting);
  const lines = [
    `| W11, for ${W11_SECONDS} s, CPU ms a second | 20 traces a second | at rest |`,
    "|---|---|---|",
  ];
  for (const [at, contender] of chosen.entries()) {
    const { cpuUs } = await sample(contender, load, bench);
    const rest = (idle[at]?.cpuUs ?? 0) / 1000 / W11_SECONDS;
    console.error(`W11 ${contender.title}: ${figure((cpuUs * 20) / 1000)} ms, ${figure(rest)} ms`);
    lines.push(`| ${contender.title} | ${figure((cpuUs * 20) / 1000)} | ${figure(rest)} |`);
  }
  return lines;
}

interface Row {
  readonly contender: Contender;
  readonly samples: Sample[];
}

async function samplesOf(
  name: string,
  chosen: readonly Contender[],
  load: Load,
  bench: Bench,
): Promise<readonly Row[]> {
  const rows = chosen.map((contender): Row => ({ contender, samples: [] }));
  for (let round = 1; round <= bench.rounds; round++) {
    for (const { contender, samples } of rows) {
      const one = await sample(contender, load, bench).catch((error: unknown) => {
        if (!isPeer(contender)) throw error;
        // A peer that lost traces has no figure of that process; all others keep theirs.
        console.error(`${name} ${round}/${bench.rounds} ${contender.title}: ${causeOf(error)}`);
      });
      if (one === undefined) continue;
      samples.push(one);
      const { wallUs, cpuUs } = one;
      console.error(
        `${name} ${round}/${bench.rounds} ${contender.title}: ${figure(wallUs)} µs, CPU ${figure(cpuUs)} µs`,
      );
    }
  }
  return rows;
}

async function sample(
  { key, env, title }: Contender,
  { traces, atATime, perSecond }: Load,
  { node, port }: Bench,
): Promise<Sample> {
  const child = fileURLToPath(new URL("child.ts", import.meta.url));
  const numbers = [traces, atATime, perSecond].map(String);
  const args = [child, key, ...numbers, `http://127.0.0.1:${port}`];
  try {
    const { stdout } = await execute(node, args, { env: { ...process.env, ...env } });
    // An SDK may print, too.
    return JSON.parse(stdout.slice(stdout.lastIndexOf("{"))) as Sample;
  } catch (error) {
    throw new Error(`${title}: no sample`, { cause: error });
  }
}

function isPeer({ build, key }: Contender): boolean {
  return build === "bare" && key !== "bare";
}

/** What the child said of itself. */
function causeOf(error: unknown): string {
  const text = error instanceof Error ? String(error.cause) : "";
  return /Error: (.+ at the collector)/.exec(text)?.[1] ?? "no sample";
}

function middle(samples: readonly Sample[], kind: keyof Sample): number {
  return median(samples.map((one) => one[kind]));
}

function ratio(value: number, base: number): string {
  return Number.isFinite(base) && base > 0 ? figure(value / base) : "";
}
