// A directory → its `.llmops/`, the token in it, and the file that says where the server is.
// Invariant: what lies there is its user's alone.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { DEV_FILE, type RunningDev } from "../running-dev.ts";

export function makeFolder(root: string): string {
  const folder = join(root, ".llmops");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ignore = join(folder, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  return folder;
}

/** Kept over restarts: pages that are open go on. */
export function tokenIn(folder: string): string {
  const path = join(folder, "dev-token");
  try {
    const known = readFileSync(path, "utf8").trim();
    chmodSync(path, 0o600);
    if (/^[\w-]{43}$/.test(known)) return known;
  } catch {
    // There is none yet.
  }
  const token = randomBytes(32).toString("base64url");
  rmSync(path, { force: true });
  writeFileSync(path, `${token}\n`, { mode: 0o600, flag: "wx" });
  return token;
}

/** Readers see a whole file at any time. */
export function writeDevFile(about: RunningDev): void {
  const path = join(about.root, DEV_FILE);
  const temporary = `${path}.${process.pid}.tmp`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(temporary, `${JSON.stringify(about, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** Unless another one has put its own there. */
export function removeDevFile(root: string): void {
  const path = join(root, DEV_FILE);
  try {
    const { pid } = JSON.parse(readFileSync(path, "utf8")) as Partial<RunningDev>;
    if (pid === process.pid) rmSync(path, { force: true });
  } catch {
    // It is gone already.
  }
}
