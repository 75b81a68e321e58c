// A finished trace's JSON → safe on disk before `accept` returns → the sink, behind the app's
// back → acknowledged. At all times: accepted = acked + pending + dropped, by reason.
// Legal moves of `#state`: open → closing → closed.

import { after, cancel, monotonicNow, type Timer } from "../clock.ts";
import type { Durability, Options } from "../options.ts";
import { debug, report } from "../report.ts";
import { fanout } from "../sinks/fanout.ts";
import type { Sink } from "../sinks/sink.ts";
import { sqsSink } from "../sinks/sqs.ts";
import { Batcher, type Pending } from "./batcher.ts";
import { codeOf, spoolDirectory } from "./directory.ts";
import type { TraceRecord } from "./lines.ts";
import type { Place } from "./segment.ts";
import { Spool, SpoolFullError } from "./spool.ts";

/** Why a trace was not, or will not be, delivered. */
type DropReason =
  | "queue_full"
  | "disk_full"
  | "no_destination"
  | "oversize"
  | "rejected"
  | "unreadable"
  | "corrupt"
  | "shutdown"
  | "invalid";

interface DeliveryStats {
  /** Traces offered to `accept`, and those found in the spool: = acked + pending + dropped. */
  readonly accepted: number;
  /** Of `accepted`: left by processes that are gone. */
  readonly recovered: number;
  readonly acked: number;
  /** Not yet sent; without a destination: kept in the spool. */
  readonly pending: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Bytes of pending traces held in memory, and of segments on disk. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Where traces are spooled; undefined where they are held in memory only. */
  readonly directory: string | undefined;
}

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
}

export interface DeliveryLimits {
  /** Traces held in memory; beyond it they are read back from disk. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly segmentBytes: number;
  /** Time between two looks for segments of dead owners. */
  readonly scanMs: number;
}

const MIB = 1024 * 1024;
const LIMITS: DeliveryLimits = {
  memoryBytes: 16 * MIB,
  diskBytes: 256 * MIB,
  segmentBytes: 4 * MIB,
  scanMs: 30_000,
};

/** What ends up as file names, attributes and ids must be plain. */
const TRACE_ID = /^[\w-]{1,80}$/;

