// A batch's messages → one sink, each once, by the marks in a store → those that it does not have.
// Invariant: a message that is not among the failed was confirmed by the sink, now or before.
import { CODE, type FailureCode, nameOf, type Report } from "../failure.ts";
import type { Outcome, Sink } from "../sink.ts";
import type { Store } from "../store.ts";
import { attempt, type AttemptHooks, type AttemptOptions, LEFT_ALONE } from "./attempts.ts";
import { Circuit } from "./circuit.ts";
import { deliveriesOf, type Delivery, type Message } from "./message.ts";
import type { Run } from "./run.ts";
import { takeTurns } from "./turns.ts";
import type { ProcessorStats, SinkStats } from "./stats.ts";

/** How a delivery ended. "quiet": it failed, and that was said already. */
interface Ended {
  readonly state: "sent" | "skipped" | "duplicate" | "rejected" | "failed" | "quiet";
  readonly reason?: string;
}

export interface Surroundings {
  readonly store: Store;
  readonly options: AttemptOptions;
  readonly report: Report;
  readonly stats: ProcessorStats;
}

export class SinkDelivery {
  readonly #sink: Sink;
  readonly #around: Surroundings;
  readonly #circuit = new Circuit();
  readonly #stats: SinkStats;

  constructor(sink: Sink, around: Surroundings, stats: SinkStats) {
    this.#sink = sink;
    this.#around = around;
    this.#stats = stats;
  }

  /** @returns the messages that have to come again */
  async deliver(messages: readonly Message[], run: Run): Promise<ReadonlySet<Message>> {
    const deliveries = deliveriesOf(this.#sink.name, messages);
    const ended = new Map<Delivery, Ended>();
    const byKey = new Map(deliveries.map((delivery) => [delivery.key, delivery]));
    const ours = new Set<Delivery>();
    let answered = false;
    const end = ({ key }: Delivery, how: Ended): void => {
      const delivery = byKey.get(key);
      // What comes after the answer is for the store alone.
      if (delivery !== undefined && !answered) ended.set(delivery, how);
    };
    await Promise.race([this.#work(deliveries, ours, run, end), run.over]);
    answered = true;
    for (const delivery of ours)
      if (!ended.has(delivery)) void this.#give(delivery, end, OUT_OF_TIME);
    return this.#count(deliveries, ended);
  }

  /** @param ours gets those that are ours to send */
  async #work(
    deliveries: readonly Delivery[],
    ours: Set<Delivery>,
    run: Run,
    end: End,
  ): Promise<void> {
    await Promise.all(
      deliveries.map(async (one) => {
        if (await this.#claim(one, run, end)) ours.add(one);
      }),
    );
    if (this.#sink.whole !== true) return this.#send([...ours], run, end);
    const { store } = this.#around;
    const turns = await takeTurns(this.#sink.name, [...ours], store, run);
    const busy = turns.busy.map((one) => this.#give(one, end, { state: "failed", reason: BUSY }));
    const failed = Array.from(turns.failed, ([one, error]) => {
      this.#storeFailed(one, error);
      return this.#give(one, end, { state: "quiet" });
    });
    await Promise.all([...busy, ...failed, this.#send(turns.deliveries, run, end)]);
    await turns.release();
  }

  /** @returns whether it is ours to send */
  async #claim(delivery: Delivery, run: Run, end: End): Promise<boolean> {
    try {
      const state = await this.#around.store.begin(delivery.key, run.leaseMs);
      if (state === "mine") return true;
      end(delivery, state === "done" ? { state: "duplicate" } : { state: "failed", reason: BUSY });
    } catch (error) {
      this.#storeFailed(delivery, error);
      end(delivery, { state: "quiet" });
    }
    return false;
  }

  async #send(deliveries: readonly Delivery[], run: Run, end: End): Promise<void> {
    const hooks: AttemptHooks = {
      settled: (delivery, outcome) => this.#settle(delivery, outcome, end),
      takenLate: (delivery) => {
        void this.#around.store.finish(delivery.key).catch(() => undefined);
      },
      opened: () => {
        const reason = "five sends in a row failed";
        this.#around.report({ code: CODE.circuitOpened, sink: this.#sink.name, reason });
      },
    };
    await attempt(this.#sink, this.#circuit, deliveries, run, this.#around.options, hooks);
  }

  async #settle(delivery: Delivery, outcome: Outcome, end: End): Promise<void> {
    const { state } = outcome;
    if (state === "retry" || state === "rejected") {
      const failed = state === "retry" ? "failed" : "rejected";
      const quiet = outcome === LEFT_ALONE;
      return this.#give(delivery, end, {
        state: quiet ? "quiet" : failed,
        reason: outcome.reason,
      });
    }
    try {
      await this.#around.store.finish(delivery.key);
      end(delivery, state === "sent" ? { state } : { state, reason: outcome.reason });
    } catch (error) {
      this.#storeFailed(delivery, error);
      end(delivery, { state: "quiet" });
    }
  }

  /** Gives back the right to send it. A lease that cannot be given back runs out. */
  async #give(delivery: Delivery, end: End, how: Ended): Promise<void> {
    end(delivery, how);
    try {
      await this.#around.store.abandon(delivery.key);
    } catch (error) {
      this.#storeFailed(delivery, error);
    }
  }

  #storeFailed({ messages }: Delivery, error: unknown): void {
    for (const message of messages)
      this.#report(message, CODE.storeFailed, `the store failed: ${nameOf(error)}`);
  }

  #report({ messageId, entry }: Message, code: FailureCode, reason: string): void {
    const { traceId } = entry;
    this.#around.report({ code, sink: this.#sink.name, messageId, traceId, reason });
  }

  #count(
    deliveries: readonly Delivery[],
    ended: ReadonlyMap<Delivery, Ended>,
  ): ReadonlySet<Message> {
    const again = new Set<Message>();
    for (const delivery of deliveries) {
      const { messages } = delivery;
      const { state, reason = "" } = ended.get(delivery) ?? OUT_OF_TIME;
      if (state === "duplicate") this.#around.stats.duplicates += messages.length;
      else if (state === "sent" || state === "skipped") {
        this.#stats[state]++;
        this.#around.stats.duplicates += messages.length - 1;
      } else {
        this.#stats[state === "quiet" ? "failed" : state] += messages.length;
        for (const message of messages) again.add(message);
      }
      // The first event of a trace tells sinks by span nothing: that is no news.
      const news = state === "skipped" && delivery.entry.event !== "trace_start";
      if (news) for (const message of messages) this.#report(message, CODE.skipped, reason);
      if (state === "failed" || state === "rejected")
        for (const message of messages) this.#report(message, CODE.sinkFailed, reason);
    }
    return again;
  }
}

type End = (delivery: Delivery, how: Ended) => void;

const BUSY = "another invocation is at it";
const OUT_OF_TIME: Ended = { state: "failed", reason: "the time is up" };
