// One process of W12: a contender's session and the collector's address → for each shape and way, a call in multiples of
// `JSON.stringify` of the same value. Both run in turn, so that a slow stretch of the machine falls on both.
import { setTimeout } from "node:timers/promises";
import { contenders, type Callable, type Session } from "../contenders.ts";
import { quantile } from "../quantile.ts";
import { shapes, state } from "./shapes.ts";

/** `[shape, way, multiple of JSON.stringify]` */
export type Multiple = readonly [shape: string, way: Way, multiple: number];
/** `again`: an argument that the trace has had before. */
export type Way = "argument" | "captured" | "result" | "again";

const WAYS: Readonly<Record<Way, string>> = {
  argument: "take",
  captured: "takeCaptured",
  result: "give",
  again: "take",
};
/** Of each shape, handed over in turn: more than a trace keeps. */
const VALUES = 100;
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
  const one = title === state.title;
  const values = Array.from({ length: one ? 1 : VALUES }, (_, seed) => make(seed));
  const calls = one ? MOST_CALLS : Math.max(8, Math.min(MOST_CALLS, callsOf(values[0])));
  for (const way of Object.keys(WAYS) as Way[]) {
    const handed = way === "again" ? values.slice(0, 1) : values;
    multiples.push([title, way, await multipleOf(handed, way, calls, one ? 5 : ROUNDS)]);
  }
}
process.stdout.write(JSON.stringify(multiples));
process.exit();

async function multipleOf(
  values: readonly unknown[],
  way: Way,
  calls: number,
  rounds: number,
): Promise<number> {
  let turn = 0;
  const next = (): unknown => values[turn++ % values.length];
  const name = WAYS[way];
  const original = module[name] as Callable;
  const fn = session.wrap?.(original, name) ?? original;
  const ours: number[] = [];
  const base: number[] = [];
  for (let round = -Math.min(rounds, WARM_UP); round < rounds; round++) {
    const stringified = time(() => JSON.stringify(next()).length, calls);
    let called = 0;
    await session.trace(() => {
      called = time(() => fn(next()), calls);
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
