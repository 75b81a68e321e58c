// Spans of traces that are still open, and promises that were followed → what they hold of the
// heap, in a process of their own.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

/** Heap bytes for each of so many spans with about 1 KB of JSON. */
function bytesPerSpan(kind: string, spans: number, openTraces: number = 1e9): number {
  const child = fileURLToPath(new URL("pending-spans.child.mjs", import.meta.url));
  const options = { encoding: "utf8", env: { ...process.env, LLMOPS_ENABLED: "true" } } as const;
  const args = ["--expose-gc", child, kind, String(spans), String(openTraces)];
  return Number(execFileSync(process.execPath, args, options));
}

test.each([
  ["text", 30_000],
  ["fields", 8000],
  ["instance", 8000],
])("pending spans of 1 KB: %s, %i", (kind, spans) => {
  expect(bytesPerSpan(kind, spans)).toBeLessThan(2_048);
});

test.each(["text", "fields", "instance", "slice"])(
  "the limit of open traces is one of memory: %s",
  (kind) => {
    const [spans, limit] = [15_000, 4e6];
    const held = bytesPerSpan(kind, spans, limit) * spans;
    expect(held).toBeGreaterThan(limit / 2);
    expect(held).toBeLessThan(limit * 2);
  },
);

test.each(["asynchronous", "thenable", "generator"])(
  "calls that never end, each outside of any trace, are bounded by the limit of open traces: %s",
  (kind) => {
    const child = fileURLToPath(new URL("open-traces.child.mjs", import.meta.url));
    const [calls, limit] = [12_000, 3e6];
    const heldWhere = (enabled: boolean): number => {
      const env = { ...process.env, LLMOPS_ENABLED: String(enabled) };
      const args = ["--expose-gc", child, kind, String(calls), String(limit)];
      return Number(execFileSync(process.execPath, args, { encoding: "utf8", env }));
    };
    const held = heldWhere(true) - heldWhere(false);
    expect(held).toBeGreaterThan(limit / 2);
    expect(held).toBeLessThan(limit * 2);
  },
);

test.each(["never settled", "settled", "settled later", "rejected and handled"])(
  "followed promises leave nothing behind: %s",
  (kind) => {
    const child = fileURLToPath(new URL("followed-promises.child.ts", import.meta.url));
    const left = execFileSync(process.execPath, ["--expose-gc", child, kind], { encoding: "utf8" });
    // One pointer of each would be 8.
    expect(Number(left)).toBeLessThan(4);
  },
);

test("queries that are not awaited leave nothing behind, and not all are held meanwhile", () => {
  const child = fileURLToPath(new URL("unawaited-queries.child.mjs", import.meta.url));
  const args = ["--expose-gc", child, "40000"];
  const told = execFileSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe"],
  });
  const [inTheTurn, afterwards] = JSON.parse(told) as [number, number];
  // All of them took 56 and 56.
  expect(inTheTurn).toBeLessThan(40);
  expect(afterwards).toBeLessThan(3);
});

test("a short piece of a large text does not keep the text alive", () => {
  expect(bytesPerSpan("slice", 20_000)).toBeLessThan(2_048);
});

test("traces that wait on disk for the queue take hardly any memory", () => {
  const directory = mkdtempSync(join(tmpdir(), "llmops-waiting-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const child = fileURLToPath(new URL("waiting-traces.child.ts", import.meta.url));
  const args = ["--expose-gc", child, directory, "50000"];
  // As objects they took 270.
  expect(Number(execFileSync(process.execPath, args, { encoding: "utf8" }))).toBeLessThan(64);
});

test.each(["memory", "wal"])("what was sent is not kept: durability %s", (durability) => {
  const directory = mkdtempSync(join(tmpdir(), "llmops-sent-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const child = fileURLToPath(new URL("heap-after-sending.child.mjs", import.meta.url));
  const args = ["--expose-gc", child, directory, durability];
  // Megabytes, of 100 that were sent.
  expect(Number(execFileSync(process.execPath, args, { encoding: "utf8" }))).toBeLessThan(5);
});
