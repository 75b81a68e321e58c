// Deliveries to a sink that wants whole traces → the same, with all that came of each trace so far.
// Invariant: one invocation at a time reads a trace and writes it: none overwrites more with less.
import { join } from "llmops-observability/wire";
import type { Store } from "../store.ts";
import { turnOf } from "../key.ts";
import type { Delivery } from "./message.ts";
import { pause, type Run } from "./run.ts";

/** Between two questions whether a turn is free, in ms; a write to S3 takes about as long. */
const ASK_AGAIN_MS = 50;

export interface Turns {
  readonly deliveries: readonly Delivery[];
  /** Those whose trace another invocation held all the time. */
  readonly busy: readonly Delivery[];
  /** Those for which the store failed, and how. */
  readonly failed: ReadonlyMap<Delivery, unknown>;
  /** Lets the next ones write. */
  release(): Promise<void>;
}

export async function takeTurns(
  sink: string,
  deliveries: readonly Delivery[],
  store: Store,
  run: Run,
): Promise<Turns> {
  const byTrace = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const { traceId } = delivery.entry;
    byTrace.set(traceId, [...(byTrace.get(traceId) ?? []), delivery]);
  }
  const [whole, busy]: [Delivery[], Delivery[]] = [[], []];
  const failed = new Map<Delivery, unknown>();
  const held: string[] = [];
  // In one order everywhere: two that wait for each other's turn would wait for ever.
  const inOrder = [...byTrace].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [traceId, some] of inOrder) {
    const turn = turnOf(sink, traceId);
    try {
      if (!(await isFree(turn, store, run))) {
        busy.push(...some);
        continue;
      }
      held.push(turn);
      whole.push(...(await joined(traceId, some, store)));
    } catch (error) {
      for (const delivery of some) failed.set(delivery, error);
    }
  }
  const release = async (): Promise<void> => {
    await Promise.allSettled(held.map((turn) => store.abandon(turn)));
  };
  return { deliveries: whole, busy, failed, release };
}

async function isFree(turn: string, store: Store, run: Run): Promise<boolean> {
  while ((await store.begin(turn, run.leaseMs)) === "busy") {
    if (run.leftMs <= ASK_AGAIN_MS) return false;
    await pause(ASK_AGAIN_MS * (0.5 + Math.random()), run.signal);
  }
  return true;
}

async function joined(
  traceId: string,
  deliveries: readonly Delivery[],
  store: Store,
): Promise<readonly Delivery[]> {
  let bodies: readonly string[] = [];
  for (const { entry } of deliveries) bodies = await store.keep(traceId, entry.digest, entry.body);
  const [trace] = join(bodies);
  if (trace === undefined) throw new Error("The store gave nothing back.");
  return deliveries.map((delivery) => ({ ...delivery, entry: { ...delivery.entry, trace } }));
}
