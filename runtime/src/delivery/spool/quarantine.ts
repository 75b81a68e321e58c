// What cannot be sent → a folder beside the segments: damaged files in corrupt/, refused traces in
// dead/.
// Invariant: bounded in bytes, the oldest go first; nothing here throws.

import { basename, join } from "node:path";
import { fs } from "../../platform/node.ts";
import { makeDirectory } from "./directory.ts";
import type { TraceRecord } from "./record-format.ts";
import { segmentName, type Owner } from "./owner.ts";
import { Segment } from "./segment.ts";

/** Of each of the two folders. */
const MAX_BYTES = 16 * 1024 * 1024;
const SEGMENT_BYTES = 4 * 1024 * 1024;

/** Moves a damaged segment file out of the way. False: it is still where it was. */
export function keepCorrupt(directory: string, path: string): boolean {
  try {
    const folder = join(directory, "corrupt");
    makeDirectory(folder);
    makeRoom(folder, fs.statSync(path).size);
    fs.renameSync(path, join(folder, basename(path)));
    return true;
  } catch {
    return false;
  }
}

/** Records that were refused, in segments of their own, so that the same reader reads them. */
export class DeadLetters {
  readonly #folder: string;
  readonly #owner: Owner;
  #segment: Segment | undefined;
  #nextIndex = 0;

  constructor(directory: string, owner: Owner) {
    this.#folder = join(directory, "dead");
    this.#owner = owner;
  }

  add(record: TraceRecord): void {
    try {
      if (this.#segment === undefined || this.#segment.size >= SEGMENT_BYTES) {
        this.close();
        makeDirectory(this.#folder);
        makeRoom(this.#folder, SEGMENT_BYTES);
        const name = segmentName(this.#owner, this.#nextIndex++);
        this.#segment = Segment.create(join(this.#folder, name), 1);
      }
      this.#segment.append(record, 1);
    } catch {
      // It is counted as dropped all the same.
    }
  }

  close(): void {
    this.#segment?.abandon();
    this.#segment = undefined;
  }
}

function makeRoom(folder: string, bytes: number): void {
  const files = fs
    .readdirSync(folder)
    .map((name) => join(folder, name))
    .map(sizeAndTime)
    .toSorted((a, b) => a.mtimeMs - b.mtimeMs);
  let total = files.reduce((sum, { size }) => sum + size, bytes);
  for (const { path, size } of files) {
    if (total <= MAX_BYTES) return;
    if (size > 0) fs.unlinkSync(path);
    total -= size;
  }
}

function sizeAndTime(path: string): { path: string; size: number; mtimeMs: number } {
  // Another process may have made room at the same time.
  const { size, mtimeMs } = fs.statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
  return { path, size, mtimeMs };
}
