// Records → this owner's segments in one directory, bounded in bytes; the segments of dead
// owners → records to be sent. A record is in exactly one file at any time: files change
// hands by rename, and the loser of a race finds nothing.

import { join } from "node:path";
import { fs } from "../../platform/node.ts";
import { monotonicNow } from "../../platform/clock.ts";
import { Claims, trusted, type ClaimTimes } from "./claims.ts";
import { openDirectory, settleDirectory, spaceLeft } from "./directory.ts";
import { DeadLetters, keepCorrupt } from "./quarantine.ts";
import { recordIn, scan, type TraceRecord } from "./record-format.ts";
import { endOwner, newOwner, ownerOf, segmentName, type Owner } from "./owner.ts";
import { Segment, type Place } from "./segment.ts";

/** Each segment taken over is an open file, of which an app may have only about a thousand. */
const MAX_SEGMENTS_HELD = 100;
/** How long it may go unnoticed that the file being written was deleted, or taken by others. */
const VERIFY_MS = 1000;

export interface SpoolLimits extends ClaimTimes {
  /** All segments of all owners in the directory together. */
  readonly diskBytes: number;
  /** A segment larger than this is followed by another. */
  readonly segmentBytes: number;
}

/** What a dead owner's file held: both count as accepted by this owner. */
export interface Recovery {
  /** They wait to be taken. */
  readonly records: number;
  /** Lines that could not be read. */
  readonly bad: number;
}

/** The directory's share is used up: the record was not written. */
export class SpoolFullError extends Error {}

export class Spool {
  readonly directory: string;
  readonly #limits: SpoolLimits;
  /** Every record is on the platter when `append` returns. */
  readonly #sync: boolean;
  readonly #owner: Owner = newOwner();
  readonly #claims: Claims;
  readonly #dead: DeadLetters;
  /** Segments of this owner that still hold open records, or are being written. */
  readonly #segments = new Set<Segment>();
  #current: Segment | undefined;
  #verifiedMs = 0;
  #nextIndex = 0;
  /** Bytes of other owners, as of the last look. */
  #foreignBytes = 0;
  #crowded = false;
  #mistrust: string | undefined;
  #state: "unopened" | "open" | "unusable" | "closed" = "unopened";

  constructor(directory: string, limits: SpoolLimits, sync: boolean = false) {
    this.directory = directory;
    this.#limits = limits;
    this.#sync = sync;
    this.#claims = new Claims(directory, limits);
    this.#dead = new DeadLetters(directory, this.#owner);
  }