export function createDelivery(options: Options, limits: Partial<DeliveryLimits> = {}): Delivery {
  return new SpoolingDelivery(options, { ...LIMITS, ...limits });
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
  #accepted = 0;
  #recovered = 0;
  #acked = 0;
  /** Pending without being queued: no destination, or left over at shutdown. */
  #parked = 0;
  /** Of the queued ones: not on disk. */
  #memoryOnly = 0;
  #memoryBytes = 0;
  readonly #dropped = new Map<DropReason, number>();
  readonly #onBeforeExit = (): void => void this.#beforeExit();
  readonly #onExit = (): void => this.#exit();

  constructor(options: Options, limits: DeliveryLimits) {
    this.#limits = limits;
    this.#timeoutMs = options.sqs.shutdownTimeoutMs;
    const sink = destinationOf(options);
    this.#volatile = sink?.volatile === true;
    const wanted = this.#volatile ? "memory" : options.durability;
    // Without a destination there is no send that could fail first.
    this.#durability = sink === undefined && wanted === "spill" ? "wal" : wanted;
    if (this.#durability !== "memory") this.#spool = new Spool(spoolDirectory(options), limits);
    if (sink !== undefined) {
      this.#batcher = new Batcher(options.sqs, sink, {
        sent: (items) => this.#sent(items),
        dropped: (item, reason) => this.#droppedLater(item, reason),
        failed: (items, reason) => this.#failed(items, reason),
        idle: () => this.#idle(),
      });
      this.#recover();
    }
    process.on("beforeExit", this.#onBeforeExit);
    process.on("exit", this.#onExit);
  }

  accept(record: TraceRecord): boolean {
    this.#accepted++;
    this.#waitedAtExit = false;
    try {
      if (this.#state === "closed") return this.#refuse("shutdown");
      if (!TRACE_ID.test(record.traceId) || typeof record.json !== "string") {
        return this.#refuse("invalid");
      }
      return this.#take(record);
    } catch (error) {
      report("accept-failed", `a trace could not be taken (${codeOf(error)}) and is lost`);
      return this.#refuse("invalid");
    }
  }

  #take(record: TraceRecord): boolean {
    let place: Place | undefined;
    if (this.#durability !== "spill") {
      try {
        place = this.#append(record);
      } catch (error) {
        if (error instanceof SpoolFullError) return this.#refuse("disk_full");
        throw error;
      }
    }
    if (this.#batcher === undefined) return this.#park(place);
    const bytes = place?.length ?? Buffer.byteLength(record.json);
    const fits = this.#memoryBytes + bytes <= this.#limits.memoryBytes;
    if (!fits && this.#durability === "spill") place = this.#append(record);
    if (!fits && place === undefined) return this.#refuse("queue_full");
    this.#memoryBytes += fits ? bytes : 0;
    if (place === undefined) this.#memoryOnly++;
    this.#batcher.add({
      id: String(++this.#lastId),
      traceId: record.traceId,
      bytes: fits ? bytes : 0,
      json: fits ? record.json : undefined,
      place,
      sinceMs: monotonicNow(),
      rejections: 0,
    });
    return true;
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
      return this.#spool.append(record, this.#durability === "fsync");
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
    this.#parked++;
    report(
      "no-destination",
      `no destination is set (AWS_SQS_URL): traces are kept in ${this.#spool?.directory ?? ""}`,
    );
    return true;
  }

  #refuse(reason: DropReason): false {
    this.#count(reason);
    return false;
  }

  #count(reason: DropReason, times: number = 1): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + times);
    report(
      `dropped-${reason}`,
      `traces are being dropped: ${DROPPED[reason]} (stats() counts them)`,
    );
  }

  #sent(items: readonly Pending[]): void {
    this.#acked += items.length;
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
    this.#count(reason);
    // What could not be read now is left on disk for the next process to try.
    if (reason !== "unreadable") this.#forget([item]);
  }

  #failed(items: readonly Pending[], reason: string): void {
    if (this.#durability === "spill") for (const item of items) this.#spill(item);
    const kept = this.#memoryOnly > 0 ? "in memory" : `in ${this.#spool?.directory ?? ""}`;
    report(`send-${reason}`, `sending failed (${reason}): traces are kept ${kept} and sent again`);
  }

  #spill(item: Pending): void {
    if (item.place !== undefined || item.json === undefined) return;
    try {
      item.place = this.#append({ traceId: item.traceId, json: item.json });
    } catch {
      // At the cap: it stays in memory.
    }
    if (item.place !== undefined) this.#memoryOnly--;
  }

  /** Takes over what dead owners left, now and from time to time. */
  #recover(): void {
    if (this.#spool === undefined || this.#spool.open() !== undefined) return;
    cancel(this.#scanTimer);
    this.#recovering = this.#spool.recover().then(({ records, bad, more }) => {
      this.#moreToRecover = more;
      this.#accepted += records.length + bad;
      this.#recovered += records.length;
      if (bad > 0) this.#count("corrupt", bad);
      if (records.length > 0) debug(() => `took over ${records.length} traces of ended processes`);
      if (this.#state === "closed") {
        this.#parked += records.length;
        return;
      }
      this.#batcher?.addBacklog(
        records.map(({ traceId, place }) => ({
          id: String(++this.#lastId),
          traceId,
          bytes: 0,
          json: undefined,
          place,
          sinceMs: monotonicNow(),
          rejections: 0,
        })),
      );
      // Jitter: processes that started together do not look together.
      const ms = this.#limits.scanMs * (0.75 + Math.random() / 2);
      this.#scanTimer = after(ms, () => {
        this.#spool?.touch();
        this.#recover();
      });
    });
  }

  #idle(): void {
    if (!this.#moreToRecover) return;
    this.#moreToRecover = false;
    this.#recover();
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
      if (item.place === undefined) this.#count("shutdown");
      else this.#parked++;
    }
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
    for (const item of this.#batcher?.items() ?? []) {
      this.#spill(item);
      if (item.place === undefined && !this.#volatile) this.#count("shutdown");
    }
    this.#spool?.tidy();
  }

  stats(): DeliveryStats {
    return {
      accepted: this.#accepted,
      recovered: this.#recovered,
      acked: this.#acked,
      pending: (this.#batcher?.pending ?? 0) + this.#parked,
      dropped: Object.fromEntries(this.#dropped),
      memoryBytes: this.#memoryBytes,
      diskBytes: this.#spool?.bytes ?? 0,
      directory: this.#spool?.mistrust === undefined ? this.#spool?.directory : undefined,
    };
  }
}

const DROPPED: Record<DropReason, string> = {
  queue_full: "the memory for unsent traces is used up",
  disk_full: "the spool directory has reached its cap",
  no_destination: "there is neither a destination nor a usable spool directory",
  oversize: "a message is larger than SQS takes",
  rejected: "the destination refused them for good",
  unreadable: "they could not be read back from disk",
  corrupt: "lines in the spool are damaged",
  shutdown: "the process ended, or shutdown() was called, before they were sent",
  invalid: "they are no traces",
};
