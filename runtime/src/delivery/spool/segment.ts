// Records → one write-ahead file, acknowledgements behind them → the records that lanes still need.
// Invariant: one owner appends to it. What a failed write leaves is cut off or fenced, so that each
// later line can be read.

import { fs } from "../../platform/node.ts";
import { wallNow } from "../../platform/clock.ts";
import {
  ackLine,
  FENCE,
  HEADER,
  recordIn,
  recordLine,
  scan,
  type Scan,
  type TraceRecord,
} from "./record-format.ts";
import { PositionQueue, type Row } from "./position-queue.ts";

/** A finished file larger than this gives its disk space back at once. */
const KEEP_BYTES = 64 * 1024;
const EMPTY_LINE = Buffer.from("\n");

/** Where a record lies on disk; only the spool looks inside. It may move to another segment. */
export interface Position {
  segment: Segment;
  seq: number;
  offset: number;
  length: number;
  /** Lanes that hold this object. */
  holders: number;
}

/** What became of a record, of which one more lane is done. */
export type Verdict = "open" | "sent" | "refused";

/**
 * Of a record that several lanes need we count down by this; the last bit: one of them refused it.
 */
const LANE = 2;
const REFUSED = 1;

/** The file does not hold any more what was written to it. */
class DamagedError extends Error {
  override readonly message: string = "a record in the spool is damaged";
}

/** A dead owner's file, and what is in it. */
export interface Adopted {
  readonly segment: Segment;
  /** Lines that could not be read. */
  readonly bad: number;
}

export class Segment {
  readonly path: string;
  readonly #fd: number;
  readonly #adopted: boolean;
  #size = 0;
  #nextSeq = 0;
  /** Records that some lane still needs. */
  #open = 0;
  /** Of them: those that a lane holds the position of … */
  readonly #held = new Set<Position>();
  /** … and those that wait for a lane to take them, lane by lane. */
  readonly #waiting: readonly PositionQueue[];
  /** How many lanes still need a record, by its number; where there is one lane, it is the one. */
  readonly #needs: Map<number, number> | undefined;
  /** Records that could not be read: counted as lost, and left for the next owner to try. */
  #unreadable = 0;
  #torn = false;
  #closed = false;

  private constructor(path: string, fd: number, adopted: boolean, lanes: number) {
    this.path = path;
    this.#fd = fd;
    this.#adopted = adopted;
    this.#waiting = Array.from({ length: lanes }, () => new PositionQueue());
    this.#needs = lanes > 1 ? new Map() : undefined;
  }

  /** @throws where the file exists or cannot be written; it is not there then. */
  static create(path: string, lanes: number): Segment {
    const segment = new Segment(path, fs.openSync(path, "ax+", 0o600), false, lanes);
    try {
      segment.#writeLine(Buffer.from(HEADER));
    } catch (error) {
      segment.close();
      throw error;
    }
    return segment;
  }

