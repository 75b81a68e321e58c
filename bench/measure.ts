// The child process of one sample: names of a contender and a workload → the median ns per call of its blocks, on stdout.
// Only the calls stand between the two clock reads; opening and ending the trace do not.
import { contenders, workloads, type Session, type Workloads } from "./contenders.ts";
import { median } from "./median.ts";

/** Time of calls before they count, for the engine to optimize them, and of those that count. */
const WARM_UP_NS = 100_000_000n;
const MEASURED_NS = 200_000_000n;

const [contenderName, workloadName] = process.argv.slice(2);
const contender = contenders.find(({ name }) => name === contenderName);
if (!contender) throw new Error(`no contender is named ${contenderName}`);
if (workloadName !== "callSync" && workloadName !== "callAsync")
  throw new Error(`the workloads are ${Object.keys(workloads).join(", ")}, not ${workloadName}`);

const { callsPerBlock } = contender;
const { [workloadName]: call } = await load<Workloads>(contender.module);
const session = contender.session
  ? (await load<{ session: Session }>(contender.session)).session
  : undefined;

await session?.start();
await runBlock();
if (session && session.recorded() !== callsPerBlock)
  throw new Error(`${callsPerBlock} calls left ${session.recorded()} spans`);

await runBlocks(WARM_UP_NS);
process.stdout.write(String(median(await runBlocks(MEASURED_NS))));

/** Blocks until their calls took `enough` together → ns per call of each. */
async function runBlocks(enough: bigint): Promise<number[]> {
  const perCall: number[] = [];
  for (let spent = 0n; spent < enough;) {
    const ns = await runBlock();
    spent += ns;
    perCall.push(Number(ns) / callsPerBlock);
  }
  return perCall;
}

async function runBlock(): Promise<bigint> {
  session?.open();
  const began = process.hrtime.bigint();
  const outcome = call(callsPerBlock);
  if (typeof outcome !== "number") await outcome;
  const ns = process.hrtime.bigint() - began;
  await session?.close();
  return ns;
}

async function load<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, import.meta.url).href)) as Module;
}
