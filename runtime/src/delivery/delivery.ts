// A finished trace's JSON → on disk before `accept` returns → each destination, later →
// acknowledged.
// Invariant: at all times accepted = acked + pending + dropped. `#state`: open → closing → closed.
import { process } from "../platform/node.ts";
import { after, cancel, monotonicNow, random, soon, type Timer } from "../platform/clock.ts";
import type { Durability, Options } from "../config/options.ts";
import { debug, report } from "../platform/report.ts";
import type { Destinations, Sink } from "../sink.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import { type HeldTrace, Ledger } from "./ledger.ts";
import { loadEncode } from "./messages.ts";
import { codeOf, spoolDirectory } from "./spool/directory.ts";
import type { TraceRecord } from "./spool/record-format.ts";
import {
  type Position,
  Spool,
  SpoolFullError,
  type Recovery,
  type SpoolLimits,
} from "./spool/spool.ts";
import type { DeliveryStats, DropReason } from "./stats.ts";

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

/**
 * For a destination that reads traces: a request takes 0.4 ms, as much as 70 traces of small
 * requests, which in turn take 1.5 ms of the loop at once if there are 250 of them (Node 24).
 * OpenTelemetry's own exporter sends up to 512 spans at once.
 */
const BATCH_OF_TRACES = { batchSize: 250, batchBytes: MIB / 2, events: false };

/** Characters of a trace's text for each of its message, in base64 (4 to 12, Node 24). */
const TEXT_OF_MESSAGE = 4;

/** What ends up as file names, attributes and ids must be plain. */
const TRACE_ID = /^[\w-]{1,80}$/;

/** Why a trace without a destination is dropped where the program wants nothing on disk. */
const KEPT_NOWHERE = 'no destination is set, and durability "memory" keeps nothing on disk';

/** Whoever calls: the tracer's own traces always are. */
function isTrace(record: TraceRecord | undefined): record is TraceRecord {
  return (
    typeof record?.json === "string" &&
    typeof record.traceId === "string" &&
    TRACE_ID.test(record.traceId)
  );
}

export function createDelivery(
  options: Options,
  destinations: Destinations,
  limits: Partial<DeliveryLimits> = {},
): Delivery {
  const { memory: memoryBytes, disk: diskBytes } = options.limits;
  const all = { ...LIMITS, memoryBytes, diskBytes, ...limits };
  return new SpoolingDelivery(options, destinations, all);
}

class SpoolingDelivery implements Delivery {
  readonly #limits: DeliveryLimits;
  readonly #timeoutMs: number;
  readonly #durability: Durability;
  readonly #volatile: boolean;
  readonly #spool: Spool | undefined;
  readonly #ledger: Ledger;
  /** One for each destination. */
  readonly #lanes: readonly Lane[];
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;
  #recovering: Promise<void> = Promise.resolve();
  #moreToRecover = false;
  #scanTimer: Timer | undefined;
  /**
   * What had been sent when a flush ran out of time. If it is no more at the end, we do not wait.
   */
  #sentBeforeVainWait: number | undefined;
  #waitedAtExit = false;
  readonly #onBeforeExit = (): void => void this.#beforeExit();
  readonly #onExit = (): void => this.#exit();

