// Odd surroundings of a process (its working directory, `.env`, the temporary directory) → the program runs as it is, and is recorded.
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporary } from "../delivery/setup.ts";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** In a shell, which can stand where no process could be started. */
function run(
  before: string,
  directory: string,
  env: NodeJS.ProcessEnv = {},
  program = "program-esm.child.mjs",
): SpawnSyncReturns<string> {
  return spawnSync("sh", ["-c", `${before} && exec "$0" "$@"`, process.execPath, path(program)], {
    encoding: "utf8",
    cwd: directory,
    env: { ...process.env, ...env },
    timeout: 300_000,
  });
}

function expectRecorded({ status, stdout, stderr }: SpawnSyncReturns<string>): void {
  expect(stderr.split("\n").length).toBeLessThanOrEqual(2);
  const last = stdout.trim().split("\n").at(-1) ?? "";
  expect(JSON.parse(last)).toMatchObject({ accepted: 9, acked: 9 });
  expect(status).toBe(0);
}

const IN_A_GONE_DIRECTORY = "mkdir gone && cd gone && rmdir ../gone";

test("a working directory that was removed", () => {
  expectRecorded(run(IN_A_GONE_DIRECTORY, temporary(), { LLMOPS_SPOOL_DIR: temporary() }));
});

test("a working directory that was removed, and a spool directory in it", () => {
  const ran = run(IN_A_GONE_DIRECTORY, temporary(), { LLMOPS_SPOOL_DIR: "spool" });
  expect(ran.stderr).toContain("spool cannot be made or written (ENOENT)");
  expectRecorded(ran);
});

test("a .env that is a pipe without a writer", () => {
  expectRecorded(run("mkfifo .env", temporary(), { LLMOPS_SPOOL_DIR: temporary() }));
});

test("a .env that is a directory", () => {
  const directory = temporary();
  mkdirSync(join(directory, ".env"));
  expectRecorded(run("true", directory, { LLMOPS_SPOOL_DIR: temporary() }));
});

test("a .env that begins with a byte order mark and has lines of Windows", () => {
  const directory = temporary();
  const spool = join(directory, "chosen");
  writeFileSync(join(directory, ".env"), `\uFEFFLLMOPS_SPOOL_DIR=${spool}/file\r\nENV="test"\r\n`);
  writeFileSync(spool, "no directory");
  const ran = run("true", directory, { LLMOPS_SPOOL_DIR: "" });
  expect(ran.stderr).toContain(`${spool}/file cannot be made or written (ENOTDIR)`);
  expectRecorded(ran);
});

test("a context of its own, as test runners make one for each of their files", () => {
  const env = { LLMOPS_SPOOL_DIR: temporary() };
  const ran = run("true", temporary(), env, "program-context.child.cjs");
  expectRecorded(ran);
  const [, told = ""] = ran.stdout.trim().split("\n");
  expect((JSON.parse(told) as { lines: string[] }).lines).toEqual(
    expect.arrayContaining([
      'asks "asked"',
      'handsOn "handed on"',
      "fails TypeError: failed",
      "rejects TypeError: rejected",
    ]),
  );
});

// Elsewhere there is no such file system.
test.runIf(process.platform === "linux")("a temporary directory where none can be made", () => {
  const ran = run("true", temporary(), { LLMOPS_SPOOL_DIR: "", TMPDIR: "/proc" });
  expect(ran.stderr).toContain("cannot be made or written (ENOENT)");
  expectRecorded(ran);
});
