// What delivery is in a whole process, on the built package: one state for all copies, nothing loaded early, signals.
import { spawn } from "node:child_process";
import { cpSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { waitingIn } from "./waiting.ts";
import { faulty, idsIn, temporary } from "./setup.ts";

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module that finds the packages of this repository. */
async function run(
  source: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Ended> {
  const child = spawn(process.execPath, [...args, "--input-type=module", "-e", source], {
    cwd: import.meta.dirname,
    env: { PATH: process.env["PATH"], AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => {
    child.on("close", (code, signal) => done({ code: code ?? signal, stdout, stderr }));
  });
}

const said = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line !== "" && !line.includes("A trace without spans"));

test("an ES copy and a CommonJS copy are one: one state, one file, one account", async () => {
  const directory = temporary();
  const source = `
    import { createRequire } from "node:module";
    import { endTrace, startTrace, stats } from "llmops-observability";
    const common = createRequire(import.meta.url)("llmops-observability");
    startTrace("begun by one");
    common.endTrace();
    common.startTrace("begun by the other");
    endTrace();
    console.log(JSON.stringify([stats().accepted, common.stats().accepted]));
    process.kill(process.pid, "SIGKILL");`;
  const { stdout, stderr } = await run(source, { LLMOPS_SPOOL_DIR: directory });
  expect(JSON.parse(stdout)).toEqual([2, 2]);
  expect(said(stderr)).toEqual([expect.stringContaining("no destination is set")]);
  expect(readdirSync(directory)).toHaveLength(1);
  expect(waitingIn(directory)).toHaveLength(2);
});

test("importing the runtime loads neither the AWS SDK nor node:http", async () => {
  const source = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        loaded.push(found.url);
        return found;
      },
    });
    await import("llmops-observability");
    console.log(JSON.stringify(loaded));`;
  const { stdout, stderr } = await run(source, {});
  expect(stderr).toBe("");
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded).toContain("node:module");
  expect(
    loaded.filter((url) => !url.startsWith("node:") && !url.includes("/runtime/dist/")),
  ).toEqual([]);
  expect(loaded).not.toContain("node:http");
});

test("a package deleted under a running program: traces wait in the spool, and arrive once it is whole again", async () => {
  const queue = await faulty([]);
  const [directory, copy] = [temporary(), temporary()];
  const packageAt = fileURLToPath(new URL("../..", import.meta.url));
  for (const part of ["package.json", "dist"])
    cpSync(join(packageAt, part), join(copy, part), { recursive: true });
  // The copy is no neighbour of the SDK.
  symlinkSync(join(packageAt, "../node_modules"), join(copy, "node_modules"));
  const source = `
    import { renameSync } from "node:fs";
    const { endTrace, flush, startTrace, stats } = await import(process.env.COPY + "/dist/index.js");
    const files = process.env.FILES.split(",").map((name) => process.env.COPY + "/dist/" + name);
    for (const file of files) renameSync(file, file + ".away");
    startTrace("early");
    endTrace();
    await flush(300);
    console.log(stats().pending);
    for (const file of files) renameSync(file + ".away", file);
    console.log(await flush(10000), stats().acked);`;
  const FILES = readdirSync(join(copy, "dist"))
    .filter((name) => /^(message|request-handler)-.*\.js$/.test(name))
    .join();
  const env = { AWS_SQS_URL: queue.url, LLMOPS_SPOOL_DIR: directory, COPY: copy, FILES };
  const { code, stdout, stderr } = await run(source, env);
  expect(stdout).toBe("1\ntrue 1\n");
  expect(code).toBe(0);
  expect(said(stderr)).toEqual([
    expect.stringContaining("sending failed (PackageIncomplete): traces are kept in"),
  ]);
  expect(idsIn(queue.stored)).toHaveLength(1);
});

const WAITING = `
  import { configure, endTrace, startTrace, stats } from "llmops-observability";
  configure({ handleSignals: process.env.HANDLE === "true", sqs: { batchTimeoutMs: 60000, shutdownTimeoutMs: 30000 } });
  if (process.env.OWN === "true") process.on("SIGTERM", () => setInterval(() => stats().acked > 0 && process.exit(7), 10));
  setInterval(() => {}, 1000);
  startTrace("finished");
  endTrace();
  startTrace("open");
  setTimeout(() => process.kill(process.pid, "SIGTERM"), 50);`;

test.each([
  [
    "without handleSignals a signal ends the process at once, its finished traces in the spool",
    "false",
    "false",
    "SIGTERM",
    0,
    1,
  ],
  [
    "with handleSignals traces are sent first, open ones too, and the process ends by the signal all the same",
    "true",
    "false",
    "SIGTERM",
    2,
    0,
  ],
  ["a program that handles the signal decides on its end itself", "true", "true", 7, 1, 0],
])("%s", async (_, handle, own, code, sent, left) => {
  const server = await faulty([]);
  const directory = temporary();
  const ended = await run(WAITING, {
    AWS_SQS_URL: server.url,
    LLMOPS_SPOOL_DIR: directory,
    HANDLE: handle,
    OWN: own,
  });
  expect({ code: ended.code, stderr: said(ended.stderr) }).toEqual({ code, stderr: [] });
  expect(new Set(idsIn(server.stored)).size).toBeGreaterThanOrEqual(sent);
  expect(waitingIn(directory).length).toBeGreaterThanOrEqual(left);
});
