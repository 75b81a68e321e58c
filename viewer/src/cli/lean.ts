// A command that serves → the same process once more, set up to use little memory.
// Invariant: its id, its streams and its end stay those of the command; programs that it starts
// find the environment as it was.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { isMainThread } from "node:worker_threads";

/**
 * Of each thread, in MB: what V8 gives new values at most. With its own 16 MB and more, what dies
 * young lies around in four threads: 200 MB more at 10,000 traces (bench/viewer.ts, Node 24).
 */
const V8_FLAGS = ["--max-semi-space-size=2"];
/** glibc's: it reads them when a process begins. Fewer pools, and what is free goes back at once. */
const SETTINGS = { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072" };
/** Names the settings that are ours, by blanks; there from the second beginning on. */
const MARK = "LLMOPS_DEV_SETTINGS";
/** A program of another name may have done things that it must not do twice. */
const PROGRAMS = /^llmops(?:-viewer)?(?:\.js)?$/;

/** Returns in the process that is to go on. */
export function beLean(argv: readonly string[]): void {
  const { env, execPath, execArgv } = process;
  const begun = env[MARK];
  if (begun !== undefined) {
    for (const name of [MARK, ...begun.split(" ")]) delete env[name];
    return;
  }
  if (!isWholeProgram(argv) || !existsSync(execPath)) return;
  const ours = Object.entries(SETTINGS).filter(([name]) => env[name] === undefined);
  const names = ours.map(([name]) => name).join(" ");
  try {
    // Windows has no such call, and keeps the process as it is.
    process.execve?.(
      execPath,
      [execPath, ...execArgv, ...V8_FLAGS, ...process.argv.slice(1)],
      Object.fromEntries([...Object.entries(env), ...ours, [MARK, names]]),
    );
  } catch {
    // Node's permissions forbid it: the command works as it is.
  }
}

function isWholeProgram(argv: readonly string[]): boolean {
  const [, script = "", ...given] = process.argv;
  return (
    isMainThread &&
    // Whoever forked it waits for messages on a channel that a new beginning does not have.
    process.channel === undefined &&
    PROGRAMS.test(basename(script)) &&
    given.length === argv.length &&
    given.every((argument, at) => argument === argv[at])
  );
}
