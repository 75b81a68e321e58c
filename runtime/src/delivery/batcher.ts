// Pending traces → batches → the sink, a few requests at a time; each entry's outcome → the
// hooks. An item is in exactly one of: a lane, a request in flight, gone (sent or dropped).
// Legal moves of `#circuit`: closed → open (the destination fails time and again) → closed.

import {
  after,
  afterKeepingAlive,
  cancel,
  monotonicNow,
  soon,
  type Timer,
} from "../platform/clock.ts";
import { retry, type Entry, type Outcome, type Sink } from "../sink.ts";
import { Lanes, type Pending, type Stored } from "./send-queue.ts";
import {
  type Encode,
  entriesOf,
  type Failure,
  loadEncode,
  type Message,
  type MessageOptions,
  messagesOf,
  requestsOf,
} from "./messages.ts";
import { pauseMs } from "./backoff.ts";

export interface BatcherOptions extends MessageOptions {
  readonly workers: number;
  readonly batchTimeoutMs: number;
  readonly flushThresholdMs: number;
}

type Drops = Readonly<Record<string, number>>;

export interface BatcherHooks {
  sent(items: readonly Pending[]): void;
  dropped(item: Pending, reason: "oversize" | "rejected" | "unreadable"): void;
  /** These stay pending and are sent again. */
  failed(items: readonly Pending[], reason: string): void;
  /** The destination is away. True: it lies on disk, is not held in memory meanwhile, and is stored from now on. */
  store(item: Pending): boolean;
  /** Nothing is queued or in flight any more. */
  idle(): void;
  /** Drops to be told with the next message, if any; handed back where it did not arrive. */
  takeDrops(): Drops | undefined;
  returnDrops(drops: Drops): void;
}

/** Enough text for a batch without waiting for more. */
const EARLY_BYTES = 64 * 1024;
/** From here on the destination counts as away: what lies on disk is not held in memory any more. */
const FAILURES_TO_OPEN = 3;
/** A sender fault may be a mistake of the moment once, not twice. */
const MAX_REJECTIONS = 2;
/** A sink that has not answered by then never will; our own gives up much earlier. */
const SEND_TIMEOUT_MS = 60_000;
/** Between two batches of backlog alone: a batch takes 3 ms of the app's thread (measured, Node 24). */
const BACKLOG_GAP_MS = 15;