  constructor(options: Options, { sinks, key }: Destinations, limits: DeliveryLimits) {
    this.#limits = limits;
    this.#timeoutMs = options.sqs.shutdownTimeoutMs;
    this.#volatile = sinks.length > 0 && sinks.every(({ volatile }) => volatile === true);
    const wanted = this.#volatile ? "memory" : options.durability;
    // Without a destination there is no send that could fail first.
    this.#durability = sinks.length === 0 && wanted === "spill" ? "wal" : wanted;
    if (this.#durability !== "memory") {
      const directory = spoolDirectory(options, key);
      const lanes = Math.max(1, sinks.length);
      this.#spool = new Spool(directory, limits, this.#durability === "fsync", lanes);
    }
    this.#ledger = new Ledger(this.#spool, limits.memoryBytes);
    this.#lanes = this.#lanesTo(sinks, {
      ...options.sqs,
      messageBytes: options.limits.message,
      events: options.wire === "events",
    });
    if (this.#spool !== undefined) this.#recovering = this.#lookSoon();
    process.on("beforeExit", this.#onBeforeExit);
    process.on("exit", this.#onExit);
  }

  #lanesTo(
    sinks: readonly Sink[],
    options: Omit<LaneOptions, "traces" | "earlyBytes">,
  ): readonly Lane[] {
    const hooks = {
      failed: (traces: readonly HeldTrace[], reason: string) => this.#failed(traces, reason),
      idle: () => this.#idle(),
    };
    const names = new Set<string>();
    return sinks.map((sink, index) => {
      const name = names.has(sink.name) ? `${sink.name}#${index + 1}` : sink.name;
      names.add(name);
      return new Lane(
        { name, sink, index },
        this.#laneOptions(sink.tracesOnly === true, options),
        this.#ledger,
        this.#spool,
        hooks,
      );
    });
  }

  #laneOptions(traces: boolean, options: Omit<LaneOptions, "traces" | "earlyBytes">): LaneOptions {
    const own = traces ? BATCH_OF_TRACES : options;
    const text = own.batchBytes * (traces || options.events ? 1 : TEXT_OF_MESSAGE);
    // Where memory is short, what waits for a batch must not fill it.
    const earlyBytes = Math.min(text, this.#limits.memoryBytes / 4);
    return { ...options, ...own, traces, earlyBytes };
  }

  accept(record: TraceRecord): boolean {
    this.#ledger.accepted++;
    this.#waitedAtExit = false;
    try {
      if (this.#state === "closed") return this.#refuse("shutdown");
      return isTrace(record) ? this.#take(record) : this.#refuse("invalid");
    } catch (error) {
      if (error instanceof SpoolFullError) return this.#refuse("disk_full");
      report("accept_failed", `a trace could not be taken (${codeOf(error)}) and is lost`);
      return this.#refuse("invalid");
    }
  }

  /** @throws {SpoolFullError} at the cap */
  #take(record: TraceRecord): boolean {
    const lanes = this.#lanes;
    let position = this.#durability === "spill" ? undefined : this.#append(record);
    if (lanes.length === 0) return this.#park(position);
    const bytes = position?.length ?? Buffer.byteLength(record.json);
    // While a destination is away nothing is sent to it from memory for long.
    const away = position === undefined ? 0 : lanes.filter((lane) => lane.away).length;
    const fits = away < lanes.length && this.#ledger.fits(bytes);
    if (!fits && this.#durability === "spill") position = this.#append(record);
    if (!fits && position === undefined) return this.#refuse("queue_full");
    const trace =
      fits && this.#ledger.hold(record, position, bytes, lanes.length, lanes.length - away);
    for (const lane of lanes) {
      if (trace !== false && !(position !== undefined && lane.away)) lane.add(trace);
      else if (position !== undefined) this.#shelve(position, lane);
    }
    return true;
  }

  #shelve(position: Position, lane: Lane): void {
    this.#spool?.shelve(position, lane.index);
    lane.poke();
  }

  /** Undefined where there is no usable spool. @throws {SpoolFullError} at the cap. */
  #append(record: TraceRecord, lanes?: number): Position | undefined {
    if (this.#spool === undefined) return undefined;
    const mistrust = this.#spool.open();
    if (mistrust !== undefined) {
      report("spool_unusable", `${mistrust}: traces are held in memory and lost with the process`);
      return undefined;
    }
    try {
      return this.#spool.append(record, lanes);
    } catch (error) {
      if (error instanceof SpoolFullError) throw error;
      report(
        "spool_failed",
        `${this.#spool.directory} could not be written (${codeOf(error)}): traces are held in memory meanwhile`,
      );
      return undefined;
    }
  }

  #park(position: Position | undefined): boolean {
    if (position === undefined) {
      const chosen = this.#durability === "memory" ? KEPT_NOWHERE : undefined;
      return this.#refuse("no_destination", chosen);
    }
    this.#spool?.shelve(position, 0);
    report(
      "no_destination",
      `no destination is set (AWS_SQS_URL): traces are kept in ${this.#spool?.directory ?? ""}`,
    );
    return true;
  }

  /** @param why in place of the reason's own sentence */
  #refuse(reason: DropReason, why?: string): false {
    this.#ledger.drop(reason, 1, why);
    return false;
  }

  #failed(traces: readonly HeldTrace[], reason: string): void {
    if (this.#durability === "spill") for (const trace of traces) this.#spill(trace);
    const kept = this.#ledger.memoryOnly > 0 ? "in memory" : `in ${this.#spool?.directory ?? ""}`;
    report(
      `send_failed ${reason}`,
      `sending failed (${reason}): traces are kept ${kept} and sent again`,
    );
  }

  #spill(trace: HeldTrace): void {
    const { traceId, json, position, needs } = trace;
    if (position !== undefined || traceId === undefined || json === undefined) return;
    try {
      const spilled = this.#append({ traceId, json }, needs);
      if (spilled !== undefined) this.#ledger.spilled(trace, spilled);
    } catch {
      // At the cap: it stays in memory.
    }
  }

  #traces(): Set<HeldTrace> {
    return new Set(this.#lanes.flatMap((lane) => lane.traces()));
  }

  /** Not on the way of the first trace, which takes a third less without (3 ms, Node 24). */
  #lookSoon(): Promise<void> {
    return new Promise((resolve) => {
      soon(() => {
        if (this.#state === "closed") return resolve();
        this.#look();
        resolve(this.#recovering);
      });
    });
  }

  /** Measures the directory and takes over what dead owners left: at the start, then repeatedly. */
  #look(): void {
    cancel(this.#scanTimer);
    const spool = this.#spool;
    if (spool === undefined) return;
    const usable = spool.open(true) === undefined;
    const takeOver =
      this.#lanes.length === 0 ? undefined : (found: Recovery): void => this.#recovered(found);
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
    if (this.#ledger.memoryOnly > 0 && this.#durability !== "spill" && !this.#volatile) {
      for (const trace of this.#traces()) this.#spill(trace);
    }
    this.#look();
  }

  #recovered({ records, bad }: Recovery): void {
    this.#ledger.accepted += records + bad;
    this.#ledger.recovered += records;
    if (bad > 0) this.#ledger.drop("corrupt", bad);
    if (records > 0) debug(() => `took over ${records} traces of ended processes`);
    for (const lane of this.#lanes) lane.poke();
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
    for (;;) {
      // An idle lane may have begun another look for segments of dead owners.
      await this.#recovering;
      if (this.#unsent === 0) return true;
      const leftMs = Math.max(0, endMs - monotonicNow());
      const drained = await Promise.all(this.#lanes.map((lane) => lane.drain(leftMs, patient)));
      if (drained.includes(false)) break;
    }
    this.#sentBeforeVainWait = this.#sent;
    return false;
  }

  get #unsent(): number {
    return this.#lanes.reduce((sum, { pending }) => sum + pending, 0);
  }

  get #sent(): number {
    return this.#lanes.reduce((sum, { acked }) => sum + acked, 0);
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
    const left = new Set(this.#lanes.flatMap((lane) => lane.close()));
    for (const trace of left) this.#spill(trace);
    this.#ledger.lose([...left].filter(({ position }) => position === undefined));
    this.#ledger.close();
  }

  /** Once the destinations have failed, what is on disk is left to the next process at once. */
  #worthWaiting(): boolean {
    const waitedInVain = this.#sentBeforeVainWait === this.#sent;
    const failing = this.#lanes.every((lane) => lane.failing || lane.pending === 0);
    const hopeless = waitedInVain || failing;
    return this.#unsent > 0 && !(hopeless && this.#ledger.memoryOnly === 0);
  }

  async #beforeExit(): Promise<void> {
    // Node emits this again after each wait: one is enough, or the process would never end.
    if (this.#state !== "open" || this.#waitedAtExit || !this.#worthWaiting()) return;
    this.#waitedAtExit = true;
    await this.#flush(this.#timeoutMs, false);
  }

  /** Only synchronous work runs here. A trace may still be accepted afterwards. */
  #exit(): void {
    const lost = new Set<HeldTrace>();
    for (const trace of this.#traces()) {
      this.#spill(trace);
      if (trace.position === undefined && !this.#volatile) lost.add(trace);
    }
    if (lost.size > 0) {
      for (const lane of this.#lanes) lane.remove(lost);
      this.#ledger.lose([...lost]);
    }
    this.#spool?.tidy();
  }

  async warm(): Promise<void> {
    // What cannot be loaded now is tried again, and reported, by the sending.
    const encode = loadEncode().catch(() => undefined);
    await Promise.all([...this.#lanes.map((lane) => lane.warm()), encode]);
  }

  stats(): DeliveryStats {
    const { accepted, recovered, acked, pending, memoryOnly, memoryBytes, dropped } = this.#ledger;
    return {
      accepted,
      recovered,
      acked,
      pending,
      volatile: memoryOnly,
      dropped,
      memoryBytes,
      diskBytes: this.#spool?.bytes ?? 0,
      sinks: Object.fromEntries(this.#lanes.map((lane) => [lane.name, lane.stats])),
      directory: this.#spool?.mistrust === undefined ? this.#spool?.directory : undefined,
    };
  }
}
