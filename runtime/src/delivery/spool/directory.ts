// Options → the spool directory, made private, or the reason why it cannot be trusted.
// Invariant: prompts lie there in clear text, and no other user can read or plant a file.

import { dirname, join, resolve } from "node:path";
import { crypto, fs, os, process } from "../../platform/node.ts";
import type { Options } from "../../config/options.ts";

/** Where traces lie that wait for these destinations: a directory for each set of them. */
export function spoolDirectory(
  { spoolDir }: Pick<Options, "spoolDir">,
  destinations: string | undefined,
): string {
  if (spoolDir !== undefined) return absolute(spoolDir);
  return join(privateRoot(), destinations === undefined ? "local" : digest(destinations));
}

function absolute(directory: string): string {
  try {
    return resolve(directory);
  } catch {
    return directory; // the working directory is gone
  }
}

function privateRoot(): string {
  return join(os().tmpdir(), `llmops-${process.getuid?.() ?? "user"}`);
}

function digest(destination: string): string {
  return crypto().createHash("sha256").update(destination).digest("hex").slice(0, 16);
}

/** Makes the directory where it is absent. Returns why it must not be used, or undefined. */
export function openDirectory(directory: string): string | undefined {
  try {
    makeDirectory(directory);
    // Anyone can make the parent in the temporary directory before we do.
    if (dirname(directory) === privateRoot()) {
      const reason = mistrust(privateRoot());
      if (reason !== undefined) return reason;
    }
    return mistrust(directory);
  } catch (error) {
    return `${directory} cannot be made or written (${codeOf(error)})`;
  }
}

/**
 * Node's own `recursive` never returns where the parent exists and yet no directory can be found
 * in it, as below /proc or in a working directory that is gone (Node 20 to 26).
 */
export function makeDirectory(directory: string): void {
  const parent = dirname(directory);
  try {
    make(directory);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || parent === directory) throw error;
    makeDirectory(parent);
    make(directory);
  }
}

function make(directory: string): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || !fs.statSync(directory).isDirectory()) throw error;
  }
}

function mistrust(directory: string): string | undefined {
  const found = fs.lstatSync(directory);
  if (found.isSymbolicLink()) return `${directory} is a symbolic link`;
  if (!found.isDirectory()) return `${directory} is not a directory`;
  if (process.getuid !== undefined) {
    if (found.uid !== process.getuid()) return `${directory} belongs to another user`;
    if ((found.mode & 0o022) !== 0) return `others may write to ${directory} (chmod 700 it)`;
  }
  fs.accessSync(directory, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  return undefined;
}

/** Of the file system; what remains is for the app and its machine. */
const FLOOR_SHARE = 0.05;
const FLOOR_BYTES = 512 * 1024 * 1024;

/**
 * Whether the file system has more room than the floor. That is the smaller of a share and an
 * amount: neither a small /tmp nor a big disk counts as full too early.
 */
export async function spaceLeft(directory: string): Promise<boolean> {
  try {
    const { bavail, blocks, bsize } = await fs.promises.statfs(directory);
    return bavail * bsize > Math.min(blocks * bsize * FLOOR_SHARE, FLOOR_BYTES);
  } catch {
    return true;
  }
}

/** Puts the names of new files onto the platter, where the file system can do that. */
export function settleDirectory(directory: string): void {
  try {
    const fd = fs.openSync(directory, "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // Then it does so by itself, or not at all.
  }
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? String(error);
}
