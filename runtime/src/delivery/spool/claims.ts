// Segment files of others in a directory → which of them may be taken over.
// Invariant: only those whose owner is dead, and those from elsewhere (another machine, container
// or boot) that nobody touches any more.

import type { Stats } from "node:fs";
import { join } from "node:path";
import { fs, process } from "../../platform/node.ts";
import { monotonicNow, random } from "../../platform/clock.ts";
import { livenessOf, type Owner } from "./owner.ts";

export interface ClaimTimes {
  /** Time between two touches of a living owner's files. */
  readonly scanMs: number;
  /** An owner elsewhere whose file nobody touched for this long is probably gone … */
  readonly foreignIdleMs: number;
  /** … and surely after this time, if the process is too short-lived to watch the file itself. */
  readonly foreignGoneMs: number;
}

/** The state of a file from elsewhere when it was last seen to change. */
interface Sighting {
  readonly mtimeMs: number;
  readonly size: number;
  readonly sinceMs: number;
}

export class Claims {
  readonly #directory: string;
  readonly #times: ClaimTimes;
  readonly #sightings = new Map<string, Sighting>();

  constructor(directory: string, times: ClaimTimes) {
    this.#directory = directory;
    this.#times = times;
  }

  /** Whether `path` may be taken over, and its size. Rejects where it is gone. */
  async judge(path: string, owner: Owner): Promise<{ size: number; free: boolean }> {
    const found = await fs.promises.stat(path);
    const liveness = livenessOf(owner);
    const free = liveness === "dead" || (liveness === "foreign" && (await this.#idle(path, found)));
    return { size: found.size, free: free && trusted(path) };
  }

  /**
   * Two clocks have to agree. That of the file system tells how old the last touch is; it may
   * jump, and all files look old after that. Ours does not jump, but has to watch for a while.
   */
  async #idle(path: string, { mtimeMs, size }: Stats): Promise<boolean> {
    const age = (await this.#now()) - mtimeMs;
    if (age > this.#times.foreignGoneMs) return true;
    const seen = this.#sightings.get(path);
    const unchanged = seen?.mtimeMs === mtimeMs && seen.size === size;
    if (!unchanged) this.#sightings.set(path, { mtimeMs, size, sinceMs: monotonicNow() });
    // Two touches of its owner's, and some more for the jitter.
    const watched = unchanged && monotonicNow() - seen.sinceMs >= 2.5 * this.#times.scanMs;
    return age > this.#times.foreignIdleMs && watched;
  }

  /** By the clock that stamps the files, which on a network may be a server's. */
  async #now(): Promise<number> {
    const path = join(this.#directory, `clock-${process.pid}-${random().toString(36).slice(2)}`);
    const file = await fs.promises.open(path, "wx", 0o600);
    try {
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
      await fs.promises.unlink(path);
    }
  }

  /** Forgets files that are gone. */
  tidy(names: readonly string[]): void {
    const there = new Set(names.map((name) => join(this.#directory, name)));
    for (const path of this.#sightings.keys()) if (!there.has(path)) this.#sightings.delete(path);
  }
}

/** A regular file of our own; a link or another's file was planted. */
export function trusted(path: string): boolean {
  const found = fs.lstatSync(path);
  return found.isFile() && (process.getuid === undefined || found.uid === process.getuid());
}
