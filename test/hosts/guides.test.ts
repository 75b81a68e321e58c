// The guides of the documentation, followed to the letter in a new folder → the program runs, and its trace is written.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { type Guide, GUIDES, PORT, stepsOf } from "../docs/guides.ts";
import { ROOT } from "../docs/pages.ts";

const HERE = join(ROOT, "node_modules");
const OTHERS = join(import.meta.dirname, "others/node_modules");
const BINS = [HERE, OTHERS].map((modules) => join(modules, ".bin"));
const BUN = join(OTHERS, "@oven/bun-linux-x64/bin");

/** What only a package manager can do; `npm run packages` has it done. */
const INSTALL = /^(?:npm (?:i|install|init|pkg)|pnpm add|yarn add) /;

test.for(GUIDES.filter(({ installs }) => installs !== true))("$name", async (guide, { skip }) => {
  const missing = guide.packages.filter((name) => !isThere(HERE, name) && !isThere(OTHERS, name));
  if (missing.length > 0 && process.env["CI"] === undefined)
    skip(`${missing.join(" and ")}: npm ci --prefix test/hosts/others`);
  const directory = project(guide);
  expect(await follow(guide, directory)).toMatch(guide.says);
  const spans = tracesIn(directory).flatMap(
    ({ json }) => (JSON.parse(json) as { spans: { span_name: string }[] }).spans,
  );
  const names = new Set(spans.map(({ span_name }) => span_name));
  expect([...names].toSorted()).toEqual(guide.spans);
});

const isThere = (modules: string, name: string): boolean => existsSync(join(modules, name));

function project({ files, packages }: Guide): string {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  const directory = mkdtempSync(join(ROOT, ".llmops/test/guide-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) write(directory, path, content);
  for (const name of packages.filter((needed) => !isThere(HERE, needed))) {
    const link = join(directory, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(OTHERS, name), link);
  }
  return directory;
}

function write(directory: string, path: string, content: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const tracesIn = (directory: string): ReturnType<typeof waitingIn> =>
  waitingIn(join(directory, "spool"));

/** What the last program said, or answered as a server. */
async function follow(guide: Guide, directory: string): Promise<string> {
  const steps = stepsOf(guide);
  const lines = steps.filter((step) => "line" in step);
  let said = "";
  for (const step of steps) {
    if ("file" in step) write(directory, step.file, step.text);
    else if (step.request === undefined && !INSTALL.test(step.line)) {
      const next = lines[lines.indexOf(step) + 1];
      if (next?.request !== undefined) said = await answer(step.line, next.request, directory);
      else if (next === undefined && guide.stays) said = await until(guide, step.line, directory);
      else said = await output(step.line, directory);
    }
  }
  return said;
}

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
}

function started(line: string, directory: string, port = 0): Started {
  const bare = line.replaceAll(/\bnpx (?:llmops dev -- )?/g, "");
  const child = spawn(bare, {
    cwd: directory,
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: {
      PATH: [dirname(process.execPath), ...BINS, BUN, process.env["PATH"]].join(delimiter),
      // Where webpack looks for its command line.
      NODE_PATH: OTHERS,
      HOME: directory,
      LLMOPS_SPOOL_DIR: join(directory, "spool"),
      PORT: String(port),
    },
  });
  let texts = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => (texts += more));
  return { child, said: () => texts };
}

async function output(line: string, directory: string): Promise<string> {
  const { child, said } = started(line, directory);
  await once(child, "close");
  expect([line, child.exitCode, child.exitCode === 0 ? "" : said()]).toEqual([line, 0, ""]);
  return said();
}

/** A program that goes on is ended once it has said what it should, with what it has started. */
async function until({ says }: Guide, line: string, directory: string): Promise<string> {
  const { child, said } = started(line, directory);
  return await endedAfter(child, async () => {
    while (!says.test(said())) await pause(child, said);
    while (tracesIn(directory).length === 0) await pause(child, said);
    return said();
  });
}

async function answer(line: string, url: string, directory: string): Promise<string> {
  const port = await freePort();
  const before = tracesIn(directory).length;
  const { child, said } = started(line, directory, port);
  return await endedAfter(child, async () => {
    let text: string | undefined;
    while (text === undefined) {
      await pause(child, said);
      const response = await fetch(url.replace(PORT, `:${port}`)).catch(() => undefined);
      text = await response?.text();
    }
    // The trace is written behind its answer.
    while (tracesIn(directory).length === before) await pause(child, said);
    return text;
  });
}

async function endedAfter<T>(child: ChildProcess, done: () => Promise<T>): Promise<T> {
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

async function pause({ exitCode }: ChildProcess, said: () => string): Promise<void> {
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
