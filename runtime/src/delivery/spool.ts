// Records → this owner's segments in one directory, bounded in bytes; the segments of dead
// owners → records to be sent. A record is in exactly one file at any time: files change
// hands by rename, and the loser of a race finds nothing.

import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { open, readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { wallNow } from "../clock.ts";
import { openDirectory } from "./directory.ts";
import { scan, versionOf, type TraceRecord } from "./lines.ts";
import {
  endOwner,
  FOREIGN_IDLE_MS,
  livenessOf,
  newOwner,
  ownerOf,
  segmentName,
  type Owner,
} from "./owner.ts";
import { Segment, type Place } from "./segment.ts";

/** The version of the format that this code writes and reads. */
const VERSION = 1;

/** Each segment taken over is an open file, of which an app may have only about a thousand. */
const MAX_SEGMENTS_HELD = 100;

export interface SpoolLimits {
  /** All segments of all owners in the directory together. */
  readonly diskBytes: number;
  /** A segment larger than this is followed by another. */
  readonly segmentBytes: number;
}

export interface Recovered {
  readonly traceId: string;
  readonly place: Place;
}

export interface Recovery {
  readonly records: readonly Recovered[];
  /** Lines that could not be read. */
  readonly bad: number;
  /** Dead owners' files remain, because enough are open already: look again when those are done. */
  readonly more: boolean;
}

/** The directory's share is used up: the record was not written. */
export class SpoolFullError extends Error {}

export class Spool {
  readonly directory: string;
  readonly #limits: SpoolLimits;
  readonly #owner: Owner = newOwner();
  /** Segments of this owner that still hold open records, or are being written. */
  readonly #segments = new Set<Segment>();
  #current: Segment | undefined;
  #nextIndex = 0;
  /** Bytes of other owners, as of the last look. */
  #foreignBytes = 0;
  #mistrust: string | undefined;
  #state: "unopened" | "open" | "unusable" | "closed" = "unopened";

  constructor(directory: string, limits: SpoolLimits) {
    this.directory = directory;
    this.#limits = limits;
  }

  /** Makes and checks the directory, once. Returns why it cannot be used, or undefined. */
  open(): string | undefined {
    if (this.#state === "unopened") {
      this.#mistrust = openDirectory(this.directory);
      this.#state = this.#mistrust === undefined ? "open" : "unusable";
    }
    return this.#mistrust;
  }

  /** Why the directory cannot be used; undefined, too, where nobody has tried yet. */
  get mistrust(): string | undefined {
    return this.#mistrust;
  }

  /** @throws {SpoolFullError} at the cap, or the system's error; nothing is written then. */
  append(record: TraceRecord, sync: boolean): Place {
    if (this.bytes >= this.#limits.diskBytes) throw new SpoolFullError();
    const place = this.#writable().append(record);
    if (sync) place.segment.sync();
    return place;
  }

  #writable(): Segment {
    if (this.#current !== undefined && this.#current.size < this.#limits.segmentBytes) {
      return this.#current;
    }
    const full = this.#current;
    this.#current = Segment.create(this.#nextPath());
    this.#segments.add(this.#current);
    if (full !== undefined && full.open === 0) this.#release(full);
    return this.#current;
  }

  #nextPath(): string {
    return join(this.directory, segmentName(this.#owner, this.#nextIndex++));
  }

  #release(segment: Segment): void {
    this.#segments.delete(segment);
    segment.close();
  }

  get bytes(): number {
    let own = 0;
    for (const segment of this.#segments) own += segment.size;
    return own + this.#foreignBytes;
  }

  /** Marks records as done; a finished segment that is no longer written goes. */
  ack(places: readonly Place[]): void {
    for (const [segment, seqs] of bySegment(places)) {
      segment.ack(seqs);
      if (segment.open === 0 && segment !== this.#current) this.#release(segment);
    }
  }

  /** Takes over what dead owners left. Never rejects; `bad` counts unreadable lines. */
  async recover(): Promise<Recovery> {
    const records: Recovered[] = [];
    let bad = 0;
    let more = false;
    let foreignBytes = 0;
    for (const name of await readdir(this.directory).catch(() => [])) {
      const owner = ownerOf(name);
      if (owner === undefined || owner.nonce === this.#owner.nonce) continue;
      if (this.#segments.size >= MAX_SEGMENTS_HELD) {
        more = true;
        break;
      }
      const claimed = await this.#claim(join(this.directory, name), owner).catch(() => undefined);
      if (claimed === undefined) continue;
      if (typeof claimed === "number") {
        foreignBytes += claimed;
        continue;
      }
      bad += claimed.bad;
      records.push(...claimed.records);
    }
    this.#foreignBytes = foreignBytes;
    return { records, bad, more };
  }

  /** The records of a dead owner's file, or the size of a file that is left alone. */
  async #claim(
    path: string,
    owner: Owner,
  ): Promise<{ records: Recovered[]; bad: number } | number> {
    const found = await stat(path);
    const liveness = livenessOf(owner);
    const idle = wallNow() - found.mtimeMs > FOREIGN_IDLE_MS;
    if (liveness === "alive" || (liveness === "foreign" && !idle)) return found.size;
    if (!trusted(path) || !(await readable(path)) || this.#state !== "open") return found.size;
    const mine = this.#nextPath();
    await rename(path, mine);
    const bytes = await readFile(mine);
    const lines = scan(bytes);
    const segment = Segment.adopt(mine, bytes.length, lines);
    if (lines.open.length === 0 || this.#state !== "open") segment.close();
    else this.#segments.add(segment);
    if (this.#state !== "open") return bytes.length;
    return {
      records: lines.open.map((line) => ({ traceId: line.traceId, place: segment.place(line) })),
      bad: lines.bad,
    };
  }

  /** Keeps segments with open records from looking abandoned to other machines. */
  touch(): void {
    for (const segment of this.#segments) if (segment.open > 0) segment.touch();
  }

  /** Closes this owner's files; finished ones go, the rest is for the next process. */
  close(): void {
    for (const segment of this.#segments) this.#release(segment);
    this.#current = undefined;
    this.#state = "closed";
    endOwner(this.#owner);
  }

  /** At the end of the process: removes finished files, and stays usable. */
  tidy(): void {
    for (const segment of this.#segments) if (segment.open === 0) this.#release(segment);
    if (this.#current?.open === 0) this.#current = undefined;
  }
}

function bySegment(places: readonly Place[]): Map<Segment, number[]> {
  const groups = new Map<Segment, number[]>();
  for (const { segment, seq } of places) {
    const group = groups.get(segment);
    if (group === undefined) groups.set(segment, [seq]);
    else group.push(seq);
  }
  return groups;
}

/** A regular file of our own; a link or another's file was planted. */
function trusted(path: string): boolean {
  const found = lstatSync(path);
  return found.isFile() && (process.getuid === undefined || found.uid === process.getuid());
}

/** A newer version's file is left for a newer version. */
async function readable(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return (versionOf(buffer.subarray(0, bytesRead)) ?? VERSION) === VERSION;
  } finally {
    await file.close();
  }
}

/**
 * The traces that lie unsent in a spool directory, oldest first; whoever owns them. Reads
 * only: nothing is claimed or changed. An absent directory holds none.
 */
export function readSpool(directory: string): TraceRecord[] {
  const found: { epochMs: number; record: TraceRecord }[] = [];
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    if (ownerOf(name) === undefined || !trusted(path)) continue;
    const bytes = readFileSync(path);
    if ((versionOf(bytes) ?? VERSION) !== VERSION) continue;
    for (const line of scan(bytes).open) {
      const json = bytes.toString("utf8", line.offset, line.offset + line.length);
      found.push({ epochMs: line.epochMs, record: { traceId: line.traceId, json } });
    }
  }
  return found.toSorted((a, b) => a.epochMs - b.epochMs).map(({ record }) => record);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}
