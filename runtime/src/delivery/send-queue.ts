// A lane's pending traces → the order in which they are sent: new ones first, a share for the
// backlog.
// Invariant: neither starves. What the destination refused for the moment rests until it is due.

import type { HeldTrace } from "./ledger.ts";

/** A trace on its way through one lane. */
export interface Pending {
  readonly id: string;
  readonly trace: HeldTrace;
  readonly sinceMs: number;
  /** How often it was sent in vain although others of its batch went through. */
  retries: number;
  rejections: number;
}

/** Traces that lie on disk alone, and of which nothing is known but that they wait. */
export interface Stored {
  readonly waiting: number;
  /** At most `count` of them, which wait no more. */
  take(count: number): readonly Pending[];
}

/** Of every so many batches one begins with the backlog, so that neither starves. */
const BACKLOG_TURN = 4;

/** How large those are that lie on disk is not known before they are read. */
const OLD_AT_ONCE = 10;

/** First in, first out. A step does not move the rest: an outage leaves tens of thousands. */
class Fifo {
  /** Nothing before `#head`. */
  #items: (Pending | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Pending | undefined {
    return this.#items[this.#head];
  }

  push(item: Pending): void {
    this.#items.push(item);
  }

  /** Up to `count`, as long as those before hold less than `bytes`. */
  take(count: number, bytes: number = Infinity): Pending[] {
    let end = this.#head;
    let sum = 0;
    for (; end < Math.min(this.#head + count, this.#items.length) && sum < bytes; end++)
      sum += this.#items[end]?.trace.bytes ?? 0;
    const taken = this.#items.slice(this.#head, end) as Pending[];
    // A trace's text may be megabytes, and is to be freed when it was sent, not with the list.
    this.#items.fill(undefined, this.#head, end);
    this.#head = end;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) this.#keep(this.rest());
    return taken;
  }

  rest(): Pending[] {
    return this.#items.slice(this.#head) as Pending[];
  }

  keepIf(wanted: (item: Pending) => boolean): void {
    this.#keep(this.rest().filter(wanted));
  }

  #keep(items: Pending[]): void {
    this.#items = items;
    this.#head = 0;
  }
}

export class SendQueue {
  readonly #stored: Stored;
  readonly #live = new Fifo();
  /** Failed before; goes before what is stored. */
  readonly #backlog = new Fifo();
  #resting: { readonly untilMs: number; readonly items: readonly Pending[] }[] = [];
  #restingCount = 0;
  #liveBytes = 0;
  #turn = 0;

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  get length(): number {
    return this.live + this.backlog + this.#restingCount;
  }

  get live(): number {
    return this.#live.length;
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  get backlog(): number {
    return this.#backlog.length + this.#stored.waiting;
  }

  /** When the oldest new one was added; undefined where there is none. */
  get liveSinceMs(): number | undefined {
    return this.#live.first?.sinceMs;
  }

  /** When the next resting ones are due; Infinity where none rest. */
  get restUntilMs(): number {
    return this.#resting.reduce((soonest, { untilMs }) => Math.min(soonest, untilMs), Infinity);
  }

  add(item: Pending): void {
    this.#live.push(item);
    this.#liveBytes += item.trace.bytes;
  }

  addBacklog(items: readonly Pending[]): void {
    for (const item of items) this.#backlog.push(item);
  }

  rest(items: readonly Pending[], untilMs: number): void {
    this.#resting.push({ untilMs, items });
    this.#restingCount += items.length;
  }

  /** Those whose rest is over join the backlog. */
  wake(nowMs: number): void {
    if (this.restUntilMs > nowMs) return;
    const due = this.#resting.filter(({ untilMs }) => untilMs <= nowMs);
    this.#resting = this.#resting.filter(({ untilMs }) => untilMs > nowMs);
    for (const { items } of due) {
      this.#restingCount -= items.length;
      this.addBacklog(items);
    }
  }

  /** Nothing is new any more: what comes from now on goes before it. */
  age(): void {
    this.addBacklog(this.#live.take(this.#live.length));
    this.#liveBytes = 0;
  }

  take(size: number, bytes: number): Pending[] {
    const backlogFirst = this.#turn++ % BACKLOG_TURN === BACKLOG_TURN - 1;
    const batch = backlogFirst ? this.#takeOld(size) : [];
    const live = this.#live.take(size - batch.length, bytes);
    for (const { trace } of live) this.#liveBytes -= trace.bytes;
    batch.push(...live);
    batch.push(...this.#takeOld(size - batch.length));
    return batch;
  }

  #takeOld(size: number): Pending[] {
    const count = Math.min(size, OLD_AT_ONCE);
    const failed = this.#backlog.take(count);
    return [...failed, ...this.#stored.take(count - failed.length)];
  }

  remove(gone: ReadonlySet<Pending>): void {
    const stays = (item: Pending): boolean => !gone.has(item);
    this.#live.keepIf(stays);
    this.#liveBytes = this.#live.rest().reduce((sum, { trace }) => sum + trace.bytes, 0);
    this.#backlog.keepIf(stays);
    this.#resting = this.#resting.map(({ untilMs, items }) => ({
      untilMs,
      items: items.filter(stays),
    }));
    this.#restingCount = this.#resting.reduce((sum, { items }) => sum + items.length, 0);
  }

  /** All but what is stored. */
  items(): Pending[] {
    return [
      ...this.#live.rest(),
      ...this.#backlog.rest(),
      ...this.#resting.flatMap(({ items }) => items),
    ];
  }
}
