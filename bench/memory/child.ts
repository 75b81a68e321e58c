// One process of W6: `llmops` or `otel` → bytes of heap and buffers a span, of 100,000 that are open, and of 100,000 that have ended and
// wait for a destination that does not answer. Run with --expose-gc.
import { setTimeout } from "node:timers/promises";
import type { Callable } from "../contenders.ts";

export interface Memory {
  readonly open: number;
  readonly waiting: number;
}

const SPANS = 100_000;
/** Spans in a trace. */
const TOGETHER = 100;
const PEER = "peers/memory.ts";
const SETTLE_MS = 1500;

const item = { sku: "B-1042", cents: 1250 };
const own = process.argv[2] === "llmops";
const { trace, call } = own ? await ours() : await theirs();

const before = await held();
let end = (): void => {};
const ended = new Promise<void>((resolve) => (end = resolve));
const traces: Promise<unknown>[] = [];
for (let done = 0; done < SPANS; done += TOGETHER)
  traces.push(
    trace(() => Promise.all(Array.from({ length: TOGETHER }, (_, at) => call(at, ended)))),
  );
const whenOpen = await held();
end();
await Promise.all(traces);
traces.length = 0;
await setTimeout(SETTLE_MS);
const whenWaiting = await held();
const memory: Memory = {
  open: (whenOpen - before) / SPANS,
  waiting: (whenWaiting - before) / SPANS,
};
process.stdout.write(JSON.stringify(memory), () => process.exit());

async function held(): Promise<number> {
  await setTimeout(50);
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export interface Tracing {
  readonly trace: (task: () => Promise<unknown>) => Promise<unknown>;
  readonly call: (quantity: number, until: Promise<void>) => Promise<unknown>;
}

async function ours(): Promise<Tracing> {
  const { configure, withTrace } = await import("llmops-observability");
  const { priced } = (await import(
    new URL("../dist/ast/pending.js", import.meta.url).href
  )) as Record<string, Callable>;
  const limits = { memory: 1024 * 1024 * 1024, openTraces: 1024 * 1024 * 1024 };
  const sink = { name: "stalled", send: () => new Promise<never>(() => {}) };
  configure({ sink, durability: "memory", limits });
  return {
    trace: (task) => withTrace("bench", task),
    call: (quantity, until) => priced?.(quantity, item, until) as Promise<unknown>,
  };
}

/** A module of its own, because the root's check has no peers installed. */
async function theirs(): Promise<Tracing> {
  const peer = (await import(new URL(`../${PEER}`, import.meta.url).href)) as {
    tracing(): Promise<Tracing>;
  };
  return peer.tracing();
}
