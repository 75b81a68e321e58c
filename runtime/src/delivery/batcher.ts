// Pending traces → batches → the sink, a few requests at a time; each entry's outcome → the
// hooks. An item is in exactly one of: a queue, a request in flight, gone (sent or dropped).

import { after, afterKeepingAlive, cancel, monotonicNow, soon, type Timer } from "../clock.ts";
import { retry, type Entry, type Outcome, type Sink } from "../sinks/sink.ts";
import { encode } from "../wire.ts";
import { pauseMs } from "./pace.ts";
import type { Place } from "./segment.ts";

/** One accepted trace on its way. */
export interface Pending {
  readonly id: string;
  readonly traceId: string;
  /** Of the JSON in memory; 0 where it lies on disk alone. */
  bytes: number;
  json: string | undefined;
  place: Place | undefined;
  readonly sinceMs: number;
  rejections: number;
}

export interface BatcherOptions {
  readonly workers: number;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly flushThresholdMs: number;
}

export interface BatcherHooks {
  sent(items: readonly Pending[]): void;
  dropped(item: Pending, reason: "oversize" | "rejected" | "unreadable"): void;
  /** These stay pending and are sent again. */
  failed(items: readonly Pending[], reason: string): void;
  /** Nothing is queued or in flight any more. */
  idle(): void;
}

/** Valid under the older limit of SQS too, which queues and clients still have (2026-11). */
const BATCH_BYTES = 256 * 1024;
/** Message attributes count as well: names, types and values of the two that are sent. */
const ENTRY_OVERHEAD_BYTES = 256;
/** SQS takes no larger message, whatever is configured. */
const MAX_MESSAGE_BYTES = 1024 * 1024 - ENTRY_OVERHEAD_BYTES;
/** Enough text for a batch without waiting for more. */
const EARLY_BYTES = 64 * 1024;
/** From here on one request at a time asks whether the destination is back. */
const FAILURES_TO_PROBE = 3;
/** A sender fault may be a mistake of the moment once, not twice. */
const MAX_REJECTIONS = 2;

