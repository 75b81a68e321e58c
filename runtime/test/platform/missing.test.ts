// Programs on platforms that lack a part of Node, or whose tests have put something else in its place → they run as they are, recorded where
// that is possible; at most one line on stderr says what is missing.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporary } from "../delivery/setup.ts";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const answer = { object: "chat.completion", model: "gpt-5", choices: [], usage: {} };
const failures = ["TypeError: failed", "TypeError: rejected"];
const given = ["compiled", { a: 1 }, "asked", "handed on", answer, ...failures, 1];
const recorded = [
  'asks "asked"',
  'compiled "compiled"',
  "fails TypeError: failed",
  'handsOn "handed on"',
  "items null",
  `model ${JSON.stringify(answer)}`,
  'plain {"a":1}',
  'plain {"a":1}',
  "rejects TypeError: rejected",
];
/** A promise that is handed on cannot be followed: its span ends at the return. */
const unfollowed = recorded.map((line) => line.replace(/^(handsOn|rejects) .*/, '$1 "[Promise]"'));

const without: [part: string, lines: readonly string[], says?: RegExp][] = [
  ["nothing", recorded],
  ["process.getBuiltinModule", recorded],
  ["process, but for its env", recorded],
  ["process", recorded],
  ["what jsdom lacks", recorded],
  ["a clean Object.prototype", recorded],
  ["v8.promiseHooks", unfollowed],
  ["v8", unfollowed],
  ["util", unfollowed],
  ["worker_threads", recorded],
  ["inspector", recorded],
  ["os", recorded],
  ["fs", recorded, /traces are held in memory/],
  ["crypto", [], /Traces cannot begin, and nothing is recorded/],
  ["util/types", [], /Nothing is recorded here/],
  ["async_hooks", [], /Nothing is recorded here/],
  ["AsyncLocalStorage", [], /Nothing is recorded here/],
  ["AsyncResource", [], /Nothing is recorded here/],
  ["any way to load a module", [], /Nothing is recorded here/],
];

describe.each(["program-esm.child.mjs", "program-cjs.child.cjs"])("%s", (program) => {
  test.each(without)("without %s", (part, lines, says = /^$/) => {
    const env = { ...process.env, WITHOUT: part, LLMOPS_SPOOL_DIR: temporary() };
    const args = ["--import", path("without.child.mjs"), path(program)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
    expect(stderr).toMatch(says);
    expect(stderr.split("\n").length).toBeLessThanOrEqual(2);
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(told).toEqual([given, { lines, accepted: lines.length, acked: lines.length }]);
    expect(status).toBe(0);
  });
});
