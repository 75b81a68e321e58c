// A segment's file name → who writes it, and whether that thread still lives.
// Invariant: a living owner never counts as dead, which would make duplicates. A dead one that
// counts as alive only delays its records.

import { crypto, fs, os, process, workerThreads } from "../../platform/node.ts";

const NAME = /^([0-9a-f]{10})-(\d+)-(\d+)-(\d+)-([0-9a-f]{8})\.(\d+)\.wal$/;

export interface Owner {
  readonly machine: string;
  readonly pid: number;
  /** When its thread started, in ticks since boot; "0" without /proc. */
  readonly started: string;
  /** The system's id of its thread; Node's own without /proc. */
  readonly thread: number;
  readonly nonce: string;
}

export type Liveness = "alive" | "dead" | "foreign";

/** A new owner: this thread of this process, and this one spool of it. */
export function newOwner(): Owner {
  const thread = currentThread();
  const owner: Owner = {
    machine: machine(),
    pid: process.pid,
    started: startOf(process.pid, thread) ?? "0",
    thread,
    nonce: crypto().randomBytes(4).toString("hex"),
  };
  livingHere().add(owner.nonce);
  return owner;
}

/** From now on others, in this process too, may take its segments over. */
export function endOwner(owner: Owner): void {
  livingHere().delete(owner.nonce);
}

export function segmentName(owner: Owner, index: number): string {
  const { machine: where, pid, started, thread, nonce } = owner;
  return `${where}-${pid}-${started}-${thread}-${nonce}.${index}.wal`;
}

/** `undefined` for a file that is no segment. */
export function ownerOf(fileName: string): Owner | undefined {
  const [, where = "", pid, started = "", thread, nonce = ""] = NAME.exec(fileName) ?? [];
  return pid === undefined
    ? undefined
    : { machine: where, pid: Number(pid), started, thread: Number(thread), nonce };
}

/** "foreign": written on another machine, in another container or before a reboot. */
export function livenessOf(owner: Owner): Liveness {
  if (owner.machine !== machine()) return "foreign";
  if (startOf(owner.pid, owner.thread) !== owner.started) return "dead";
  if (owner.pid !== process.pid || owner.thread !== currentThread()) return "alive";
  return livingHere().has(owner.nonce) ? "alive" : "dead";
}

const LIVING = "llmops-observability.spool-owners";

/**
 * Shared by all copies of this package in a thread, also by those in contexts of `node:vm` with
 * a `globalThis` of their own, as test runners make them. A worker starts with a copy of its
 * parent's, whose entries concern the parent's thread only.
 */
function livingHere(): Set<string> {
  const known = workerThreads().getEnvironmentData(LIVING);
  if (known !== undefined) return known as unknown as Set<string>;
  const made = new Set<string>();
  workerThreads().setEnvironmentData(LIVING, made);
  return made;
}

let cachedMachine: string | undefined;

/** Same value = same host, same boot and same pid namespace, so that pids can be compared. */
function machine(): string {
  cachedMachine ??= crypto()
    .createHash("sha256")
    .update(os().hostname())
    .update(text(() => fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8")))
    .update(text(() => fs.readlinkSync("/proc/self/ns/pid")))
    .digest("hex")
    .slice(0, 10);
  return cachedMachine;
}

let cachedThread: number | undefined;

/** A worker can end before its process does, so that the process alone says too little. */
function currentThread(): number {
  cachedThread ??= Number(
    text(() => fs.readlinkSync("/proc/thread-self")).split("/")[2] ?? workerThreads().threadId,
  );
  return cachedThread;
}

function text(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** When a thread started, in ticks since boot; `undefined` where it is gone or a zombie. */
function startOf(pid: number, thread: number): string | undefined {
  const stat = text(() => fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1"));
  if (stat === "")
    return text(() => fs.readFileSync("/proc/self/stat", "latin1")) === ""
      ? signalled(pid)
      : undefined;
  // The name in parentheses may itself hold parentheses and blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/** Without /proc: a pid in use counts as the same process. */
function signalled(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return "0";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "0" : undefined;
  }
}
