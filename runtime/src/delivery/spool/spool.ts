// Records → this owner's segments in one directory; segments of dead owners → records to be sent.
// Invariant: bounded in bytes; each record is in one file. Files change hands by rename, and the
// loser of a race finds nothing.

import { join } from "node:path";
import { fs } from "../../platform/node.ts";
import { monotonicNow } from "../../platform/clock.ts";
import { Claims, type ClaimTimes } from "./claims.ts";
import { openDirectory, settleDirectory, spaceLeft } from "./directory.ts";
import { DeadLetters, keepCorrupt } from "./quarantine.ts";
import type { TraceRecord } from "./record-format.ts";
import { endOwner, newOwner, ownerOf, segmentName, type Owner } from "./owner.ts";
import { type Position, Segment, type Verdict } from "./segment.ts";

export type { Position };

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
  /** Destinations that each need every record. */
  readonly #lanes: number;
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

  constructor(directory: string, limits: SpoolLimits, sync: boolean = false, lanes: number = 1) {
    this.directory = directory;
    this.#lanes = lanes;
    this.#limits = limits;
    this.#sync = sync;
    this.#claims = new Claims(directory, limits);
    this.#dead = new DeadLetters(directory, this.#owner);
  }

  /** Makes and checks the directory, until it is usable. @returns why it is not, or undefined */
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

  /**
   * @param lanes that need it, and hold its position
   * @throws {SpoolFullError} at the cap, or the system's error; nothing is written then.
   */
  append(record: TraceRecord, lanes: number = this.#lanes): Position {
    if (this.bytes >= this.#limits.diskBytes) throw new SpoolFullError();
    if (this.#crowded) {
      throw Object.assign(new Error("too little of the file system is free"), { code: "ENOSPC" });
    }
    const segment = this.#writable();
    let position: Position;
    try {
      position = segment.append(record, lanes);
    } catch (error) {
      // A full disk may have room again. Any other failure speaks against this file.
      if (!isFull(error)) this.#replace(segment);
      throw error;
    }
    if (this.#sync) this.#settle(position);
    return position;
  }

  /** @throws where the record is on no platter. */
  #settle(position: Position): void {
    const { segment } = position;
    try {
      segment.sync();
    } catch (error) {
      // What the system has failed to write once it takes for written: only a new file helps.
      if (this.#replace(segment) !== undefined) return;
      segment.forget(position);
      throw error;
    }
  }

  #writable(): Segment {
    const segment = this.#current;
    if (segment === undefined) return this.#beginWithinCap();
    const now = monotonicNow();
    if (now - this.#verifiedMs >= VERIFY_MS) {
      this.#verifiedMs = now;
      if (!segment.inPlace()) return this.#replace(segment) ?? this.#beginWithinCap();
    }
    if (segment.size < this.#limits.segmentBytes) return segment;
    const next = this.#beginWithinCap();
    if (segment.finished) this.#release(segment);
    return next;
  }

  /**
   * Other owners write at the same time, and our last look at their files may be old. We look
   * before each new segment: so all of them together stay within the cap and one segment each.
   * @throws {SpoolFullError} at the cap
   */
  #beginWithinCap(): Segment {
    this.#foreignBytes = 0;
    for (const name of namesIn(this.directory)) {
      const owner = ownerOf(name);
      if (owner === undefined || owner.nonce === this.#owner.nonce) continue;
      const found = fs.statSync(join(this.directory, name), { throwIfNoEntry: false });
      this.#foreignBytes += found?.size ?? 0;
    }
    if (this.bytes >= this.#limits.diskBytes) throw new SpoolFullError();
    return this.#begin();
  }

  #begin(): Segment {
    this.#current = undefined;
    const segment = Segment.create(this.#nextPath(), this.#lanes);
    if (this.#sync) settleDirectory(this.directory);
    this.#segments.add(segment);
    this.#current = segment;
    return segment;
  }

  /** Its file is gone, or no longer to be relied on: its records move, as far as they can. */
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

  /**
   * One lane is done with these. A finished segment that is no longer written goes.
   * @returns what became of each
   */
  finish(positions: readonly Position[], refused: boolean = false): readonly Verdict[] {
    const verdicts: Verdict[] = [];
    for (const [segment, group] of bySegment(positions)) {
      verdicts.push(...segment.finish(group, refused));
      if (segment.finished && segment !== this.#current) this.#release(segment);
    }
    return verdicts;
  }

  /** It cannot be read now: this lane is done with it, and the next owner may try. */
  leave(position: Position): Verdict {
    return position.segment.leave(position);
  }

  /** Rejects where it cannot be read, or is damaged. */
  read(position: Position): Promise<TraceRecord> {
    return position.segment.read(position);
  }

  /** As `read`. @throws likewise */
  readNow(position: Position): TraceRecord {
    return position.segment.readNow(position);
  }

  /** The lane forgets the position; the record waits until it is taken. */
  shelve(position: Position, lane: number): void {
    position.segment.shelve(position, lane);
  }

  /** Records that some lane still needs. */
  get records(): number {
    return this.#sum((segment) => segment.open);
  }

  /** Of the open records: those that wait for this lane to take them. */
  waiting(lane: number): number {
    return this.#sum((segment) => segment.waiting(lane));
  }

  #sum(count: (segment: Segment) => number): number {
    let sum = 0;
    for (const segment of this.#segments) sum += count(segment);
    return sum;
  }

  /** Positions of records that wait for this lane, in the order in which their files came. */
  take(lane: number, count: number): Position[] {
    const positions: Position[] = [];
    for (const segment of this.#segments) {
      while (positions.length < count) {
        const position = segment.take(lane);
        if (position === undefined) break;
        positions.push(position);
      }
    }
    return positions;
  }

  /** Keeps a copy of what nobody will take. */
  bury(record: TraceRecord): void {
    if (this.#state === "open") this.#dead.add(record);
  }

  /**
   * Measures the directory, and takes over what dead owners left there. Never rejects.
   * @param found hears of each; without it nothing is taken over
   * @returns whether more remains, as enough files are open already: look again when those are done
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
    const adopted = await Segment.adopt(path, this.#nextPath(), this.#lanes).catch(() => undefined);
    if (adopted === undefined) return false;
    const { segment, bad } = adopted;
    if (this.#closed()) {
      segment.close();
      return false;
    }
    // In one go: who asks for an account meanwhile gets one that adds up.
    found({ records: segment.open, bad });
    if (bad > 0) this.#setAside(segment);
    else if (segment.finished) segment.close();
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
    for (const segment of this.#segments) if (segment.finished) this.#release(segment);
    if (this.#current?.finished === true) this.#current = undefined;
  }
}

const GONE = { size: 0, free: false };

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function bySegment(positions: readonly Position[]): Map<Segment, Position[]> {
  const groups = new Map<Segment, Position[]>();
  for (const position of positions) {
    const group = groups.get(position.segment);
    if (group === undefined) groups.set(position.segment, [position]);
    else group.push(position);
  }
  return groups;
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}
