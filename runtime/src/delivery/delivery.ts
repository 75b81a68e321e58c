// A finished trace's JSON → safe on disk before `accept` returns → the sink, behind the app's
// back → acknowledged. At all times: accepted = acked + pending + dropped, by reason.
// Legal moves of `#state`: open → closing → closed.

import { after, cancel, monotonicNow, random, type Timer } from "../platform/clock.ts";
import type { Durability, Options } from "../config/options.ts";
import { debug, report } from "../platform/report.ts";
import { fanout } from "../sinks/fanout.ts";
import type { Sink } from "../sink.ts";
import { sqsSink } from "../sinks/sqs/sqs.ts";
import { Account } from "./ledger.ts";
import type { DeliveryStats, DropReason } from "./stats.ts";
import { Batcher } from "./batcher.ts";
import { codeOf, spoolDirectory } from "./spool/directory.ts";
import type { Pending, Stored } from "./send-queue.ts";
import type { TraceRecord } from "./spool/record-format.ts";
import { loadEncode } from "./messages.ts";
import type { Place } from "./spool/segment.ts";
import { Spool, SpoolFullError, type Recovery, type SpoolLimits } from "./spool/spool.ts";

export interface Delivery {
  /**
   * Takes one finished trace. Synchronous; never throws and never waits for the network. With
   * a writable spool the trace is in this process's own segment before this returns. False:
   * it was refused, and counted.
   */
  accept(record: TraceRecord): boolean;
  /** Sends now. True: nothing is pending in memory any more. Default: sqs.shutdownTimeoutMs. */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Sends what it can, then stops for good. Idempotent. What is left lies in the spool. */
  shutdown(timeoutMs?: number): Promise<void>;
  stats(): DeliveryStats;
  /** Loads what the first sending needs, while there is time for it. */
  warm(): Promise<void>;
}

export interface DeliveryLimits extends SpoolLimits {
  /** Traces held in memory; beyond it they are read back from disk. */
  readonly memoryBytes: number;
}

const MIB = 1024 * 1024;
const MINUTES = 60_000;
const LIMITS: Omit<DeliveryLimits, "memoryBytes" | "diskBytes"> = {
  segmentBytes: 4 * MIB,
  scanMs: MINUTES / 2,
  foreignIdleMs: 5 * MINUTES,
  foreignGoneMs: 120 * MINUTES,
};

/** What ends up as file names, attributes and ids must be plain. */
const TRACE_ID = /^[\w-]{1,80}$/;

export function createDelivery(options: Options, limits: Partial<DeliveryLimits> = {}): Delivery {
  const { memory: memoryBytes, disk: diskBytes } = options.limits;
  return new SpoolingDelivery(options, { ...LIMITS, memoryBytes, diskBytes, ...limits });
}

function destinationOf(options: Options): Sink | undefined {
  if (options.sinks.length > 0) return fanout(options.sinks);
  return options.sqs.url === undefined ? undefined : sqsSink(options.sqs.url, options.sqs);
}

class SpoolingDelivery implements Delivery {
  readonly #limits: DeliveryLimits;
  readonly #timeoutMs: number;
  readonly #durability: Durability;
  readonly #volatile: boolean;
  readonly #spool: Spool | undefined;
  readonly #batcher: Batcher | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;
  #recovering: Promise<void> = Promise.resolve();
  #moreToRecover = false;
  #scanTimer: Timer | undefined;
  /** A flush ran out of time since the last success: waiting again at the end is in vain. */
  #waitedInVain = false;
  #waitedAtExit = false;
  #lastId = 0;
  readonly #account = new Account();
  readonly #sink: Sink | undefined;
  /** Left over at shutdown. */
  #parked = 0;
  /** Of the queued ones: not on disk. */
  #memoryOnly = 0;
  #memoryBytes = 0;
  readonly #onBeforeExit = (): void => void this.#beforeExit();
  readonly #onExit = (): void => this.#exit();