/** Of the requests in flight: what many of them hold at once makes V8 enlarge its heap, for good. */
const BACKLOG_REQUESTS = 2;

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
  readonly #lanes: Lanes;
  readonly #waiters = new Set<Waiter>();
  readonly #inFlight = new Set<Pending>();
  /** Of traces in several messages: those that went through while others failed. */
  readonly #delivered = new Map<Pending, Set<number>>();
  #circuit: "closed" | "open" = "closed";
  #closed = false;
  #requests = 0;
  #failing = false;
  #failures = 0;
  #failuresInARow = 0;
  #failedAtMs = 0;
  #notBeforeMs = 0;
  #backlogNotBeforeMs = 0;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #poked = false;

  constructor(options: BatcherOptions, sink: Sink, stored: Stored, hooks: BatcherHooks) {
    this.#lanes = new Lanes(stored);
    this.#options = options;
    this.#sink = sink;
    this.#hooks = hooks;
  }

  /** Queued, stored or in flight. */
  get pending(): number {
    return this.#lanes.length + this.#inFlight.size;
  }

  /** The last request stored nothing: the destination is probably not there. */
  get failing(): boolean {
    return this.#failing;
  }

  /** The destination has failed for a while. */
  get open(): boolean {
    return this.#circuit === "open";
  }

  /** Every pending item but the stored ones, for the last account. */
  items(): Pending[] {
    return [...this.#lanes.items(), ...this.#inFlight];
  }

  add(item: Pending): void {
    const lanes = this.#lanes;
    if (this.open) {
      lanes.addBacklog([item]);
      return this.poke();
    }
    lanes.add(item);
    const ready =
      lanes.live >= this.#options.batchSize ||
      lanes.liveBytes >= EARLY_BYTES ||
      monotonicNow() - (lanes.liveSinceMs ?? Infinity) >= this.#options.flushThresholdMs;
    if (ready) this.poke();
    else this.#wakeIn(this.#options.batchTimeoutMs);
  }

  /** These are dealt with elsewhere: they are not sent any more. */
  remove(items: ReadonlySet<Pending>): void {
    this.#lanes.remove(items);
    for (const item of items) this.#inFlight.delete(item);
  }

  /**
   * Sends what is there without waiting for full batches. Resolves to true when nothing is
   * pending, to false after `timeoutMs`; an impatient wait also ends when the destination
   * has failed twice.
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
      // Time may have stood still for this process since the last failure, as in a frozen Lambda.
      this.#notBeforeMs = 0;
      this.#lanes.wake(Infinity);
      this.poke();
    });
  }

  /** Sends nothing more, and hands back what was pending. */
  close(): Pending[] {
    this.#closed = true;
    cancel(this.#timer);
    for (const { end } of this.#waiters) end(false);
    const left = this.items();
    this.remove(new Set(left));
    try {
      this.#sink.close?.();
    } catch {
      // A sink of the user's; there is nothing left to do with it.
    }
    return left;
  }

  /** There is something to send. Behind the caller's back: never on the stack of the one who ends a trace. */
  poke(): void {
    if (this.#poked || this.#closed) return;
    // While the destination is away a timer asks for it: the loop is not woken for each trace.
    if (this.open && this.#timerAtMs < Infinity && this.#waiters.size === 0) return;
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
    // After a failure one request at a time asks whether the destination is back.
    const requests = this.#failing ? 1 : this.#options.workers;
    while (!this.#closed && this.#requests < requests) {
      const now = monotonicNow();
      this.#lanes.wake(now);
      const ms = this.#dueAtMs(now) - now;
      if (ms > 0) {
        if (ms < Infinity) this.#wakeIn(ms);
        return;
      }
      const batch = this.#lanes.take(this.#options.batchSize);
      if (this.#lanes.live === 0) this.#backlogNotBeforeMs = now + BACKLOG_GAP_MS;
      void this.#send(batch);
    }
  }

  #dueAtMs(now: number): number {
    const { live, liveBytes, liveSinceMs, backlog, restUntilMs } = this.#lanes;
    if (live + backlog === 0) return restUntilMs;
    if (now < this.#notBeforeMs || this.#waiters.size > 0) return this.#notBeforeMs;
    if (live >= this.#options.batchSize || liveBytes >= EARLY_BYTES) return now;
    const liveAtMs =
      liveSinceMs === undefined ? Infinity : liveSinceMs + this.#options.batchTimeoutMs;
    const backlogAtMs =
      backlog > 0 && this.#requests < BACKLOG_REQUESTS ? this.#backlogNotBeforeMs : Infinity;
    return Math.min(liveAtMs, backlogAtMs, restUntilMs);
  }

  /** Never rejects. */
  async #send(batch: readonly Pending[]): Promise<void> {
    this.#requests++;
    for (const item of batch) this.#inFlight.add(item);
    const messages = await this.#messagesOf(batch);
    for (const request of requestsOf(messages, this.#options)) {
      if (this.#closed) return;
      const startedMs = monotonicNow();
      const drops = this.#hooks.takeDrops();
      const outcomes = await this.#ask(entriesOf(request, drops));
      if (drops !== undefined && outcomes[0]?.state !== "sent") this.#hooks.returnDrops(drops);
      if (this.#closed) return;
      this.#settle(request, outcomes, startedMs);
    }
    this.#requests--;
    this.#dispatch();
    if (this.pending === 0) this.#rest();
  }

  /** Sinks may be the user's: whatever goes wrong there counts as not sent. */
  async #ask(entries: readonly Entry[]): Promise<readonly (Outcome | undefined)[]> {
    let timer: Timer | undefined;
    const late = new Promise<Outcome[]>((resolve) => {
      timer = after(SEND_TIMEOUT_MS, () => resolve(entries.map(() => retry("NoAnswer"))));
    });
    try {
      const outcomes: unknown = await Promise.race([this.#sink.send(entries), late]);
      return Array.isArray(outcomes) ? (outcomes as Outcome[]) : [];
    } catch (error) {
      const reason = error instanceof Error ? error.name : "Error";
      return entries.map(() => retry(reason));
    } finally {
      cancel(timer);
    }
  }

  async #messagesOf(batch: readonly Pending[]): Promise<readonly Message[]> {
    const encode = await loadEncode().catch(() => undefined);
    if (encode === undefined) {
      this.#sentInVain(batch);
      return [];
    }
    const making: Promise<readonly Message[]>[] = [];
    for (const item of batch) {
      const made = this.#made(item, encode);
      making.push(made);
      // Those on disk one after another: all at once take 10 % more of the app's thread (measured, Node 24).
      if (item.json === undefined) await made;
    }
    return (await Promise.all(making)).flat();
  }

  async #made(item: Pending, encode: Encode): Promise<readonly Message[]> {
    const made = await messagesOf(item, encode, this.#options, this.#delivered.get(item));
    if (typeof made !== "string") return made;
    this.#drop(item, made);
    return [];
  }

  /** The package's own files are gone, as when a new version is deployed over a running one. */
  #sentInVain(batch: readonly Pending[]): void {
    for (const item of batch) this.#inFlight.delete(item);
    this.#failing = true;
    this.#failed(batch, { reason: "PackageIncomplete", pace: "network" }, monotonicNow());
  }

  #noteDelivered(item: Pending, part: number): void {
    const parts = this.#delivered.get(item);
    if (parts === undefined) this.#delivered.set(item, new Set([part]));
    else parts.add(part);
  }

  #drop(item: Pending, reason: "oversize" | "rejected" | "unreadable"): void {
    this.#delivered.delete(item);
    if (this.#inFlight.delete(item)) this.#hooks.dropped(item, reason);
  }

  #settle(
    request: readonly Message[],
    outcomes: readonly (Outcome | undefined)[],
    startedMs: number,
  ): void {
    const sent: Pending[] = [];
    const again: Pending[] = [];
    let arrived = 0;
    let failure: Failure | undefined;
    for (const [index, { group, part }] of request.entries()) {
      const { item } = group;
      const outcome = outcomes[index] ?? retry("NoOutcome");
      group.left--;
      if (outcome.state === "sent") {
        arrived++;
        if (group.left > 0 || group.failure !== undefined) this.#noteDelivered(item, part);
      } else if (outcome.state === "rejected" && ++item.rejections >= MAX_REJECTIONS) {
        this.#drop(item, "rejected");
      } else {
        const { reason } = outcome;
        failure = { reason, pace: (outcome.state === "retry" && outcome.pace) || "network" };
        group.failure = failure;
      }
      // A trace is decided with the last of its messages; one that was dropped is gone.
      if (group.left > 0 || !this.#inFlight.delete(item)) continue;
      failure ??= group.failure;
      (group.failure === undefined ? sent : again).push(item);
    }
    for (const item of sent) this.#delivered.delete(item);
    this.#failing = arrived === 0 && failure !== undefined;
    if (arrived > 0) {
      this.#circuit = "closed";
      this.#failuresInARow = 0;
      this.#notBeforeMs = 0;
      if (sent.length > 0) this.#hooks.sent(sent);
    }
    if (failure !== undefined) this.#failed(again, failure, startedMs);
  }

  /** Where others of the same batch went through, only these wait; else everything does. */
  #failed(items: readonly Pending[], { reason, pace }: Failure, startedMs: number): void {
    this.#failures++;
    this.#hooks.failed(items, reason);
    const now = monotonicNow();
    if (this.#failing) {
      this.#lanes.addBacklog(items);
      // Requests that were under way together fail together, and count once.
      if (startedMs >= this.#failedAtMs) {
        this.#failedAtMs = now;
        this.#failuresInARow++;
      }
      this.#notBeforeMs = now + pauseMs(pace, this.#failuresInARow);
      if (this.#failuresInARow >= FAILURES_TO_OPEN) this.#circuit = "open";
      if (this.open) this.#store();
    } else if (items.length > 0) {
      const retries = Math.max(...items.map((item) => ++item.retries));
      this.#lanes.rest(items, now + pauseMs(pace, retries));
    }
    for (const waiter of this.#waiters) {
      if (!waiter.patient && this.#failures - waiter.failuresBefore >= 2) waiter.end(false);
    }
  }

  /** Nothing is new any more, and what lies on disk is not held in memory. */
  #store(): void {
    this.#lanes.age();
    const stored = this.#lanes
      .items()
      .filter((item) => !this.#delivered.has(item) && this.#hooks.store(item));
    if (stored.length > 0) this.#lanes.remove(new Set(stored));
  }

  #rest(): void {
    for (const { end } of this.#waiters) end(true);
    this.#hooks.idle();
  }
}
