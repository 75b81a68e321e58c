// One process of W12: a contender's session and the collector's address → for each shape and way, a call in multiples of
// `JSON.stringify` of the same value. Both run in turn, so that a slow stretch of the machine falls on both.
import { setTimeout } from "node:timers/promises";
import { contenders, type Callable, type Session } from "../contenders.ts";
import { quantile } from "../quantile.ts";
import { shapes, state } from "./shapes.ts";

/** `[shape, way, multiple of JSON.stringify]` */
export type Multiple = readonly [shape: string, way: Way, multiple: number];
export type Way = "argument" | "captured" | "result";

const WAYS: Readonly<Record<Way, string>> = {
  argument: "take",
  captured: "takeCaptured",
  result: "give",
};
const ROUNDS = 21;
const WARM_UP = 10;
/** Of one block, about. */
const BLOCK_NS = 1_000_000;
const MOST_CALLS = 1000;
/** What disturbs only ever adds. */
const QUARTILE = 0.25;

const [key, collector = ""] = process.argv.slice(2);
const contender = contenders.find((one) => one.key === key);
if (contender === undefined) throw new Error(`no contender ${key}`);
const { session } = (await import(new URL(`../${contender.session}`, import.meta.url).href)) as {
  session: Session;
};
await session.start(collector);
const module = (await import(
  new URL(`../dist/${contender.build}/values.js`, import.meta.url).href
)) as Record<string, Callable>;

const multiples: Multiple[] = [];
for (const { title, make } of [...shapes, state]) {
  const value = make();
  const calls =
    title === state.title ? MOST_CALLS : Math.max(5, Math.min(MOST_CALLS, callsOf(value)));
  for (const way of Object.keys(WAYS) as Way[])
    multiples.push([title, way, await multipleOf(value, way, calls)]);
}
process.stdout.write(JSON.stringify(multiples));
process.exit();

async function multipleOf(value: unknown, way: Way, calls: number): Promise<number> {
  const name = WAYS[way];
  const original = module[name] as Callable;
  const fn = session.wrap?.(original, name) ?? original;
  const ours: number[] = [];
  const base: number[] = [];
  const rounds = calls === MOST_CALLS && JSON.stringify(value).length > 20_000 ? 5 : ROUNDS;
  for (let round = -Math.min(rounds, WARM_UP); round < rounds; round++) {
    const stringified = time(() => JSON.stringify(value).length, calls);
    let called = 0;
    await session.trace(() => {
      called = time(() => fn(value), calls);
      return Promise.resolve();
    });
    // What is recorded may take a share of the time.
    await setTimeout(2 * (called / 1e6) + 5);
    if (round < 0) continue;
    ours.push(called);
    base.push(stringified);
  }
  await session.flush();
  return quantile(ours, QUARTILE) / quantile(base, QUARTILE);
}

/** Nanoseconds. */
function time(run: () => unknown, times: number): number {
  let sum = 0;
  const began = process.hrtime.bigint();
  for (let i = 0; i < times; i++) sum += Number(run() !== undefined);
  const took = Number(process.hrtime.bigint() - began);
  if (sum !== times) throw new Error("a call returned nothing");
  return took;
}

function callsOf(value: unknown): number {
  time(() => JSON.stringify(value), 20);
  return Math.round(BLOCK_NS / (time(() => JSON.stringify(value), 20) / 20));
}
