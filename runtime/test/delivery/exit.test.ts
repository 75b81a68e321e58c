import { spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faulty, idsIn, names, temporary, unsent } from "./setup.ts";

const CHILD = new URL("./accepting.child.ts", import.meta.url).pathname;
const UNREACHABLE = { AWS_SQS_URL: "http://127.0.0.1:9/0/q", COUNT: "5" };

function environment(directory: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: "", LLMOPS_SPOOL_DIR: directory, ...more };
}

function run(
  directory: string,
  more: Record<string, string>,
): SpawnSyncReturns<string> & { ids: string[] } {
  const ended = spawnSync(process.execPath, [CHILD], {
    env: environment(directory, more),
    encoding: "utf8",
    timeout: 300_000,
  });
  return { ...ended, ids: ended.stdout.split("\n").filter(Boolean) };
}

/** As `run`, leaving this process free to serve the child. */
async function runBeside(
  directory: string,
  more: Record<string, string>,
  whileRunning?: (child: ReturnType<typeof spawn>) => void,
): Promise<{ ids: string[]; stderr: string; code: number | null }> {
  const child = spawn(process.execPath, [CHILD], { env: environment(directory, more) });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  whileRunning?.(child);
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { ids: stdout.split("\n").filter(Boolean), stderr, code };
}

test("a process that just ends has sent its traces, and leaves no file", async () => {
  const server = await faulty([]);
  const directory = temporary();
  const { ids, stderr, code } = await runBeside(directory, {
    AWS_SQS_URL: server.url,
    COUNT: "25",
  });
  expect({ stderr, code, count: ids.length }).toEqual({ stderr: "", code: 0, count: 25 });
  expect(idsIn(server.stored)).toEqual(ids.toSorted());
  expect(readdirSync(directory)).toEqual([]);
});

test.each(["exit", "throw"])(
  "what a process that ends by %s had accepted is delivered by the next",
  async (mode) => {
    const server = await faulty([]);
    const directory = temporary();
    const first = await runBeside(directory, { AWS_SQS_URL: server.url, COUNT: "25", MODE: mode });
    expect(first.code).toBe(mode === "exit" ? 3 : 1);
    const second = await runBeside(directory, { AWS_SQS_URL: server.url, MODE: "flush" });
    expect(second.stderr).toBe("");
    expect([...new Set(idsIn(server.stored))]).toEqual(first.ids.toSorted());
    expect(readdirSync(directory)).toEqual([]);
  },
);

test("kill -9 in the middle, time and again: the next process sends what was left", async () => {
  const server = await faulty(["503", "partial", "reset", "empty"]);
  const directory = temporary();
  const accepted: string[] = [];
  for (let round = 0; round < 5; round++) {
    const settings = { AWS_SQS_URL: server.url, PREFIX: `r${round}`, EVERY_MS: "2" };
    const { ids, code } = await runBeside(directory, settings, (child) => {
      // Killed when it has just written its 30th, 50th, … id, with requests in flight.
      let seen = 0;
      child.stdout?.on("data", (chunk: Buffer) => {
        seen += chunk.toString().split("\n").length - 1;
        if (seen >= 30 + round * 20) child.kill("SIGKILL");
      });
    });
    expect(code).toBeNull();
    accepted.push(...ids);
  }
  await runBeside(directory, { AWS_SQS_URL: server.url, MODE: "flush" });
  const arrived = new Set(idsIn(server.stored));
  expect(accepted.filter((id) => !arrived.has(id))).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test.each([
  ["refuses connections", undefined, "end", "[llmops] sending failed (ECONNREFUSED)"],
  // Nothing is said: the process has not waited for the request's own time-out (5 s).
  ["never answers", "hang" as const, "end", ""],
  ["never answers, after an explicit flush", "hang" as const, "flush", ""],
  ["answers 503", "503" as const, "end", "[llmops] sending failed (ServiceUnavailable)"],
])("SQS that %s: the process ends, its traces lie in the spool", async (_, fault, mode, said) => {
  const url = fault === undefined ? UNREACHABLE.AWS_SQS_URL : (await faulty([], fault)).url;
  const directory = temporary();
  const settings = { AWS_SQS_URL: url, COUNT: "25", MODE: mode, FLUSH_MS: "1000" };
  const { ids, code, stderr } = await runBeside(directory, settings);
  expect(code).toBe(0);
  expect(ids).toHaveLength(25);
  expect(unsent(directory)).toEqual(ids);
  expect(stderr.split(":")[0]).toBe(said);
});

test("no destination: one line on stderr says where the traces are", () => {
  const directory = temporary();
  const { stderr, ids } = run(directory, { AWS_SQS_URL: "", COUNT: "3" });
  expect(stderr).toBe(
    `[llmops] no destination is set (AWS_SQS_URL): traces are kept in ${directory}\n`,
  );
  expect(unsent(directory)).toEqual(ids);
});

test("a spool directory that cannot be trusted: memory mode, said once, and traces still arrive", async () => {
  const base = temporary();
  mkdirSync(join(base, "real"), { mode: 0o700 });
  symlinkSync(join(base, "real"), join(base, "link"));
  const server = await faulty([]);
  const { ids, stderr } = await runBeside(join(base, "link"), {
    AWS_SQS_URL: server.url,
    COUNT: "25",
  });
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/^\[llmops\] .*link is a symbolic link: traces are held in memory/),
    "",
  ]);
  expect(idsIn(server.stored)).toEqual(ids.toSorted());
  expect(readdirSync(join(base, "real"))).toEqual([]);
});

test("spill: what a process that exits at once could not send is on disk", () => {
  const directory = temporary();
  run(directory, { ...UNREACHABLE, MODE: "exit", LLMOPS_DURABILITY: "spill" });
  expect(unsent(directory)).toEqual(names(5));
});

test("memory: what a process that exits at once could not send is lost, and says so", () => {
  const directory = temporary();
  const { stderr } = run(directory, { ...UNREACHABLE, MODE: "exit", LLMOPS_DURABILITY: "memory" });
  expect(unsent(directory)).toEqual([]);
  expect(stderr).toMatch(/^\[llmops\] traces are being dropped: the process ended/);
});
