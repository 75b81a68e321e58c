// The child process of one sample: a contender, how many traces, how many at a time or a second,
// the collector → a `Sample`.
// Invariant: every trace has arrived, with arguments and results of each span, or there is no
// sample.
import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Callable, Session } from "../contenders.ts";
import { post } from "../post.ts";
import { contenders } from "./contenders.ts";
import { completionOf, documentsOf, questionOf } from "./prose.ts";

export interface Sample {
  /** From the first call until the collector had all of it. */
  readonly wallUs: number;
  /** Of all threads: with compression, garbage collection and delivery. Of no traces: of all time. */
  readonly cpuUs: number;
  /** Of the thread that runs the program; on Node 22, the time in which its loop did not wait. */
  readonly mainUs: number;
  readonly bytes: number;
}

/** What `POST /count` answers. */
interface Arrived {
  readonly bytes: number;
  readonly lastAtMs: number;
  /** By trace. */
  readonly seen: Readonly<Record<string, number>>;
}

type Steps = Record<string, Callable>;
interface Program {
  readonly steps: Steps;
  readonly world: Record<string, Callable>;
}

const WARM_UP = 500;
/** In arguments and in results of six functions. */
const MARKS = 12;
const PATIENCE_MS = 20_000;
const REST_MS = 30_000;
const SPANS = 6;

const [key, count = "", atATime = "", perSecond = "", collector = ""] = process.argv.slice(2);
const contender = contenders.find((one) => one.key === key);
if (contender === undefined) throw new Error(`${key} is no contender`);
const { session } = await load<{ session: Session }>(`../${contender.session}`);
await session.start(collector);
const { steps, world } = await load<Program>(`../dist/${contender.build}/rag.js`);
for (const [name, fn] of Object.entries(steps)) steps[name] = session.wrap?.(fn, name) ?? fn;

/** A trace's number goes with its question, and with what follows from it. */
world["search"] = async ({ id }: { id: string }) => {
  await setImmediate();
  return documentsOf(numberIn(id));
};
world["complete"] = async (messages: readonly { content: string }[]) => {
  if (Number(atATime) > 1) await setTimeout(20);
  else await setImmediate();
  return completionOf(numberIn(messages[1]?.content ?? ""));
};

await traces(Number(perSecond) > 0 ? 20 : WARM_UP, 0);
await session.flush();
await setTimeout(100);
if (Number(count) > 0)
  await post(`${collector}/watch`, JSON.stringify({ traces: String.raw`rag-\d{6}` }));
const first = WARM_UP;
const startedAtMs = Date.now();
const cpuBefore = process.cpuUsage();
const mainBefore = mainUs();
if (Number(count) > 0) {
  await traces(Number(count), first);
  await session.flush();
} else await setTimeout(REST_MS);
const { user, system } = process.cpuUsage(cpuBefore);
const main = mainUs() - mainBefore;
const arrived = contender.key === "bare" || Number(count) === 0 ? undefined : await checked();
const each = (value: number): number => value / Math.max(1, Number(count));
const sample: Sample = {
  wallUs: each(((arrived?.lastAtMs ?? Date.now()) - startedAtMs) * 1000),
  cpuUs: each(user + system),
  mainUs: each(main),
  bytes: each(arrived?.bytes ?? 0),
};
process.stdout.write(JSON.stringify(sample));
process.exit();

async function traces(many: number, from: number): Promise<void> {
  let next = from;
  const last = from + many;
  /** Of a queue: half of it is for what is on its way. */
  const some = Math.floor((session.queue ?? Infinity) / SPANS / 2);
  const one = async (): Promise<void> => {
    while (next < last) {
      await steps["answer"]?.(questionOf(next++));
      if (next % some === 0) await session.flush();
    }
  };
  if (Number(perSecond) > 0) {
    for (; next < last; next++) {
      void steps["answer"]?.(questionOf(next));
      await setTimeout(1000 / Number(perSecond));
    }
  } else await Promise.all(Array.from({ length: Number(atATime) }, one));
}

function mainUs(): number {
  // Since Node 23.9.
  const usage = process.threadCpuUsage?.();
  return usage === undefined
    ? performance.eventLoopUtilization().active * 1000
    : usage.user + usage.system;
}

function numberIn(text: string): number {
  return Number(/rag-(\d{6})/.exec(text)?.[1]);
}

async function checked(): Promise<Arrived> {
  for (const until = Date.now() + PATIENCE_MS; ; await setTimeout(200)) {
    const received = JSON.parse(await post(`${collector}/count`, "")) as Arrived;
    const whole = Object.values(received.seen).filter((marks) => marks >= MARKS).length;
    if (whole === Number(count)) return received;
    if (Date.now() > until)
      throw new Error(`${count} traces, but ${whole} whole ones at the collector`);
  }
}

async function load<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, import.meta.url).href)) as Module;
}
