// One scenario, killed at the k-th system call that changes a file (by strace), for every k → what was lost.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import { App, settle, temporaryDirectory, type Progress, type Report } from "./harness.ts";

/** Of the main thread, where all of the spool's changes are made. */
export const CALLS = ["write", "rename", "ftruncate", "unlink"] as const;
export type Call = (typeof CALLS)[number];

/** The enumeration of a call ends when so many points in a row are not reached. */
const UNREACHED = 3;
const NOWHERE = "http://127.0.0.1:9/0/nowhere";

export function straceIsThere(): boolean {
  return spawnSync("strace", ["--version"]).status === 0;
}

/** @param points which k of a call to try; every one that is reached by default */
export async function crashPoints(
  call: Call,
  points?: readonly number[],
  progress?: Progress,
): Promise<Report> {
  using base = temporaryDirectory();
  const left = join(base.path, "left");
  const before = await leaveBehind(left);
  let [reached, unreached, k, accepted, duplicates] = [0, 0, 0, 0, 0];
  const failures: string[] = [];
  while (points === undefined ? unreached < UNREACHED : k < points.length) {
    const point = points?.[k] ?? k + 1;
    const directory = join(base.path, `${call}-${point}`);
    cpSync(left, directory, { recursive: true });
    const queue = await startFaultSqs(["503", "partial"]);
    const app = new App({
      url: queue.url,
      directory,
      // Enough bytes for a finished segment to be emptied; a large trace in between for a batch of its own.
      env: { COUNT: "24", BYTES: "7000", END: "flush", FLUSH_MS: "10000" },
      prefix: ["strace", "-qq", "-o", "/dev/null", "-e", `trace=${call}`].concat([
        "-e",
        `inject=${call}:signal=SIGKILL:when=${point}`,
      ]),
    });
    await app.ended;
    // The scenario ends by killing itself, after it has told its figures.
    const through = app.stats !== undefined;
    unreached = through ? unreached + 1 : 0;
    if (!through) reached++;
    const account = await settle(directory, queue, [...before, ...app.accepted]);
    await queue.close();
    accepted += account.accepted;
    duplicates += account.duplicates;
    if (account.lost.length > 0) failures.push(`${call} ${point}: lost ${account.lost.length}`);
    k++;
    progress?.(k, points?.length ?? k + UNREACHED);
  }
  if (reached === 0) failures.push(`no ${call} was reached: nothing was tried`);
  return {
    name: `SIGKILL at the k-th ${call}`,
    figures: `${reached} points, ${accepted} accepted, ${duplicates} twice`,
    failures,
  };
}

/** Two segments of killed processes: they have to be taken over, sent, acknowledged and removed. */
async function leaveBehind(directory: string): Promise<string[]> {
  mkdirSync(directory, { mode: 0o700 });
  const accepted: string[] = [];
  for (const count of [6, 14]) {
    const app = new App({ url: NOWHERE, directory, env: { COUNT: `${count}`, EVERY_MS: "1" } });
    let seen = 0;
    app.onAccepted = () => {
      if (++seen === count) app.kill();
    };
    await app.ended;
    accepted.push(...app.accepted);
  }
  return accepted;
}