interface Waiter {
  readonly timer: Timer;
  readonly patient: boolean;
  readonly failuresBefore: number;
  readonly end: (idle: boolean) => void;
}

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #sink: Sink;
  readonly #hooks: BatcherHooks;
  readonly #live: Pending[] = [];
  /** Of dead owners, or failed before. */
  readonly #backlog: Pending[] = [];
  readonly #waiters = new Set<Waiter>();
  #closed = false;
  #liveBytes = 0;
  #requests = 0;
  readonly #inFlight = new Set<Pending>();
  #turn = 0;
  #failing = false;
  #failures = 0;
  #failuresInARow = 0;
  #notBeforeMs = 0;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #poked = false;

  constructor(options: BatcherOptions, sink: Sink, hooks: BatcherHooks) {
    this.#options = options;
    this.#sink = sink;
    this.#hooks = hooks;
  }

  /** Queued or in flight. */
  get pending(): number {
    return this.#live.length + this.#backlog.length + this.#inFlight.size;
  }

  /** The last request stored nothing: the destination is probably not there. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Every pending item, for the last account. */
  items(): Pending[] {
    return [...this.#live, ...this.#backlog, ...this.#inFlight];
  }

  add(item: Pending): void {
    this.#live.push(item);
    this.#liveBytes += item.bytes;
    const oldest = this.#live[0] ?? item;
    const ready =
      this.#live.length >= this.#options.batchSize ||
      this.#liveBytes >= EARLY_BYTES ||
      monotonicNow() - oldest.sinceMs >= this.#options.flushThresholdMs;
    if (ready) this.#poke();
    else this.#wakeIn(this.#options.batchTimeoutMs);
  }

  addBacklog(items: readonly Pending[]): void {
    for (const item of items) this.#backlog.push(item);
    this.#poke();
  }

  /**
   * Sends what is there without waiting for full batches. Resolves to true when nothing is
   * pending, to false after `timeoutMs`; an impatient wait also ends when the destination
   * fails twice and `safe` says that nothing would be lost.
   */
  drain(timeoutMs: number, patient: boolean): Promise<boolean> {
    if (this.pending === 0) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        timer: afterKeepingAlive(timeoutMs, () => waiter.end(false)),
        patient,
        failuresBefore: this.#failures,
        end: (idle) => {
          cancel(waiter.timer);
          this.#waiters.delete(waiter);
          resolve(idle);
        },
      };
      this.#waiters.add(waiter);
      this.#notBeforeMs = 0;
      this.#poke();
    });
  }

  /** Sends nothing more, and hands back what was pending. */
  close(): Pending[] {
    this.#closed = true;
    cancel(this.#timer);
    for (const { end } of this.#waiters) end(false);
    const left = this.items();
    this.#live.length = 0;
    this.#backlog.length = 0;
    this.#inFlight.clear();
    try {
      this.#sink.close?.();
    } catch {
      // A sink of the user's; there is nothing left to do with it.
    }
    return left;
  }

  /** Behind the caller's back: never on the stack of the one who ends a trace. */
  #poke(): void {
    if (this.#poked || this.#closed) return;
    this.#poked = true;
    soon(() => this.#dispatch());
  }

  #wakeIn(ms: number): void {
    const at = monotonicNow() + ms;
    if (at >= this.#timerAtMs) return;
    cancel(this.#timer);
    this.#timerAtMs = at;
    this.#timer = after(ms, () => {
      this.#timerAtMs = Infinity;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    this.#poked = false;
    const lanes = this.#failuresInARow >= FAILURES_TO_PROBE ? 1 : this.#options.workers;
    while (!this.#closed && this.#requests < lanes) {
      const ms = this.#dueInMs();
      if (ms > 0) {
        if (ms < Infinity) this.#wakeIn(ms);
        return;
      }
      void this.#send(this.#take());
    }
  }

  #dueInMs(): number {
    const [oldest] = this.#live;
    if (oldest === undefined && this.#backlog.length === 0) return Infinity;
    const now = monotonicNow();
    if (now < this.#notBeforeMs) return this.#notBeforeMs - now;
    if (oldest === undefined || this.#backlog.length > 0 || this.#waiters.size > 0) return 0;
    const full = this.#live.length >= this.#options.batchSize || this.#liveBytes >= EARLY_BYTES;
    return full ? 0 : oldest.sinceMs + this.#options.batchTimeoutMs - now;
  }

  /** New traces first; every fourth batch begins with the backlog, so that neither starves. */
  #take(): Pending[] {
    const size = this.#options.batchSize;
    const backlogFirst = this.#turn++ % 4 === 3;
    const batch = backlogFirst ? this.#backlog.splice(0, size) : [];
    const live = this.#live.splice(0, size - batch.length);
    for (const { bytes } of live) this.#liveBytes -= bytes;
    batch.push(...live);
    batch.push(...this.#backlog.splice(0, size - batch.length));
    return batch;
  }

  /** Never rejects. */
  async #send(batch: readonly Pending[]): Promise<void> {
    this.#requests++;
    for (const item of batch) this.#inFlight.add(item);
    const encoded = await Promise.all(batch.map((item) => this.#encode(item)));
    for (const request of packed(encoded.filter((one) => one !== undefined))) {
      if (this.#closed) return;
      const outcomes = await this.#ask(request.map(({ entry }) => entry));
      if (this.#closed) return;
      this.#settle(request, outcomes);
    }
    this.#requests--;
    this.#dispatch();
    if (this.pending === 0) this.#rest();
  }

  /** Sinks may be the user's: whatever goes wrong there counts as not sent. */
  async #ask(entries: readonly Entry[]): Promise<readonly (Outcome | undefined)[]> {
    try {
      const outcomes: unknown = await this.#sink.send(entries);
      return Array.isArray(outcomes) ? (outcomes as Outcome[]) : [];
    } catch (error) {
      const reason = error instanceof Error ? error.name : "Error";
      return entries.map(() => retry(reason));
    }
  }

  async #encode(item: Pending): Promise<Encoded | undefined> {
    let body: string;
    try {
      const json = item.json ?? (await item.place?.segment.read(item.place)) ?? "";
      [body = ""] = await encode(item.traceId, json, { limit: Infinity });
    } catch {
      this.#drop(item, "unreadable");
      return undefined;
    }
    if (body.length > MAX_MESSAGE_BYTES) {
      this.#drop(item, "oversize");
      return undefined;
    }
    return { item, entry: { id: item.id, traceId: item.traceId, body } };
  }

  #drop(item: Pending, reason: "oversize" | "rejected" | "unreadable"): void {
    if (this.#inFlight.delete(item)) this.#hooks.dropped(item, reason);
  }

  #settle(request: readonly Encoded[], outcomes: readonly (Outcome | undefined)[]): void {
    const sent: Pending[] = [];
    const again: Pending[] = [];
    let reason: string | undefined;
    for (const [index, { item }] of request.entries()) {
      const outcome = outcomes[index] ?? retry("NoOutcome");
      if (outcome.state === "sent") {
        sent.push(item);
      } else if (outcome.state === "rejected" && ++item.rejections >= MAX_REJECTIONS) {
        this.#drop(item, "rejected");
      } else {
        again.push(item);
        reason = outcome.reason;
      }
    }
    for (const item of [...sent, ...again]) this.#inFlight.delete(item);
    this.#backlog.push(...again);
    this.#failing = sent.length === 0 && reason !== undefined;
    if (sent.length > 0) this.#hooks.sent(sent);
    if (reason === undefined) {
      this.#failuresInARow = 0;
      this.#notBeforeMs = 0;
    } else {
      this.#failed(again, reason);
    }
  }

  #failed(items: readonly Pending[], reason: string): void {
    this.#failures++;
    this.#failuresInARow++;
    this.#notBeforeMs = monotonicNow() + pauseMs(reason, this.#failuresInARow);
    this.#hooks.failed(items, reason);
    for (const waiter of this.#waiters) {
      if (!waiter.patient && this.#failures - waiter.failuresBefore >= 2) waiter.end(false);
    }
  }

  #rest(): void {
    for (const { end } of this.#waiters) end(true);
    this.#hooks.idle();
  }
}

interface Encoded {
  readonly item: Pending;
  readonly entry: Entry;
}

/** Requests that each fit a batch; a message larger than that goes alone. */
function packed(encoded: readonly Encoded[]): Encoded[][] {
  const requests: Encoded[][] = [];
  let room = 0;
  for (const one of encoded) {
    // The body is ASCII: as many bytes as characters.
    const bytes = one.entry.body.length + ENTRY_OVERHEAD_BYTES;
    const last = requests.at(-1);
    if (last !== undefined && bytes <= room) {
      last.push(one);
      room -= bytes;
    } else {
      requests.push([one]);
      room = BATCH_BYTES - bytes;
    }
  }
  return requests;
}
