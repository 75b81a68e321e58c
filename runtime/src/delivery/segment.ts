// One write-ahead file of this process: records in, acknowledgements in, records out again.
// Written by one owner only, by appending. A write that fails or stops short is cut off
// again, so that the file always ends where its last whole line ends.

import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  read,
  unlinkSync,
  writeSync,
} from "node:fs";
import { wallNow } from "../clock.ts";
import { ackLine, HEADER, recordLine, type Line, type Scan, type TraceRecord } from "./lines.ts";

/** A finished file larger than this gives its disk space back at once. */
const KEEP_BYTES = 64 * 1024;
const FENCE = Buffer.from("\n");

/** Where a record lies on disk. */
export interface Place {
  readonly segment: Segment;
  readonly seq: number;
  readonly offset: number;
  readonly length: number;
}

export class Segment {
  readonly path: string;
  readonly #fd: number;
  #size = 0;
  #nextSeq = 0;
  /** Records without acknowledgement. */
  #open = 0;
  #torn = false;
  #closed = false;

  private constructor(path: string, flags: string) {
    this.path = path;
    this.#fd = openSync(path, flags, 0o600);
  }

  /** @throws where the file exists or cannot be written. */
  static create(path: string): Segment {
    const segment = new Segment(path, "ax+");
    segment.#write(Buffer.from(HEADER));
    return segment;
  }

  /** A file taken over from a dead owner, by its scan. */
  static adopt(path: string, size: number, found: Scan): Segment {
    const segment = new Segment(path, "a+");
    segment.#size = size;
    segment.#nextSeq = found.nextSeq;
    segment.#open = found.open.length;
    segment.#torn = found.torn;
    return segment;
  }

  get size(): number {
    return this.#size;
  }

  get open(): number {
    return this.#open;
  }

  place(line: Line): Place {
    return { segment: this, seq: line.seq, offset: line.offset, length: line.length };
  }

  /** @throws the system's error; the file is then as it was. */
  append(record: TraceRecord): Place {
    const seq = this.#nextSeq;
    const { bytes, offset, length } = recordLine(seq, wallNow(), record);
    const start = this.#write(bytes);
    this.#nextSeq = seq + 1;
    this.#open++;
    return { segment: this, seq, offset: start + offset, length };
  }

  /** Marks records as done. What cannot be written is sent once more by a later process. */
  ack(seqs: readonly number[]): void {
    this.#open -= seqs.length;
    if (this.#closed) return;
    try {
      if (this.#open > 0 || this.#size <= KEEP_BYTES) this.#write(ackLine(seqs));
      else this.#empty();
    } catch {
      // A full disk: the records stay, and duplicates are told by their trace id.
    }
  }

  #empty(): void {
    ftruncateSync(this.#fd, 0);
    this.#size = 0;
    this.#write(Buffer.from(HEADER));
  }

  /** Returns the offset at which the line begins. */
  #write(bytes: Buffer): number {
    if (this.#torn) {
      this.#size += writeSync(this.#fd, FENCE);
      this.#torn = false;
    }
    const start = this.#size;
    let written = 0;
    try {
      written = writeSync(this.#fd, bytes);
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
      ftruncateSync(this.#fd, size);
    } catch {
      this.#torn = true;
    }
  }

  read(place: Place): Promise<string> {
    const buffer = Buffer.allocUnsafe(place.length);
    return new Promise((resolve, reject) => {
      read(this.#fd, buffer, 0, place.length, place.offset, (error, bytes) => {
        if (error) reject(error);
        else if (bytes < place.length) reject(new Error("the segment is shorter than expected"));
        else resolve(buffer.toString("utf8"));
      });
    });
  }

  /** Onto the platter: survives a power cut. */
  sync(): void {
    fdatasyncSync(this.#fd);
  }

  /** Shows owners on other machines that this file is still in use. */
  touch(): void {
    const seconds = wallNow() / 1000;
    futimesSync(this.#fd, seconds, seconds);
  }

  /** Closes the file, and removes it where every record is done. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      closeSync(this.#fd);
      if (this.#open === 0) unlinkSync(this.path);
    } catch {
      // Gone already.
    }
  }
}
