// Accepted traces → batches → requests to one destination; each entry's outcome → the ledger.
// Invariant: a trace is queued, in flight, or done, and sent once unless it failed. No lane waits
// for another.
import {
  after,
  afterKeepingAlive,
  cancel,
  monotonicNow,
  soon,
  type Timer,
} from "../platform/clock.ts";
import { debug } from "../platform/report.ts";
import { retry, type Outcome, type Sink } from "../sink.ts";
import { ask } from "./ask.ts";
import { Circuit, type Failure, pauseMs } from "./circuit.ts";
import type { HeldTrace, Ledger, Refusal } from "./ledger.ts";
import {
  type Encode,
  entriesOf,
  loadEncode,
  type Message,
  messagesAtOnce,
  type MessageOptions,
  messagesOf,
  requestsOf,
} from "./messages.ts";
import { SendQueue, type Pending } from "./send-queue.ts";
import type { TraceRecord } from "./spool/record-format.ts";
import type { Position, Spool } from "./spool/spool.ts";
import type { SinkStats } from "./stats.ts";

export interface LaneOptions extends MessageOptions {
  /** Of text: enough for a batch without waiting for more. */
  readonly earlyBytes: number;
  readonly workers: number;
  readonly batchTimeoutMs: number;
  readonly flushThresholdMs: number;
}

/** What a lane tells the one who made it. */
export interface LaneHooks {
  /** These stay pending and are sent again. */
  failed(traces: readonly HeldTrace[], reason: string): void;
  /** Nothing is queued or in flight any more. */
  idle(): void;
}

/** A sender fault may be a mistake of the moment once, not twice. */
const MAX_REJECTIONS = 2;
/** Between two batches of backlog: each takes 3 ms of the app's thread (Node 24). */
const BACKLOG_GAP_MS = 15;
/** Requests of backlog in flight: what many hold at once makes V8 enlarge its heap, for good. */
const BACKLOG_REQUESTS = 2;

interface Waiter {
  readonly timer: Timer;
  readonly patient: boolean;
  readonly failuresBefore: number;
  readonly end: (idle: boolean) => void;
}

export class Lane {
  readonly name: string;
  /** Its number among the lanes: what the spool knows it by. */
  readonly index: number;
  readonly #options: LaneOptions;
  readonly #sink: Sink;
  readonly #ledger: Ledger;
  readonly #spool: Spool | undefined;
  readonly #hooks: LaneHooks;
  readonly #queue: SendQueue;
  readonly #circuit = new Circuit();
  readonly #waiters = new Set<Waiter>();
  readonly #inFlight = new Set<Pending>();
  /** Of traces in several messages: those that went through while others failed. */
  readonly #delivered = new Map<Pending, Set<number>>();
  #closed = false;
  #requests = 0;
  #backlogNotBeforeMs = 0;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #poked = false;
  #lastId = 0;
  #acked = 0;
  #rejected = 0;
  #rejectedSpans = 0;
  #retries = 0;

