// Child processes of test/system/faults/app.mjs, and the account: what they reported as accepted against what a queue stored.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { DeliveryStats } from "llmops-observability";
import { decode } from "../../../runtime/src/wire/message.ts";
import type { FaultSqs } from "../../support/sqs-with-faults.ts";

const APP = new URL("app.mjs", import.meta.url).pathname;
const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

export interface AppOptions {
  readonly url?: string;
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What goes before `node`: strace, unshare, … */
  readonly prefix?: readonly string[];
  readonly uid?: number;
}

export interface Sample {
  readonly rss: number;
  readonly p99: number;
  readonly pending: number;
}

/** A running app; `ended` resolves with its exit code or signal. */
export class App {
  readonly accepted: string[] = [];
  readonly samples: Sample[] = [];
  stats: (DeliveryStats & { done: boolean }) | undefined;
  stderr = "";
  onAccepted: ((id: string) => void) | undefined;
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #rest = "";

  constructor({ url, directory, env, prefix = [], uid }: AppOptions) {
    const [command = process.execPath, ...args]: readonly string[] = [
      ...prefix,
      process.execPath,
      APP,
    ];
    this.#child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: appEnvironment({ LLMOPS_SPOOL_DIR: directory, AWS_SQS_URL: url ?? "", ...env }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#read(chunk.toString()));
    this.#child.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => resolve(signal ?? code ?? "nothing"));
    });
  }

  /** A line cut off by a kill was not said: the pipe takes whole lines, but be sure. */
  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [kind, json] = [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)];
      if (UUID.test(line)) {
        this.accepted.push(line);
        this.onAccepted?.(line);
      } else if (kind === "stats") this.stats = JSON.parse(json) as App["stats"];
      else if (kind === "sample") this.samples.push(JSON.parse(json) as Sample);
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

export function appEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    ...more,
  };
}

export interface Account {
  readonly accepted: number;
  readonly lost: readonly string[];
  /** Stored more than once: how often too many. */
  readonly duplicates: number;
}

/** Sends what lies in the directory to the queue, and compares. */
export async function settle(
  directory: string,
  queue: FaultSqs,
  accepted: readonly string[],
): Promise<Account> {
  queue.chaos = undefined;
  const drain = new App({ url: queue.url, directory, env: { END: "flush" } });
  await drain.ended;
  const stored = new Map<string, number>();
  for (const body of queue.stored) {
    const id = decode(body).trace_id;
    stored.set(id, (stored.get(id) ?? 0) + 1);
  }
  const duplicates = [...stored.values()].reduce((sum, times) => sum + times - 1, 0);
  return { accepted: accepted.length, lost: accepted.filter((id) => !stored.has(id)), duplicates };
}

export function temporaryDirectory(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "llmops-faults-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A sequence that the same seed repeats (mulberry32), in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Report {
  readonly name: string;
  /** One line of figures. */
  readonly figures: string;
  /** What must not be; empty where all holds. */
  readonly failures: readonly string[];
}

/** Tells how far a scenario is: a number of steps done, of all. */
export type Progress = (done: number, all: number) => void;
