import { appendFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultSpoolDirectory, readSpool, type SpooledTrace } from "../../src/spool.ts";
import { left, opened, record, temporary } from "./spool-setup.ts";

async function read(directory: string): Promise<SpooledTrace[]> {
  const traces: SpooledTrace[] = [];
  for await (const one of readSpool(directory)) traces.push(one);
  return traces;
}

/** Names, and what is in them. */
const stateOf = (directory: string): string[] =>
  readdirSync(directory).map((name) => `${name} ${readFileSync(join(directory, name), "hex")}`);

test("what waits is read while its owner writes, and nothing changes by it", async () => {
  const directory = temporary();
  const spool = opened(directory);
  const before = Date.now();
  const [sent] = [
    spool.append(record(1)),
    spool.append(record(2, "é漢😀")),
    spool.append(record(3)),
  ];
  spool.finish([sent]);
  const state = stateOf(directory);
  const traces = await read(directory);
  expect(traces.map(({ trace_id, json }) => ({ traceId: trace_id, json }))).toEqual([
    record(2, "é漢😀"),
    record(3),
  ]);
  for (const { epoch_ms: at } of traces) {
    expect(at).toBeGreaterThanOrEqual(before - 1);
    expect(at).toBeLessThanOrEqual(Date.now() + 1);
  }
  expect(stateOf(directory)).toEqual(state);
  spool.append(record(4));
  expect((await read(directory)).map(({ trace_id: id }) => id)).toEqual(["t-2", "t-3", "t-4"]);
});

test("damage costs the lines that it touches; files that are none of ours are left out", async () => {
  const directory = temporary();
  const path = left(directory);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace("t-2 {", "t-9 {"));
  appendFileSync(path, "R 1 0123");
  writeFileSync(join(directory, "notes.txt"), text);
  symlinkSync(path, path.replace(/\.\d+\.wal$/, ".7.wal"));
  expect((await read(directory)).map(({ trace_id: id }) => id)).toEqual(["t-1", "t-3"]);
});

test("where there is no directory, nothing waits", async () => {
  expect(await read(join(temporary(), "none"))).toEqual([]);
  expect(await read(import.meta.filename)).toEqual([]);
  expect(defaultSpoolDirectory()).toMatch(/llmops-\w+.local$/);
});