  constructor(
    { name, sink, index }: { readonly name: string; readonly sink: Sink; readonly index: number },
    options: LaneOptions,
    ledger: Ledger,
    spool: Spool | undefined,
    hooks: LaneHooks,
  ) {
    this.name = name;
    this.index = index;
    this.#sink = sink;
    this.#options = options;
    this.#ledger = ledger;
    this.#spool = spool;
    this.#hooks = hooks;
    this.#queue = new SendQueue({
      get waiting() {
        return spool?.waiting(index) ?? 0;
      },
      take: (count) =>
        spool?.take(index, count).map((position) => this.#pending(ledger.taken(position))) ?? [],
    });
  }

  /** Queued, stored or in flight. */
  get pending(): number {
    return this.#queue.length + this.#inFlight.size;
  }

  /** The last request stored nothing: the destination is probably not there. */
  get failing(): boolean {
    return this.#circuit.failing;
  }

  /** The destination has failed for a while: what lies on disk is not held in memory for it. */
  get away(): boolean {
    return this.#circuit.open;
  }

  /** Traces that the destination has, by now. */
  get acked(): number {
    return this.#acked;
  }

  get stats(): SinkStats {
    return {
      acked: this.#acked,
      pending: this.pending,
      rejected: this.#rejected,
      rejectedSpans: this.#rejectedSpans,
      retries: this.#retries,
    };
  }

  /** Those that it holds: all that is pending but what is stored. */
  traces(): HeldTrace[] {
    return this.#items().map(({ trace }) => trace);
  }

  #items(): Pending[] {
    return [...this.#queue.items(), ...this.#inFlight];
  }

  #pending(trace: HeldTrace): Pending {
    const id = String(++this.#lastId);
    return { id, trace, sinceMs: monotonicNow(), retries: 0, rejections: 0 };
  }

  add(trace: HeldTrace): void {
    const queue = this.#queue;
    const item = this.#pending(trace);
    if (this.away) {
      queue.addBacklog([item]);
      return this.poke();
    }
    queue.add(item);
    const ready =
      queue.live >= this.#options.batchSize ||
      queue.liveBytes >= this.#options.earlyBytes ||
      monotonicNow() - (queue.liveSinceMs ?? Infinity) >= this.#options.flushThresholdMs;
    if (ready) this.poke();
    else this.#wakeIn(this.#options.batchTimeoutMs);
  }

  /** These are dealt with elsewhere: they are not sent any more. */
  remove(traces: ReadonlySet<HeldTrace>): void {
    const gone = new Set(this.#items().filter(({ trace }) => traces.has(trace)));
    this.#queue.remove(gone);
    for (const item of gone) this.#inFlight.delete(item);
  }

  /** Loads what the first sending needs. */
  warm(): Promise<void> | undefined {
    return this.#sink.warm?.();
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
        failuresBefore: this.#circuit.failures,
        end: (idle) => {
          cancel(waiter.timer);
          this.#waiters.delete(waiter);
          resolve(idle);
        },
      };
      this.#waiters.add(waiter);
      this.#circuit.askNow();
      this.#queue.wake(Infinity);
      this.poke();
    });
  }

  /** Sends nothing more, and hands back the traces that it held. */
  close(): HeldTrace[] {
    this.#closed = true;
    cancel(this.#timer);
    for (const { end } of this.#waiters) end(false);
    const left = this.traces();
    this.remove(new Set(left));
    try {
      this.#sink.close?.();
    } catch {
      // A sink of the user's; there is nothing left to do with it.
    }
    return left;
  }

  /**
   * There is something to send. Sending begins later, never on the stack of whoever ends a trace.
   */
  poke(): void {
    if (this.#poked || this.#closed) return;
    // While the destination is away a timer asks for it: the loop is not woken for each trace.
    if (this.away && this.#timerAtMs < Infinity && this.#waiters.size === 0) return;
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
    const requests = this.failing ? 1 : this.#options.workers;
    while (!this.#closed && this.#requests < requests) {
      const now = monotonicNow();
      this.#queue.wake(now);
      const ms = this.#dueAtMs(now) - now;
      if (ms > 0) {
        if (ms < Infinity) this.#wakeIn(ms);
        return;
      }
      const { batchSize, batchBytes, traces } = this.#options;
      const batch = this.#queue.take(batchSize, traces ? batchBytes : Infinity);
      if (this.#queue.live === 0) this.#backlogNotBeforeMs = now + BACKLOG_GAP_MS;
      void this.#send(batch);
    }
  }

  #dueAtMs(now: number): number {
    const { live, liveBytes, liveSinceMs, backlog, restUntilMs } = this.#queue;
    const { batchSize, earlyBytes, batchTimeoutMs } = this.#options;
    const { notBeforeMs } = this.#circuit;
    if (live + backlog === 0) return restUntilMs;
    if (now < notBeforeMs || this.#waiters.size > 0) return notBeforeMs;
    if (live >= batchSize || liveBytes >= earlyBytes) return now;
    const liveAtMs = liveSinceMs === undefined ? Infinity : liveSinceMs + batchTimeoutMs;
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
      // One lane tells of drops: a reader of all destinations would count them twice.
      const drops = this.index === 0 ? this.#ledger.takeUntold() : undefined;
      const outcomes = await ask(this.#sink, entriesOf(request, drops));
      if (drops !== undefined && outcomes[0]?.state !== "sent") this.#ledger.returnUntold(drops);
      if (this.#closed) return;
      this.#settle(request, outcomes, startedMs);
    }
    this.#requests--;
    this.#dispatch();
    if (this.pending === 0) this.#rest();
  }

  async #messagesOf(batch: readonly Pending[]): Promise<readonly Message[]> {
    const encode = await loadEncode().catch(() => undefined);
    if (encode === undefined) {
      this.#sentInVain(batch);
      return [];
    }
    const atOnce = messagesAtOnce(batch, this.#options);
    if (atOnce !== undefined) return atOnce;
    const making: Promise<readonly Message[]>[] = [];
    for (const item of batch) {
      const made = this.#made(item, encode);
      making.push(made);
      // We read from disk one by one: all at once take 10 % more of the app's thread (Node 24).
      if (item.trace.json === undefined) await made;
    }
    return (await Promise.all(making)).flat();
  }

  async #made(item: Pending, encode: Encode): Promise<readonly Message[]> {
    const delivered = this.#delivered.get(item);
    const read = (position: Position): Promise<TraceRecord> => this.#read(position);
    const made = await messagesOf(item, encode, read, this.#options, delivered);
    if (typeof made !== "string") return made;
    this.#drop(item, made);
    return [];
  }

  #read(position: Position): Promise<TraceRecord> {
    return this.#spool?.read(position) ?? Promise.reject(new Error("there is no spool"));
  }

  /** The package's own files are gone, as when a new version is deployed over a running one. */
  #sentInVain(batch: readonly Pending[]): void {
    for (const item of batch) this.#inFlight.delete(item);
    const reason = "PackageIncomplete";
    this.#failedWhole(batch, { reason, pace: "network", retryAfterMs: 0 }, monotonicNow());
  }

  #noteDelivered(item: Pending, part: number): void {
    const parts = this.#delivered.get(item);
    if (parts === undefined) this.#delivered.set(item, new Set([part]));
    else parts.add(part);
  }

  #drop(item: Pending, refusal: Refusal): void {
    this.#delivered.delete(item);
    if (!this.#inFlight.delete(item)) return;
    this.#rejected++;
    this.#ledger.refused(item.trace, refusal);
  }

  #settle(
    request: readonly Message[],
    outcomes: readonly (Outcome | undefined)[],
    startedMs: number,
  ): void {
    const sent: Pending[] = [];
    const again: Pending[] = [];
    let arrived = false;
    let failure: Failure | undefined;
    for (let index = 0; index < request.length; index++) {
      const { group, part } = request[index] as Message;
      const { item } = group;
      const outcome = outcomes[index] ?? retry("NoOutcome");
      group.left--;
      if (outcome.state === "sent" || outcome.state === "skipped") {
        arrived = true;
        if (outcome.state === "sent") this.#rejectedSpans += outcome.rejectedSpans ?? 0;
        if (group.left > 0 || group.failure !== undefined) this.#noteDelivered(item, part);
      } else if (outcome.state === "rejected" && ++item.rejections >= MAX_REJECTIONS) {
        this.#drop(item, outcome.reason === "oversize" ? "oversize" : "rejected");
      } else {
        failure = failureOf(outcome);
        group.failure = failure;
      }
      // A trace is decided with the last of its messages; one that was dropped is gone.
      if (group.left > 0 || !this.#inFlight.delete(item)) continue;
      failure ??= group.failure;
      (group.failure === undefined ? sent : again).push(item);
    }
    if (arrived) this.#circuit.arrived();
    else if (failure === undefined) this.#circuit.answered();
    if (sent.length > 0) this.#sent(sent);
    if (failure === undefined) return;
    if (arrived) this.#failedPartly(again, failure);
    else this.#failedWhole(again, failure, startedMs);
  }

  #sent(items: readonly Pending[]): void {
    for (const item of items) this.#delivered.delete(item);
    this.#acked += items.length;
    debug(() => `${this.name}: sent ${items.map(({ trace }) => trace.traceId).join(", ")}`);
    this.#ledger.sent(items.map(({ trace }) => trace));
  }

  /** Others of the same batch went through: only these wait. */
  #failedPartly(items: readonly Pending[], failure: Failure): void {
    this.#circuit.failedPartly();
    this.#tell(items, failure);
    if (items.length > 0) {
      const retries = Math.max(...items.map((item) => ++item.retries));
      this.#queue.rest(items, monotonicNow() + pauseMs(failure, retries));
    }
    this.#endImpatient();
  }

  /** Everything waits. */
  #failedWhole(items: readonly Pending[], failure: Failure, startedMs: number): void {
    this.#circuit.failed(failure, startedMs);
    this.#tell(items, failure);
    this.#queue.addBacklog(items);
    if (this.away) this.#store();
    this.#endImpatient();
  }

  #tell(items: readonly Pending[], { reason }: Failure): void {
    this.#retries += items.length;
    const traces = items.map(({ trace }) => trace);
    this.#hooks.failed(traces, reason);
  }

  #endImpatient(): void {
    const { failures } = this.#circuit;
    for (const { patient, failuresBefore, end } of this.#waiters) {
      if (!patient && failures - failuresBefore >= 2) end(false);
    }
  }

  /** Nothing is new any more, and what lies on disk is not held in memory. */
  #store(): void {
    this.#queue.age();
    const stored = this.#queue
      .items()
      .filter((item) => !this.#delivered.has(item) && this.#ledger.shelve(item.trace, this.index));
    if (stored.length > 0) this.#queue.remove(new Set(stored));
  }

  #rest(): void {
    for (const { end } of this.#waiters) end(true);
    this.#hooks.idle();
  }
}

function failureOf(outcome: Exclude<Outcome, { state: "sent" | "skipped" }>): Failure {
  const { reason } = outcome;
  if (outcome.state === "rejected") return { reason, pace: "network", retryAfterMs: 0 };
  return { reason, pace: outcome.pace ?? "network", retryAfterMs: outcome.retryAfterMs ?? 0 };
}
