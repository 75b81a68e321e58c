// The child process of one sample: keys of a contender and a workload, the collector's address → a `Sample` as JSON on stdout.
// Only the calls stand between the two clock reads; opening, ending and delivering traces is in the busy time alone.
import { AsyncLocalStorage } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { contenders, type Callable, type Session } from "./contenders.ts";
import { quantile } from "./quantile.ts";
import { post } from "./post.ts";
import { workloads } from "./workloads.ts";

export interface Sample {
  /** While the calls run: lower quartile of the blocks, each without the stretches in which another process had the processor. */
  readonly nsPerCall: number;
  /** Active time of the event loop in all measured blocks until their spans were delivered, by call. */
  readonly busyNsPerCall: number;
  /** Time of all threads on processors, likewise: with compression and garbage collection, without waiting for a turn. */
  readonly cpuNsPerCall: number;
}

/** Some calls between two clock reads. */
interface Stretch {
  readonly ns: number;
  readonly times: number;
  /** Another process had the processor meanwhile. */
  readonly interrupted: boolean;
}

/** Of one trace: short ones, because what is interrupted does not count. */
const STRETCHES = 20;
/** Before blocks count: long enough for the engine to optimize what runs in them. */
const WARM_UP = { blocks: 10, ns: 100_000_000 };
const MEASURED = { blocks: 50, ns: 20_000_000 };
/**
 * The part of the blocks that are faster than what counts. What disturbs only ever adds, and who shares a processor with other machines
 * gets half of its speed for tenths of a second at a time: a median tells how many of them there were.
 */
const QUARTILE = 0.25;
/**
 * Calls of a loop in one trace: 400 before blocks count. V8 optimizes the loops of W7 for good, seven times as fast as before, after 200
 * to 260 calls (measured, Node 24, bare and compiled): with fewer, those that got there were compared with those that had not.
 */
const LOOPS = 40;
/** Of either phase: a contender that takes longer is slow enough to be measured by fewer blocks. */
const LONGEST_MS = 1500;
const REST_MS = 10;
/** Where nothing is recorded, a block is as many times longer, for the clock (about 0.1 µs). */
const LOCAL_FACTOR = 100;

const [contenderKey, title, collector = ""] = process.argv.slice(2);
const contender = found(contenders.find(({ key }) => key === contenderKey));
const workload = found(workloads.find((one) => one.title === title));
const { session } = await load<{ session: Session }>(contender.session);
/** Nothing is made in a call. */
const quick = contender.key === "bare" || workload.env?.["LLMOPS_ENABLED"] === "false";
const recorded = !contender.local && !quick;
const calls = workload.calls * (quick && !workload.loop ? LOCAL_FACTOR : 1);

await session.start(collector);
const module = await load<Record<string, Callable>>(
  `dist/${contender.build}/${workload.module}.js`,
);
const original = found(module[workload.fn]);
const argument = workload.argument?.();
const fn = session.wrap?.(original, workload.fn) ?? original;

await post(`${collector}/watch`, JSON.stringify({ name: workload.fn, mark: workload.mark }));
let spans = 0;
/** Of the current block. */
let stretches: Stretch[] = [];
await blocks(WARM_UP);
const cpuBefore = process.cpuUsage();
const before = performance.eventLoopUtilization();
const measured = await blocks(MEASURED);
const { user, system } = process.cpuUsage(cpuBefore);
const { active } = performance.eventLoopUtilization(before);
await checkDelivery();

const called = sum(measured.flat().map(({ times }) => times));
const sample: Sample = {
  nsPerCall: quantile(measured.map(nsPerCall), QUARTILE),
  busyNsPerCall: (active * 1e6) / called,
  cpuNsPerCall: ((user + system) * 1e3) / called,
};
process.stdout.write(JSON.stringify(sample));
process.exit();

/** Runs blocks until there are enough of them, and their calls took long enough → the stretches of each. */
async function blocks(enough: { blocks: number; ns: number }): Promise<Stretch[][]> {
  const done: Stretch[][] = [];
  const until = performance.now() + LONGEST_MS;
  let spent = 0;
  while (done.length < enough.blocks || spent < enough.ns) {
    stretches = [];
    if (workload.openTraces) await manyOpen(workload.openTraces);
    else for (let trace = 0; trace < (workload.traces ?? 1); trace++) await oneTrace();
    await session.flush();
    // Lets the loop turn, as it does between the requests of a server, and the collector come to rest: where two processors are threads
    // of one core, what it does with the last block would slow the next one by half.
    await setTimeout(REST_MS);
    done.push(stretches);
    spent += sum(stretches.map(({ ns }) => ns));
    if (performance.now() > until) break;
  }
  return done;
}

/** Of a block: all of it, pauses for garbage collection too, but what was interrupted. */
function nsPerCall(block: readonly Stretch[]): number {
  const kept = block.filter(({ interrupted }) => !interrupted);
  const counted = kept.length > 0 ? kept : block;
  return sum(counted.map(({ ns }) => ns)) / sum(counted.map(({ times }) => times));
}

async function oneTrace(): Promise<void> {
  const all = workload.loop ? calls * LOOPS : calls;
  const times = workload.loop ? calls : Math.max(calls / STRETCHES, Math.min(calls, 10));
  await session.trace(async () => {
    for (let done = 0; done < all; done += times) {
      const stop = started(times);
      const outcome = workload.run(fn, times, argument);
      if (outcome instanceof Promise) await outcome;
      stop();
    }
  });
  spans += workload.loop ? LOOPS : calls;
}

/** As `oneTrace` with so many traces open at a time, as in a busy server; ten calls in one, then in the next. */
async function manyOpen(traces: number): Promise<void> {
  const AT_A_TIME = 10;
  let end = (): void => {};
  const allCalled = new Promise<void>((resolve) => (end = resolve));
  const inside: ((run: () => unknown) => unknown)[] = [];
  const ended = Array.from({ length: traces }, () =>
    session.trace(() => {
      inside.push(AsyncLocalStorage.snapshot());
      return allCalled;
    }),
  );
  const some = (): unknown => workload.run(fn, AT_A_TIME, argument);
  for (let done = 0; done < calls; done += traces * AT_A_TIME) {
    for (const enter of inside) {
      const stop = started(AT_A_TIME);
      enter(some);
      stop();
    }
  }
  end();
  await Promise.all(ended);
  spans += calls;
}

/** Begins a stretch of so many calls; what is returned ends it. */
function started(times: number): () => void {
  const switches = process.resourceUsage().involuntaryContextSwitches;
  const began = process.hrtime.bigint();
  return () => {
    const ns = Number(process.hrtime.bigint() - began);
    const interrupted = process.resourceUsage().involuntaryContextSwitches !== switches;
    stretches.push({ ns, times, interrupted });
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Proves that what was measured was tracking: every call's span has come, with its arguments and result. */
async function checkDelivery(): Promise<void> {
  const received = JSON.parse(await post(`${collector}/count`, "")) as Record<string, number>;
  const expected = recorded ? spans : 0;
  if (received["spans"] !== expected)
    throw new Error(`${expected} calls, but ${received["spans"]} spans at the collector`);
  if (recorded && workload.mark !== undefined && Number(received["marks"]) < 2 * spans)
    throw new Error(`arguments or results are missing: ${received["marks"]} marks, ${spans} spans`);
}

async function load<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, import.meta.url).href)) as Module;
}

function found<T>(value: T | undefined): T {
  if (value === undefined)
    throw new Error(`no such contender, workload or export: ${process.argv.join(" ")}`);
  return value;
}
