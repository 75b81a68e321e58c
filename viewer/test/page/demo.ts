// The demo's project, and the demo run against it → a running `llmops dev`, its page's address.
// Invariant: what it writes lies in a directory of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../../..");
const BIN = join(ROOT, "viewer/dist/bin.js");

export interface Dev {
  readonly url: string;
  /** Where its database lies. */
  readonly root: string;
  /** Its child has ended. */
  readonly ended: Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const DEMO: string = join(ROOT, "demo/app/rag");

export function newRoot(): string {
  return mkdtempSync(join(tmpdir(), "llmops-page-"));
}

/** The demo's project with another text in one of its files. */
export function changedDemo(root: string, file: string, change: (text: string) => string): string {
  const project = join(root, "changed");
  for (const name of ["src", ".llmops", "llmops.config.json", "tsconfig.json", "package.json"])
    cpSync(join(DEMO, name), join(project, name), { recursive: true });
  const path = join(project, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
  return project;
}

/** @param demo the demo is its child */
export async function startDev(root: string, project: string, demo: boolean): Promise<Dev> {
  const command = demo ? ["--", process.execPath, join(ROOT, "demo/run.ts")] : [];
  const child = spawn(
    process.execPath,
    [BIN, "dev", "--json", "--port", "0", "--no-spool", "--project", project, ...command],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, LLMOPS_EDITOR: "true" },
    },
  );
  const { url, ended } = await eventsOf(child);
  const stop = async (signal: NodeJS.Signals = "SIGINT"): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  };
  return {
    url,
    root,
    ended,
    stop,
    async [Symbol.asyncDispose](): Promise<void> {
      await stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function eventsOf(child: ChildProcess): Promise<{ url: string; ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`llmops dev ended with ${code}`)));
    if (child.stdout === null) return;
    const lines = createInterface(child.stdout);
    let end = (): void => undefined;
    const ended = new Promise<void>((done) => (end = done));
    lines.on("line", (line) => {
      if (!line.startsWith("{")) return;
      const { event, url = "" } = JSON.parse(line) as { event: string; url?: string };
      if (event === "ready") resolve({ url, ended });
      if (event === "child_exit") end();
    });
  });
}