  /**
   * Takes a dead owner's file over under a name of one's own. Undefined where it is a later
   * version's.
   * @throws where another owner was quicker.
   */
  static async adopt(from: string, path: string, lanes: number): Promise<Adopted | undefined> {
    const fd = fs.openSync(from, "a+");
    let segment: Segment;
    try {
      const bytes = await readAll(fd);
      const found = scan(bytes);
      if (found.later) {
        fs.closeSync(fd);
        return undefined;
      }
      fs.renameSync(from, path);
      segment = new Segment(path, fd, true, lanes);
      return segment.#take(bytes.length, found);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }

  #take(size: number, found: Scan): Adopted {
    this.#size = size;
    this.#nextSeq = found.nextSeq;
    this.#torn = found.torn;
    for (const line of found.open) {
      this.#begin(line.seq, this.#waiting.length);
      for (const waiting of this.#waiting) waiting.push(line);
    }
    return { segment: this, bad: found.bad };
  }

  get size(): number {
    return this.#size;
  }

  /** Records that some lane still needs. */
  get open(): number {
    return this.#open;
  }

  /** Nothing in the file is of use to anybody. */
  get finished(): boolean {
    return this.#open + this.#unreadable === 0;
  }

  /** Of the open records: those that wait for this lane. */
  waiting(lane: number): number {
    return this.#waiting[lane]?.length ?? 0;
  }

  /** The lane forgets the position; the record waits until it is taken. */
  shelve(position: Position, lane: number): void {
    this.#waiting[lane]?.push(position);
    this.#letGo(position);
  }

  /** The position of the record that has waited longest for this lane. */
  take(lane: number): Position | undefined {
    const waiting = this.#waiting[lane];
    const row = waiting?.first;
    if (waiting === undefined || row === undefined) return undefined;
    const position = { segment: this, ...row, holders: 1 };
    waiting.shift();
    this.#held.add(position);
    return position;
  }

  /**
   * @param lanes that need it, and hold its position
   * @throws the system's error; the file is then as it was
   */
  append(record: TraceRecord, lanes: number): Position {
    const { seq, offset, length } = this.#write(record);
    const position = { segment: this, seq, offset, length, holders: lanes };
    this.#held.add(position);
    this.#begin(seq, lanes);
    return position;
  }

  /**
   * Moves the open records, and their positions, to `target`.
   * @throws as `append`, or where one is damaged; the others stay then
   */
  moveTo(target: Segment): void {
    const rows = new Map<number, Row>();
    const moved = (row: Row): Row => {
      const known = rows.get(row.seq);
      if (known !== undefined) return known;
      const written = target.#write(this.#readSync(row));
      rows.set(row.seq, written);
      target.#open++;
      this.#open--;
      const needs = this.#needs?.get(row.seq);
      if (needs !== undefined) target.#needs?.set(written.seq, needs);
      this.#needs?.delete(row.seq);
      return written;
    };
    for (const position of this.#held) {
      Object.assign(position, moved(position), { segment: target });
      this.#held.delete(position);
      target.#held.add(position);
    }
    for (const [lane, waiting] of this.#waiting.entries()) {
      for (let row = waiting.first; row !== undefined; row = waiting.first) {
        target.#waiting[lane]?.push(moved(row));
        waiting.shift();
      }
    }
  }

  #begin(seq: number, lanes: number): void {
    this.#open++;
    this.#needs?.set(seq, lanes * LANE);
  }

  #write(record: TraceRecord): Row {
    const line = recordLine(this.#nextSeq, wallNow(), record);
    const offset = this.#writeLine(line);
    return { seq: this.#nextSeq++, offset, length: line.length - 1 };
  }

  #letGo(position: Position): void {
    if (--position.holders <= 0) this.#held.delete(position);
  }

  /** Its record counts as not written. */
  forget(position: Position): void {
    this.#held.delete(position);
    this.#needs?.delete(position.seq);
    this.#open--;
  }

  /** It cannot be read: this lane is done with it, and the file stays for the next owner. */
  leave(position: Position): Verdict {
    const verdict = this.#done(position, true);
    if (verdict !== "open") this.#unreadable++;
    return verdict;
  }

  /** One lane is done with these. What cannot be written is sent once more by a later process. */
  finish(positions: readonly Position[], refused: boolean): readonly Verdict[] {
    const verdicts = positions.map((position) => this.#done(position, refused));
    const seqs = positions.filter((_, at) => verdicts[at] !== "open").map(({ seq }) => seq);
    if (seqs.length > 0) this.#ack(seqs);
    return verdicts;
  }

  #done(position: Position, refused: boolean): Verdict {
    this.#letGo(position);
    const before = this.#needs?.get(position.seq) ?? LANE;
    const after = (before - LANE) | (refused ? REFUSED : 0);
    if (after >= LANE) {
      this.#needs?.set(position.seq, after);
      return "open";
    }
    this.#needs?.delete(position.seq);
    this.#open--;
    return after === REFUSED ? "refused" : "sent";
  }

  #ack(seqs: readonly number[]): void {
    if (this.#closed) return;
    try {
      if (!this.finished || this.#size <= KEEP_BYTES) this.#writeLine(ackLine(seqs));
      else this.#empty();
    } catch {
      // A full disk: the records stay, and duplicates are told by their trace id.
    }
  }

  #empty(): void {
    if (this.#grew()) return;
    fs.ftruncateSync(this.#fd, 0);
    this.#size = 0;
    this.#torn = false;
    this.#writeLine(Buffer.from(HEADER));
  }

  /** Returns the offset at which the line begins. */
  #writeLine(bytes: Buffer): number {
    if (this.#torn) {
      this.#size += fs.writeSync(this.#fd, FENCE);
      this.#torn = false;
    }
    const start = this.#size;
    let written = 0;
    try {
      written = fs.writeSync(this.#fd, bytes);
      if (written < bytes.length) {
        throw Object.assign(new Error("the disk took only a part of a line"), { code: "ENOSPC" });
      }
    } catch (error) {
      this.#cutBack(start);
      throw error;
    }
    this.#size += written;
    return start;
  }

  #cutBack(size: number): void {
    try {
      fs.ftruncateSync(this.#fd, size);
    } catch {
      this.#torn = true;
      this.#size = sizeOf(this.#fd) ?? size;
    }
  }

  /** The record as it was written. Rejects where it cannot be read, or is damaged. */
  read(position: Position): Promise<TraceRecord> {
    const line = Buffer.allocUnsafe(position.length);
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, line, 0, position.length, position.offset, (error, bytes) => {
        if (error) return reject(error);
        const record = recordIn(line.subarray(0, bytes), position.seq);
        return record === undefined ? reject(new DamagedError()) : resolve(record);
      });
    });
  }

