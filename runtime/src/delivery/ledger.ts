// Accepted traces → what became of each, in numbers and in bytes.
// Invariant: accepted = acked + pending + dropped, by reason, whenever somebody asks.
import { report } from "../platform/report.ts";
import type { TraceRecord } from "./spool/record-format.ts";
import type { Position, Spool } from "./spool/spool.ts";
import type { DropReason } from "./stats.ts";

const SENTENCES: Record<DropReason, string> = {
  queue_full: "the memory for unsent traces is used up",
  disk_full: "the spool directory has reached its cap",
  no_destination: "there is neither a destination nor a usable spool directory",
  oversize: "a message is larger than the destination takes",
  rejected: "the destination refused them for good",
  unreadable: "they could not be read back from disk",
  corrupt: "lines in the spool are damaged",
  shutdown: "the process ended, or shutdown() was called, before they were sent",
  invalid: "they are no traces",
};

/** Why a lane is done with a trace that it could not send. */
export type Refusal = "oversize" | "rejected" | "unreadable";

/** One accepted trace, as long as some lane holds it. */
export interface HeldTrace {
  /** Undefined until it has been read from disk. */
  traceId: string | undefined;
  /** Undefined where it lies on disk alone. */
  json: string | undefined;
  /** Of the JSON in memory. */
  readonly bytes: number;
  position: Position | undefined;
  /** Lanes that still need it: where it lies in memory alone, this is all that is known. */
  needs: number;
  /** Of them: lanes that hold it in memory. */
  holders: number;
  /** Why a lane could not send it. */
  refusal: Refusal | undefined;
  /** Its message bodies, which the lanes share. */
  bodies: Promise<readonly string[]> | undefined;
}

type Drops = Readonly<Record<string, number>>;

export class Ledger {
  accepted = 0;
  recovered = 0;
  acked = 0;
  readonly #spool: Spool | undefined;
  readonly #limitBytes: number;
  readonly #dropped = new Map<DropReason, number>();
  #untold = new Map<string, number>();
  #memoryBytes = 0;
  /** Traces that lie in memory alone. */
  #memoryOnly = 0;
  /** On disk when the spool was closed. */
  #parked = 0;

  constructor(spool: Spool | undefined, limitBytes: number) {
    this.#spool = spool;
    this.#limitBytes = limitBytes;
  }

  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#dropped);
  }

  get pending(): number {
    return this.#memoryOnly + this.#parked + (this.#spool?.records ?? 0);
  }

  get memoryOnly(): number {
    return this.#memoryOnly;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Whether memory has room for that much more. */
  fits(bytes: number): boolean {
    return this.#memoryBytes + bytes <= this.#limitBytes;
  }

  /**
   * @param lanes that need it
   * @param holders lanes that take it from memory; the others take it from disk
   */
  hold(
    { traceId, json }: TraceRecord,
    position: Position | undefined,
    bytes: number,
    lanes: number,
    holders: number,
  ): HeldTrace {
    this.#memoryBytes += bytes;
    if (position === undefined) this.#memoryOnly++;
    return {
      traceId,
      json,
      bytes,
      position,
      needs: lanes,
      holders,
      refusal: undefined,
      bodies: undefined,
    };
  }

  /** One that a lane takes back from disk. */
  taken(position: Position): HeldTrace {
    return {
      traceId: undefined,
      json: undefined,
      bytes: 0,
      position,
      needs: 1,
      holders: 1,
      refusal: undefined,
      bodies: undefined,
    };
  }

  /** It is on disk from now on. */
  spilled(trace: HeldTrace, position: Position): void {
    trace.position = position;
    this.#memoryOnly--;
  }

  /** The lane takes it from disk later. False where it has to stay in memory. */
  shelve(trace: HeldTrace, lane: number): boolean {
    const { position, json } = trace;
    // Without its text it was read from disk for this attempt, and is the next one's first.
    if (position === undefined || json === undefined) return false;
    this.#spool?.shelve(position, lane);
    this.#letGo(trace);
    return true;
  }

  /** A lane's destination has these. */
  sent(traces: readonly HeldTrace[]): void {
    const positions: Position[] = [];
    for (const trace of traces) {
      this.#letGo(trace);
      if (trace.position === undefined) this.#finishInMemory(trace);
      else positions.push(trace.position);
    }
    if (positions.length > 0) this.#settle(this.#spool?.finish(positions) ?? [], "rejected");
  }

  /**
   * A lane cannot send this one. We keep a copy of what a destination refused, and leave what could
   * not be read to the next process.
   */
  refused(trace: HeldTrace, refusal: Refusal): void {
    const { position } = trace;
    if (refusal !== "unreadable") this.#keepCopy(trace);
    this.#letGo(trace);
    trace.refusal = refusal;
    if (position === undefined) this.#finishInMemory(trace);
    else if (refusal === "unreadable")
      this.#settle([this.#spool?.leave(position) ?? "open"], refusal);
    else this.#settle(this.#spool?.finish([position], true) ?? [], refusal);
  }

  #finishInMemory(trace: HeldTrace): void {
    if (--trace.needs > 0) return;
    this.#memoryOnly--;
    if (trace.refusal === undefined) this.acked++;
    else this.drop(trace.refusal);
  }

  /** Decides a trace with its last lane. It is dropped if one lane could not send it. */
  #settle(verdicts: readonly string[], refusal: Refusal): void {
    for (const verdict of verdicts) {
      if (verdict === "sent") this.acked++;
      else if (verdict === "refused") this.drop(refusal);
    }
  }

  #letGo(trace: HeldTrace): void {
    if (--trace.holders > 0) return;
    this.#memoryBytes -= trace.bytes;
    if (trace.position !== undefined) {
      trace.json = undefined;
      trace.bodies = undefined;
    }
  }

  #keepCopy({ traceId, json, position }: HeldTrace): void {
    try {
      if (traceId !== undefined && json !== undefined) this.#spool?.bury({ traceId, json });
      else if (position !== undefined) this.#spool?.bury(this.#spool.readNow(position));
    } catch {
      // It is counted all the same.
    }
  }

  /** These are lost with the process. */
  lose(traces: readonly HeldTrace[]): void {
    for (const { bytes } of traces) this.#memoryBytes -= bytes;
    this.#memoryOnly -= traces.length;
    if (traces.length > 0) this.drop("shutdown", traces.length);
  }

  /** Nothing is held any more; what is on disk stays pending. */
  close(): void {
    this.#parked = this.#spool?.records ?? 0;
    this.#spool?.close();
    this.#memoryBytes = 0;
  }

  /** @param why in place of the reason's own sentence */
  drop(reason: DropReason, times: number = 1, why: string = SENTENCES[reason]): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + times);
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + times);
    report(`dropped_${reason}`, `traces are being dropped: ${why} (stats() counts them)`);
  }

  /** Drops to be told with the next message; undefined where there is nothing to tell. */
  takeUntold(): Drops | undefined {
    if (this.#untold.size === 0) return undefined;
    const told = Object.fromEntries(this.#untold);
    this.#untold = new Map();
    return told;
  }

  /** That message did not arrive. */
  returnUntold(told: Drops): void {
    for (const [reason, times] of Object.entries(told)) {
      this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + times);
    }
  }
}
