// A batch of message bodies → every sink at the same time → the messages that have to come again.
// Invariant: what is no trace reaches no sink and stops no other message; a sink that fails stops
// no other sink.
import { CODE, type Report, reporting } from "../failure.ts";
import { read } from "../receive/read.ts";
import type { Sink } from "../sink.ts";
import type { Store } from "../store.ts";
import type { Message } from "./message.ts";
import { Run } from "./run.ts";
import { SinkDelivery } from "./sink-delivery.ts";
import { noStats, type ProcessorStats } from "./stats.ts";

export interface Settings {
  readonly sinks: readonly Sink[];
  readonly store: Store;
  readonly attempts: number;
  readonly sinkTimeoutMs: number;
  readonly reserveMs: number;
  readonly maxTraceBytes: number;
  readonly onError: Report | undefined;
}

/** A message as it comes from the queue. */
export interface Incoming {
  readonly messageId: string;
  readonly body: unknown;
}

export class Processor {
  readonly #settings: Settings;
  readonly #report: Report;
  readonly #stats: ProcessorStats;
  readonly #deliveries: readonly SinkDelivery[];

  constructor(settings: Settings) {
    const { sinks, store, attempts, sinkTimeoutMs, onError } = settings;
    this.#settings = settings;
    this.#report = reporting(onError);
    this.#stats = noStats(sinks.map(({ name }) => name));
    const options = { attempts, sinkTimeoutMs };
    const around = { store, options, report: this.#report, stats: this.#stats };
    this.#deliveries = sinks.flatMap((sink) => {
      const stats = this.#stats.sinks[sink.name];
      return stats === undefined ? [] : [new SinkDelivery(sink, around, stats)];
    });
  }

  stats(): ProcessorStats {
    return structuredClone(this.#stats);
  }

  /**
   * @param remainingMs until the invocation is killed, where it will be
   * @returns those of `incoming` that have to come again
   */
  async take(
    incoming: readonly Incoming[],
    remainingMs: number | undefined,
  ): Promise<ReadonlySet<Incoming>> {
    const { attempts, sinkTimeoutMs, reserveMs } = this.#settings;
    const ownMs = attempts * sinkTimeoutMs;
    const run = new Run({
      answerInMs: remainingMs === undefined ? ownMs : remainingMs - reserveMs,
      leaseMs: remainingMs ?? ownMs,
    });
    try {
      return await this.#deliverAll(incoming, run);
    } finally {
      run.close();
    }
  }

  async #deliverAll(incoming: readonly Incoming[], run: Run): Promise<ReadonlySet<Incoming>> {
    const again = new Set<Incoming>();
    const cameIn = new Map<Message, Incoming>();
    for (const one of incoming) {
      this.#stats.messages++;
      const { messageId } = one;
      const found = read(one.body, this.#settings.maxTraceBytes);
      if ("entry" in found) {
        cameIn.set({ messageId, entry: found.entry }, one);
      } else {
        this.#stats.poison++;
        again.add(one);
        this.#report({ code: CODE.poison, messageId, reason: found.poison });
      }
    }
    const messages = [...cameIn.keys()];
    const failed = await Promise.all(this.#deliveries.map((sink) => sink.deliver(messages, run)));
    for (const [message, one] of cameIn)
      if (failed.some((some) => some.has(message))) again.add(one);
    return again;
  }
}
