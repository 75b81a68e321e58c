// Marks and kept messages → the memory of this process, for tests, for the demo, and for one
// long-running consumer.
// Invariant: it holds 10,000 traces at most; the one that was touched longest ago goes first.
import { segment, traceIn } from "../key.ts";
import type { Store } from "../store.ts";

const MAX_TRACES = 10_000;

/**
 * A redrive may come 14 days after a message was sent first (SQS's longest retention, 2026); a day
 * to spare.
 */
export const KEPT_MS: number = 15 * 24 * 3_600_000;

/** How long marks are kept. */
export interface MemoryStoreOptions {
  /** How long a trace is remembered after its last message, in ms. @default 15 days */
  readonly ttlMs?: number;
}

interface TraceMemory {
  /** When a key's lease ends, or Infinity where it is done. */
  readonly leases: Map<string, number>;
  readonly bodies: Map<string, string>;
  touchedMs: number;
}

/** A store that ends with the process: a redelivery to another one is a new message. */
export function memoryStore({ ttlMs = KEPT_MS }: MemoryStoreOptions = {}): Store {
  const traces = new Map<string, TraceMemory>();

  function touched(trace: string): TraceMemory {
    const nowMs = Date.now();
    const found = traces.get(trace);
    const fresh = found !== undefined && nowMs - found.touchedMs <= ttlMs;
    const memory = fresh ? found : { leases: new Map(), bodies: new Map(), touchedMs: nowMs };
    memory.touchedMs = nowMs;
    // Last in the map's order.
    traces.delete(trace);
    traces.set(trace, memory);
    for (const [oldest, { touchedMs }] of traces) {
      if (traces.size <= MAX_TRACES && nowMs - touchedMs <= ttlMs) break;
      traces.delete(oldest);
    }
    return memory;
  }

  return {
    async begin(key, leaseMs) {
      const { leases } = touched(traceIn(key));
      const untilMs = leases.get(key) ?? 0;
      if (untilMs === Infinity) return "done";
      if (untilMs > Date.now()) return "busy";
      leases.set(key, Date.now() + leaseMs);
      return "mine";
    },
    async finish(key) {
      touched(traceIn(key)).leases.set(key, Infinity);
    },
    async abandon(key) {
      const { leases } = touched(traceIn(key));
      if (leases.get(key) !== Infinity) leases.delete(key);
    },
    async keep(traceId, digest, body) {
      const { bodies } = touched(segment(traceId));
      if (!bodies.has(digest)) bodies.set(digest, body);
      return [...bodies.values()];
    },
  };
}
