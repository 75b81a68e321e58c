// One write-ahead file of this process: records in, acknowledgements in, records out again.
// Written by one owner only, by appending. A write that fails or stops short is cut off
// again, so that the file always ends where its last whole line ends.

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
import { PlaceQueue, type Row } from "./position-queue.ts";

/** A finished file larger than this gives its disk space back at once. */
const KEEP_BYTES = 64 * 1024;
const EMPTY_LINE = Buffer.from("\n");

/** Where a record lies on disk. It may move to another segment. */
export interface Place {
  segment: Segment;
  seq: number;
  offset: number;
  length: number;
}

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
  /** Records without acknowledgement: those that someone holds the place of, and the others. */
  readonly #held = new Set<Place>();
  readonly #waiting = new PlaceQueue();
  #torn = false;
  #closed = false;

  private constructor(path: string, fd: number, adopted: boolean) {
    this.path = path;
    this.#fd = fd;
    this.#adopted = adopted;
  }

  /** @throws where the file exists or cannot be written; it is not there then. */
  static create(path: string): Segment {
    const segment = new Segment(path, fs.openSync(path, "ax+", 0o600), false);
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
  static async adopt(from: string, path: string): Promise<Adopted | undefined> {
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
      segment = new Segment(path, fd, true);
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
    for (const line of found.open) this.#waiting.push(line);
    return { segment: this, bad: found.bad };
  }

  get size(): number {
    return this.#size;
  }

  /** Records without acknowledgement. */
  get open(): number {
    return this.#held.size + this.#waiting.length;
  }

  /** Of the open records: those whose places nobody holds. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The caller forgets the place; its record waits until it is taken. */
  shelve(place: Place): void {
    if (this.#held.delete(place)) this.#waiting.push(place);
  }

  /** The place of the record that has waited longest. */
  take(): Place | undefined {
    const row = this.#waiting.first;
    if (row === undefined) return undefined;
    const place = { segment: this, ...row };
    this.#waiting.shift();
    this.#held.add(place);
    return place;
  }

  /** @throws the system's error; the file is then as it was. */
  append(record: TraceRecord): Place {
    const place: Place = { segment: this, seq: 0, offset: 0, length: 0 };
    this.#write(record, place);
    return place;
  }

  /** The open records go to `target`, and their places with them. @throws as `append`, or where one is damaged; the others stay then. */
  moveTo(target: Segment): void {
    for (const place of this.#held) {
      target.#write(this.#readSync(place), place);
      this.#held.delete(place);
    }
    for (let row = this.#waiting.first; row !== undefined; row = this.#waiting.first) {
      target.shelve(target.append(this.#readSync(row)));
      this.#waiting.shift();
    }
  }

  #write(record: TraceRecord, place: Place): void {
    const line = recordLine(this.#nextSeq, wallNow(), record);
    place.offset = this.#writeLine(line);
    place.length = line.length - 1;
    place.seq = this.#nextSeq++;
    place.segment = this;
    this.#held.add(place);
  }

  /** Its record counts as not written. */
  forget(place: Place): void {
    this.#held.delete(place);
  }

  /** Marks records as done. What cannot be written is sent once more by a later process. */
  ack(places: readonly Place[]): void {
    for (const place of places) this.#held.delete(place);
    if (this.#closed) return;
    try {
      if (this.open > 0 || this.#size <= KEEP_BYTES) {
        this.#writeLine(ackLine(places.map(({ seq }) => seq)));
      } else {
        this.#empty();
      }
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
  read(place: Place): Promise<TraceRecord> {
    const line = Buffer.allocUnsafe(place.length);
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, line, 0, place.length, place.offset, (error, bytes) => {
        if (error) return reject(error);
        const record = recordIn(line.subarray(0, bytes), place.seq);
        return record === undefined ? reject(new DamagedError()) : resolve(record);
      });
    });
  }

  /** As `read`. @throws likewise */
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

  /** Whether the file is still where it was made: cleaners of temporary directories delete, and other machines may have taken it over. */
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
      const done = this.open === 0 && !this.#grew() && this.inPlace();
      fs.closeSync(this.#fd);
      if (done) fs.unlinkSync(this.path);
    } catch {
      // Gone already.
    }
  }

  /** Closes the file and leaves it there: its records lie elsewhere now, or it is evidence. */
  abandon(): void {
    this.#held.clear();
    this.#waiting.clear();
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
