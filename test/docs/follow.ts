// A guide and a folder → its files written, its lines run by the shell one by one, its servers asked; what the last one said.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Guide, PORT, stepsOf } from "./guides.ts";

/** Where a guide is followed. */
export interface Place {
  readonly directory: string;
  /** The line as it is run here; undefined: it is not. */
  readonly line: (line: string) => string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** How many traces there are by now, also those that a program said it has seen. */
  readonly traces: (said: string) => number;
}

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
}

/** What a reader has before the first step. */
export function begin({ files }: Guide, place: Place): void {
  for (const [file, text] of Object.entries(files)) write(place, file, text);
}

/** @throws {Error} where a line fails, with what it said */
export async function follow(guide: Guide, place: Place): Promise<string> {
  const steps = stepsOf(guide);
  const lines = steps.filter((step) => "line" in step);
  const last = lines.findLast(({ request }) => request === undefined);
  let said = "";
  for (const step of steps) {
    if ("file" in step) write(place, step.file, step.text);
    else if (step.request === undefined) {
      const line = place.line(step.line);
      if (line === undefined) continue;
      const request = lines[lines.indexOf(step) + 1]?.request;
      if (request !== undefined) said = await answer(line, request, place);
      else if (step === last && guide.stays) said = await until(guide, line, place);
      else said = await output(line, place);
    }
  }
  return said;
}

function write({ directory }: Place, path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}

export async function output(line: string, place: Place): Promise<string> {
  const { child, said } = started(line, place);
  await once(child, "close");
  place.traces(said());
  if (child.exitCode !== 0) throw new Error(`${line}: status ${child.exitCode}\n${said()}`);
  return said();
}

/** A program that goes on is ended once it has said what it should, with what it has started. */
async function until({ says }: Guide, line: string, place: Place): Promise<string> {
  const running = started(line, place);
  return await endedAfter(running, async () => {
    while (!says.test(running.said()) || place.traces(running.said()) === 0) await pause(running);
    return running.said();
  });
}

async function answer(line: string, url: string, place: Place): Promise<string> {
  const port = await freePort();
  const running = started(line, place, port);
  const before = place.traces("");
  return await endedAfter(running, async () => {
    let text: string | undefined;
    while (text === undefined) {
      await pause(running);
      const response = await fetch(url.replace(PORT, `:${port}`)).catch(() => undefined);
      text = await response?.text();
    }
    // The trace is written behind its answer.
    while (place.traces(running.said()) === before) await pause(running);
    return text;
  });
}

function started(line: string, { directory, environment }: Place, port = 0): Running {
  const child = spawn(line, {
    cwd: directory,
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...environment, PORT: String(port) },
  });
  let texts = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => (texts += more));
  return { child, said: () => texts };
}

async function endedAfter<T>({ child }: Running, done: () => Promise<T>): Promise<T> {
  try {
    return await done();
  } finally {
    if (child.pid !== undefined && child.exitCode === null) {
      const ended = once(child, "exit");
      process.kill(-child.pid, "SIGTERM");
      await ended;
    }
  }
}

async function pause({ child: { exitCode }, said }: Running): Promise<void> {
  if (exitCode !== null) throw new Error(`It has ended (${exitCode}): ${said()}`);
  await sleep(50);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
