// A file's next text → in its place, though other processes read it and write it too.
// Invariant: a reader sees a whole text, no writer's text is lost, and one that is killed stops
// nobody for longer than 2 s.
import { lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** To write, before it is done whoever has the turn. */
const ATTEMPTS = 3;

/**
 * @param next reads the file and makes its next text; undefined: it stays as it is. It runs again
 *   where this process stood still for so long that another one took its turn.
 */
export function rewrite(path: string, next: () => string | undefined): void {
  for (let left = ATTEMPTS; left > 0; left--) if (rewritten(path, next, left === 1)) return;
}

/** @param last it is put in place whoever has the turn */
function rewritten(path: string, next: () => string | undefined, last: boolean): boolean {
  const lock = `${path}.lock`;
  const turn = waitForTurn(lock);
  const isOurs = (): boolean => turn !== undefined && identityOf(lock) === turn;
  const temporary = temporaryFor(path);
  try {
    removeOld(path);
    const text = next();
    if (text === undefined) return true;
    writeFileSync(temporary, text);
    if (!last && turn !== undefined && !isOurs()) return false;
    renameSync(temporary, path);
    return true;
  } finally {
    rmSync(temporary, { force: true });
    if (isOurs()) rmSync(lock, { force: true });
  }
}

/** A turn takes some milliseconds: who has it for longer, in ms, was killed or stands still. */
const STALE_MS = 2_000;
/** By the file system's clock, which may be that of another machine. */
const SURELY_STALE_MS = 60_000;
/** Longest wait for the turns of others, in ms. Then it is written all the same. */
const PATIENCE_MS = 60_000;
const POLL_MS = 5;

/** @returns what tells this lock from others; undefined where the wait was too long */
function waitForTurn(lock: string): string | undefined {
  const begun = performance.now();
  let seen: string | undefined;
  let since = begun;
  for (let now = begun; now - begun < PATIENCE_MS; now = performance.now()) {
    const ours = created(lock);
    if (ours !== undefined) return ours;
    const theirs = identityOf(lock);
    if (theirs !== seen) since = now;
    seen = theirs;
    if (theirs === undefined) continue;
    if (now - since > STALE_MS || ageOf(lock) > SURELY_STALE_MS) takeAway(lock);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  return undefined;
}

function created(lock: string): string | undefined {
  try {
    writeFileSync(lock, "", { flag: "wx" });
    return identityOf(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
}

/**
 * Of all that wait one moves it. Should it be a new lock by now, then its owner sees that before it
 * writes.
 */
function takeAway(lock: string): void {
  const away = temporaryFor(lock);
  try {
    renameSync(lock, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  rmSync(away, { recursive: true, force: true });
}

/** A number of a file is given again once it is free, a time is not. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeNs}`;
}

function temporaryFor(path: string): string {
  return `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
}

/** What builds that were killed have left. */
function removeOld(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(".tmp")) continue;
    if (ageOf(join(folder, name)) > STALE_MS) rmSync(join(folder, name), { force: true });
  }
}

/** In ms; 0 where it is gone. */
function ageOf(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}
