// What the runtime says on stderr: a line for each reason, and never the end of the program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { report } from "../../src/platform/report.ts";
import { temporary } from "../delivery/setup.ts";

test("a reason is told once, on one line, and not by the program's console", () => {
  const written: unknown[] = [];
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    written.push(line);
    return true;
  });
  const shown = (["log", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
  onTestFinished(() => void vi.restoreAllMocks());
  report("test of a reason", "One\n  line.");
  report("test of a reason", "Another.");
  report("test of another reason", "Two.");
  expect(written).toEqual(["[llmops] One line.\n", "[llmops] Two.\n"]);
  for (const method of shown) expect(method).not.toHaveBeenCalled();
  expect(stderr).toHaveBeenCalledTimes(2);
});

test("a program whose stderr nobody reads ends as it would", async () => {
  const program = fileURLToPath(new URL("program-esm.child.mjs", import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "ignore", "pipe"],
    // Something to say.
    env: { ...process.env, LLMOPS_SPOOL_DIR: temporary(), LLMOPS_SAMPLE_RATE: "often" },
  });
  child.stderr.destroy();
  expect(await once(child, "close")).toEqual([0, null]);
});