  constructor(options: Options, limits: DeliveryLimits) {
    this.#limits = limits;
    this.#timeoutMs = options.sqs.shutdownTimeoutMs;
    const sink = destinationOf(options);
    this.#sink = sink;
    this.#volatile = sink?.volatile === true;
    const wanted = this.#volatile ? "memory" : options.durability;
    // Without a destination there is no send that could fail first.
    this.#durability = sink === undefined && wanted === "spill" ? "wal" : wanted;
    if (this.#durability !== "memory") {
      this.#spool = new Spool(spoolDirectory(options), limits, this.#durability === "fsync");
    }
    if (sink !== undefined) {
      const messages = { messageBytes: options.limits.message, events: options.wire === "events" };
      this.#batcher = new Batcher({ ...options.sqs, ...messages }, sink, this.#stored(), {
        sent: (items) => this.#sent(items),
        dropped: (item, reason) => this.#droppedLater(item, reason),
        failed: (items, reason) => this.#failed(items, reason),
        store: (item) => this.#store(item),
        idle: () => this.#idle(),
        takeDrops: () => this.#account.takeUntold(),
        returnDrops: (drops) => this.#account.returnUntold(drops),
      });
    }
    this.#look();
    process.on("beforeExit", this.#onBeforeExit);
    process.on("exit", this.#onExit);
  }

  accept(record: TraceRecord): boolean {
    this.#account.accepted++;
    this.#waitedAtExit = false;
    try {
      if (this.#state === "closed") return this.#refuse("shutdown");
      if (!TRACE_ID.test(record.traceId) || typeof record.json !== "string") {
        return this.#refuse("invalid");
      }
      return this.#take(record);
    } catch (error) {
      if (error instanceof SpoolFullError) return this.#refuse("disk_full");
      report("accept-failed", `a trace could not be taken (${codeOf(error)}) and is lost`);
      return this.#refuse("invalid");
    }
  }

  /** @throws {SpoolFullError} at the cap */
  #take(record: TraceRecord): boolean {
    let place = this.#durability === "spill" ? undefined : this.#append(record);
    if (this.#batcher === undefined) return this.#park(place);
    const bytes = place?.length ?? Buffer.byteLength(record.json);
    // While the destination is away nothing is sent from memory for long.
    const wanted = place === undefined || !this.#batcher.open;
    const fits = wanted && this.#memoryBytes + bytes <= this.#limits.memoryBytes;
    if (!fits && this.#durability === "spill") place = this.#append(record);
    if (fits) {
      this.#memoryBytes += bytes;
      if (place === undefined) this.#memoryOnly++;
      this.#batcher.add(this.#pending(place, record, bytes));
    } else {
      if (place === undefined) return this.#refuse("queue_full");
      place.segment.shelve(place);
      this.#batcher.poke();
    }
    return true;
  }

  /** What waits in the spool. */
  #stored(): Stored {
    const spool = this.#spool;
    return {
      get waiting() {
        return spool?.waiting ?? 0;
      },
      take: (count) => spool?.take(count).map((place) => this.#pending(place)) ?? [],
    };
  }

  #pending(place: Place | undefined, record?: TraceRecord, bytes: number = 0): Pending {
    return {
      id: String(++this.#lastId),
      traceId: record?.traceId,
      bytes,
      json: record?.json,
      place,
      sinceMs: monotonicNow(),
      retries: 0,
      rejections: 0,
    };
  }

  /** Undefined where there is no usable spool. @throws {SpoolFullError} at the cap. */
  #append(record: TraceRecord): Place | undefined {
    if (this.#spool === undefined) return undefined;
    const mistrust = this.#spool.open();
    if (mistrust !== undefined) {
      report("spool-unusable", `${mistrust}: traces are held in memory and lost with the process`);
      return undefined;
    }
    try {
      return this.#spool.append(record);
    } catch (error) {
      if (error instanceof SpoolFullError) throw error;
      report(
        "spool-failed",
        `${this.#spool.directory} could not be written (${codeOf(error)}): traces are held in memory meanwhile`,
      );
      return undefined;
    }
  }

  #park(place: Place | undefined): boolean {
    if (place === undefined) return this.#refuse("no_destination");
    place.segment.shelve(place);
    report(
      "no-destination",
      `no destination is set (AWS_SQS_URL): traces are kept in ${this.#spool?.directory ?? ""}`,
    );
    return true;
  }

  #refuse(reason: DropReason): false {
    this.#account.drop(reason);
    return false;
  }

  #sent(items: readonly Pending[]): void {
    this.#account.acked += items.length;
    debug(() => `sent ${items.map(({ traceId }) => traceId).join(", ")}`);
    this.#waitedInVain = false;
    this.#forget(items);
  }

  /** These need nothing any more, neither memory nor disk. */
  #forget(items: readonly Pending[]): void {
    const places: Place[] = [];
    for (const { bytes, place } of items) {
      this.#memoryBytes -= bytes;
      if (place === undefined) this.#memoryOnly--;
      else places.push(place);
    }
    if (places.length > 0) this.#spool?.ack(places);
  }

  #droppedLater(item: Pending, reason: DropReason): void {
    this.#account.drop(reason);
    // What could not be read now is left on disk for the next process to try.
    if (reason === "unreadable") return;
    void this.#bury(item).then(() => this.#forget([item]));
  }

  /** Keeps a copy of what the destination will not take. Never rejects. */
  async #bury({ traceId, json, place }: Pending): Promise<void> {
    try {
      if (traceId !== undefined && json !== undefined) this.#spool?.bury({ traceId, json });
      else if (place !== undefined) this.#spool?.bury(await place.segment.read(place));
    } catch {
      // It is counted all the same.
    }
  }

  #failed(items: readonly Pending[], reason: string): void {
    if (this.#durability === "spill") for (const item of items) this.#spill(item);
    const kept = this.#memoryOnly > 0 ? "in memory" : `in ${this.#spool?.directory ?? ""}`;
    report(`send-${reason}`, `sending failed (${reason}): traces are kept ${kept} and sent again`);
  }

  #spill(item: Pending): void {
    const { traceId, json, place } = item;
    if (place !== undefined || traceId === undefined || json === undefined) return;
    try {
      item.place = this.#append({ traceId, json });
    } catch {
      // At the cap: it stays in memory.
    }
    if (item.place !== undefined) this.#memoryOnly--;
  }

  #store({ json, bytes, place }: Pending): boolean {
    // Without its text it was read from disk for this attempt, and is the next one's first.
    if (place === undefined || json === undefined) return false;
    this.#memoryBytes -= bytes;
    place.segment.shelve(place);
    return true;
  }

  /** At the start and from time to time: measures the directory, and takes over what dead owners left. */
  #look(): void {
    cancel(this.#scanTimer);
    const spool = this.#spool;
    if (spool === undefined) return;
    const usable = spool.open(true) === undefined;
    const takeOver = this.#batcher && ((found: Recovery): void => this.#recovered(found));
    const looked = usable ? spool.look(takeOver) : Promise.resolve(false);
    this.#recovering = looked.then((more) => {
      this.#moreToRecover = more;
      // Jitter: processes that started together do not look together.
      const ms = this.#limits.scanMs * (0.75 + random() / 2);
      if (this.#state !== "closed") this.#scanTimer = after(ms, () => this.#lookAgain());
    });
  }

  #lookAgain(): void {
    this.#spool?.touch();
    // The disk may be usable again.
    if (this.#memoryOnly > 0 && this.#durability !== "spill" && !this.#volatile) {
      for (const item of this.#batcher?.items() ?? []) this.#spill(item);
    }
    this.#look();
  }

  #recovered({ records, bad }: Recovery): void {
    this.#account.accepted += records + bad;
    this.#account.recovered += records;
    if (bad > 0) this.#account.drop("corrupt", bad);
    if (records > 0) debug(() => `took over ${records} traces of ended processes`);
    this.#batcher?.poke();
  }

  #idle(): void {
    if (!this.#moreToRecover) return;
    this.#moreToRecover = false;
    this.#look();
  }

  flush(timeoutMs: number = this.#timeoutMs): Promise<boolean> {
    return this.#flush(timeoutMs, true);
  }

  async #flush(timeoutMs: number, patient: boolean): Promise<boolean> {
    const endMs = monotonicNow() + timeoutMs;
    const batcher = this.#batcher;
    if (batcher === undefined) return true;
    for (;;) {
      // An idle batcher may have begun another look for segments of dead owners.
      await this.#recovering;
      if (batcher.pending === 0) return true;
      if (!(await batcher.drain(Math.max(0, endMs - monotonicNow()), patient))) break;
    }
    this.#waitedInVain = true;
    return false;
  }

  shutdown(timeoutMs: number = this.#timeoutMs): Promise<void> {
    return (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#state = "closing";
    if (this.#worthWaiting()) await this.#flush(timeoutMs, false);
    this.#state = "closed";
    cancel(this.#scanTimer);
    process.off("beforeExit", this.#onBeforeExit);
    process.off("exit", this.#onExit);
    this.#leave();
    this.#spool?.close();
  }

  /** Once the destination has failed, what is on disk is left to the next process at once. */
  #worthWaiting(): boolean {
    const pending = this.#batcher?.pending ?? 0;
    const hopeless = this.#waitedInVain || this.#batcher?.failing === true;
    return pending > 0 && !(hopeless && this.#memoryOnly === 0);
  }

  /** The last account: what is on disk stays pending, the rest is dropped. */
  #leave(): void {
    for (const item of this.#batcher?.close() ?? []) {
      this.#spill(item);
      if (item.place === undefined) this.#account.drop("shutdown");
      else this.#parked++;
    }
    this.#parked += this.#spool?.waiting ?? 0;
    this.#memoryBytes = 0;
    this.#memoryOnly = 0;
  }

  async #beforeExit(): Promise<void> {
    // Node emits this again after each wait: one is enough, or the process would never end.
    if (this.#state !== "open" || this.#waitedAtExit || !this.#worthWaiting()) return;
    this.#waitedAtExit = true;
    await this.#flush(this.#timeoutMs, false);
  }

  /** Only synchronous work runs here. A trace may still be accepted afterwards. */
  #exit(): void {
    const lost = new Set<Pending>();
    for (const item of this.#batcher?.items() ?? []) {
      this.#spill(item);
      if (item.place === undefined && !this.#volatile) lost.add(item);
    }
    if (lost.size > 0) {
      this.#batcher?.remove(lost);
      this.#forget([...lost]);
      this.#account.drop("shutdown", lost.size);
    }
    this.#spool?.tidy();
  }

  async warm(): Promise<void> {
    // What cannot be loaded now is tried again, and reported, by the sending.
    await Promise.all([this.#sink?.warm?.(), loadEncode().catch(() => undefined)]);
  }

  stats(): DeliveryStats {
    const { accepted, recovered, acked, dropped } = this.#account;
    return {
      accepted,
      recovered,
      acked,
      pending: (this.#batcher?.pending ?? this.#spool?.waiting ?? 0) + this.#parked,
      volatile: this.#memoryOnly,
      dropped,
      memoryBytes: this.#memoryBytes,
      diskBytes: this.#spool?.bytes ?? 0,
      directory: this.#spool?.mistrust === undefined ? this.#spool?.directory : undefined,
    };
  }
}