  /** Makes and checks the directory where that has not succeeded yet. Returns why it cannot be used, or undefined. */
  open(again: boolean = false): string | undefined {
    if (this.#state === "unopened" || (again && this.#state === "unusable")) {
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
  append(record: TraceRecord): Place {
    if (this.bytes >= this.#limits.diskBytes) throw new SpoolFullError();
    if (this.#crowded) {
      throw Object.assign(new Error("too little of the file system is free"), { code: "ENOSPC" });
    }
    const segment = this.#writable();
    let place: Place;
    try {
      place = segment.append(record);
    } catch (error) {
      // A full disk may have room again. Any other failure speaks against this file.
      if (!isFull(error)) this.#replace(segment);
      throw error;
    }
    if (this.#sync) this.#settle(place);
    return place;
  }

  /** @throws where the record is on no platter. */
  #settle(place: Place): void {
    const { segment } = place;
    try {
      segment.sync();
    } catch (error) {
      // What the system has failed to write once it takes for written: only a new file helps.
      if (this.#replace(segment) !== undefined) return;
      segment.forget(place);
      throw error;
    }
  }

  #writable(): Segment {
    const segment = this.#current;
    if (segment === undefined) return this.#begin();
    const now = monotonicNow();
    if (now - this.#verifiedMs >= VERIFY_MS) {
      this.#verifiedMs = now;
      if (!segment.inPlace()) return this.#replace(segment) ?? this.#begin();
    }
    if (segment.size < this.#limits.segmentBytes) return segment;
    const next = this.#begin();
    if (segment.open === 0) this.#release(segment);
    return next;
  }

  #begin(): Segment {
    this.#current = undefined;
    const segment = Segment.create(this.#nextPath());
    if (this.#sync) settleDirectory(this.directory);
    this.#segments.add(segment);
    this.#current = segment;
    return segment;
  }

  /** Its file is gone, or cannot be relied on: what lies there moves, as far as that is possible. */
  #replace(segment: Segment): Segment | undefined {
    if (this.#current === segment) this.#current = undefined;
    try {
      const next = this.#current ?? this.#begin();
      segment.moveTo(next);
      if (this.#sync) next.sync();
      this.#release(segment);
      return next;
    } catch {
      // Its records can still be read through the open file; the next touch tries again.
      return undefined;
    }
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
    for (const [segment, group] of bySegment(places)) {
      segment.ack(group);
      if (segment.open === 0 && segment !== this.#current) this.#release(segment);
    }
  }

  /** Records whose places nobody holds. */
  get waiting(): number {
    let count = 0;
    for (const segment of this.#segments) count += segment.waiting;
    return count;
  }

  /** Places of records that wait, in the order in which their files came. */
  take(count: number): Place[] {
    const places: Place[] = [];
    for (const segment of this.#segments) {
      while (places.length < count) {
        const place = segment.take();
        if (place === undefined) break;
        places.push(place);
      }
    }
    return places;
  }

  /** Keeps a copy of what nobody will take. */
  bury(record: TraceRecord): void {
    if (this.#state === "open") this.#dead.add(record);
  }

  /**
   * Measures the directory, and takes over what dead owners left there where somebody wants to know of it. Resolves to whether
   * more of it remains, because enough files are open already: look again when those are done. Never rejects.
   */
  async look(found?: (recovery: Recovery) => void): Promise<boolean> {
    if (this.#state !== "open") return false;
    let more = false;
    let foreignBytes = 0;
    this.#crowded = !(await spaceLeft(this.directory));
    const names = await fs.promises.readdir(this.directory).catch(() => []);
    for (const name of names) {
      const owner = ownerOf(name);
      if (owner === undefined || owner.nonce === this.#owner.nonce) continue;
      const path = join(this.directory, name);
      const { size, free } = await this.#claims.judge(path, owner).catch(() => GONE);
      const full = this.#segments.size >= MAX_SEGMENTS_HELD;
      const taken = free && found !== undefined && !full && (await this.#adopt(path, found));
      if (!taken) foreignBytes += size;
      more ||= free && full;
    }
    this.#claims.tidy(names);
    this.#foreignBytes = foreignBytes;
    return more;
  }

  /** False where it is not ours now, for whatever reason. */
  async #adopt(path: string, found: (recovery: Recovery) => void): Promise<boolean> {
    if (this.#state !== "open") return false;
    const adopted = await Segment.adopt(path, this.#nextPath()).catch(() => undefined);
    if (adopted === undefined) return false;
    const { segment, bad } = adopted;
    if (this.#closed()) {
      segment.close();
      return false;
    }
    // In one go: who asks for an account meanwhile gets one that adds up.
    found({ records: segment.open, bad });
    if (bad > 0) this.#setAside(segment);
    else if (segment.open === 0) segment.close();
    else this.#segments.add(segment);
    return true;
  }

  /** Moves what is good in a damaged file elsewhere, so that the damage is met and counted once. */
  #setAside(segment: Segment): void {
    this.#segments.add(segment);
    try {
      const good = segment.open > 0 ? (this.#current ?? this.#begin()) : undefined;
      if (good !== undefined) segment.moveTo(good);
      if (this.#sync) good?.sync();
    } catch {
      // No room for that now: it stays, and may be counted again by its next owner.
      return;
    }
    this.#segments.delete(segment);
    if (keepCorrupt(this.directory, segment.path)) segment.abandon();
    else segment.close();
  }

  #closed(): boolean {
    return this.#state !== "open";
  }

  /** Keeps segments from looking abandoned to other machines, and replaces those that are gone. */
  touch(): void {
    for (const segment of this.#segments) {
      try {
        if (segment.inPlace()) segment.touch();
        else this.#replace(segment);
      } catch {
        // A full disk; whoever takes the file over meanwhile sends its records twice.
      }
    }
  }

  /** Closes this owner's files; finished ones go, the rest is for the next process. */
  close(): void {
    for (const segment of this.#segments) this.#release(segment);
    this.#dead.close();
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

const GONE = { size: 0, free: false };

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function bySegment(places: readonly Place[]): Map<Segment, Place[]> {
  const groups = new Map<Segment, Place[]>();
  for (const place of places) {
    const group = groups.get(place.segment);
    if (group === undefined) groups.set(place.segment, [place]);
    else group.push(place);
  }
  return groups;
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
    const bytes = fs.readFileSync(path);
    for (const { seq, epochMs, offset, length } of scan(bytes).open) {
      const record = recordIn(bytes.subarray(offset, offset + length), seq);
      if (record !== undefined) found.push({ epochMs, record });
    }
  }
  return found.toSorted((a, b) => a.epochMs - b.epochMs).map(({ record }) => record);
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}