  /** As `read`. @throws likewise */
  readNow(position: Position): TraceRecord {
    return this.#readSync(position);
  }

  #readSync({ seq, offset, length }: Row): TraceRecord {
    const line = Buffer.allocUnsafe(length);
    const bytes = fs.readSync(this.#fd, line, 0, length, offset);
    const record = recordIn(line.subarray(0, bytes), seq);
    if (record === undefined) throw new DamagedError();
    return record;
  }

  /** Onto the platter: survives a power cut. */
  sync(): void {
    fs.fdatasyncSync(this.#fd);
  }

  /** Whether the file is still there: cleaners of /tmp delete, other machines may take it over. */
  inPlace(): boolean {
    try {
      const [named, held] = [fs.statSync(this.path), fs.fstatSync(this.#fd)];
      return named.ino === held.ino && named.dev === held.dev;
    } catch {
      return false;
    }
  }

  /**
   * Shows owners on other machines that this file is still in use, by the clock of the file
   * system.
   */
  touch(): void {
    this.#size += fs.writeSync(this.#fd, this.#torn ? FENCE : EMPTY_LINE);
    this.#torn = false;
  }

  /** Someone else writes to it: an owner on another machine that was taken for dead. */
  #grew(): boolean {
    return this.#adopted && (sizeOf(this.#fd) ?? 0) > this.#size;
  }

  /** Closes the file, and removes it where every record is done. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      const done = this.finished && !this.#grew() && this.inPlace();
      fs.closeSync(this.#fd);
      if (done) fs.unlinkSync(this.path);
    } catch {
      // Gone already.
    }
  }

  /** Closes the file and leaves it there: its records lie elsewhere now, or it is evidence. */
  abandon(): void {
    this.#held.clear();
    this.#needs?.clear();
    this.#open = 0;
    for (const waiting of this.#waiting) waiting.clear();
    this.#closed = true;
    fs.closeSync(this.#fd);
  }
}

function sizeOf(fd: number): number | undefined {
  try {
    return fs.fstatSync(fd).size;
  } catch {
    return undefined;
  }
}

async function readAll(fd: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(fs.fstatSync(fd).size);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await new Promise<number>((resolve, reject) => {
      fs.read(fd, bytes, filled, bytes.length - filled, filled, (error, got) =>
        error ? reject(error) : resolve(got),
      );
    });
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
