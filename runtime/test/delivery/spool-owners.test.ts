import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { onTestFinished, expect, test, vi } from "vitest";
import { livenessOf, newOwner, segmentName } from "../../src/delivery/spool/owner.ts";
import { Spool } from "../../src/delivery/spool/spool.ts";
import { waitingIn } from "./waiting.ts";
import { ids, left, LIMITS, opened, record, segments, takeOver, temporary } from "./spool-setup.ts";

test("a dead owner's records are taken over once, and the file goes when they are done", async () => {
  const directory = temporary();
  left(directory);
  const [one, two] = [opened(directory), opened(directory)];
  const found = await Promise.all([takeOver(one), takeOver(two)]);
  const places = found.flatMap((each) => each.places);
  expect(found.flatMap(({ traceIds }) => traceIds)).toEqual(["t-1", "t-2", "t-3"]);
  expect(ids(directory)).toEqual(["t-1", "t-2", "t-3"]);
  const taker = found[0]?.places.length === 3 ? one : two;
  taker.finish(places.slice(0, 2));
  expect(ids(directory)).toEqual(["t-3"]);
  taker.finish(places.slice(2));
  expect(segments(directory)).toEqual([]);
});

test("a living owner's segment is left alone", async () => {
  const directory = temporary();
  const owner = opened(directory);
  owner.append(record(1));
  const other = opened(directory);
  expect(await takeOver(other)).toEqual({ places: [], traceIds: [], bad: 0, more: false });
  expect(ids(directory)).toEqual(["t-1"]);
});

test("no more dead segments are opened at a time than an app can spare files", async () => {
  const directory = temporary();
  for (let n = 0; n < 130; n++) left(directory);
  const spool = opened(directory);
  const first = await takeOver(spool);
  expect(first).toMatchObject({ more: true });
  expect(first.places).toHaveLength(300);
  spool.finish(first.places);
  expect(await takeOver(spool)).toMatchObject({ more: false, bad: 0 });
});

test("owners: this one lives, an ended pid, a reused pid and a zombie do not", async () => {
  const me = newOwner();
  expect(livenessOf(me)).toBe("alive");
  const { pid: gone } = spawnSync("true");
  expect(livenessOf({ ...me, pid: gone })).toBe("dead");
  expect(livenessOf({ ...me, pid: 1 })).toBe("dead");
  expect(livenessOf({ ...me, machine: "0123456789" })).toBe("foreign");
  // What a shell becomes does not wait for the shell's children: one that ends then is a zombie until it ends itself.
  const child = `while [ "$(cat /proc/$$/comm)" != sleep ]; do sleep 0.01; done`;
  const parent = spawn("sh", ["-c", `(${child}) & echo $!; exec sleep 30`]);
  onTestFinished(() => void parent.kill());
  const zombie = Number(await new Promise((done) => parent.stdout.once("data", done)));
  await expect.poll(() => readFileSync(`/proc/${zombie}/stat`, "utf8")).toContain(") Z ");
  const started = readFileSync(`/proc/${zombie}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? "";
  expect(livenessOf({ ...me, pid: zombie, thread: zombie, started })).toBe("dead");
});

/** A segment as another machine left it, last touched `minutes` ago. */
function foreign(directory: string, minutes: number): string {
  const path = join(directory, segmentName({ ...newOwner(), machine: "0123456789" }, 0));
  renameSync(left(directory), path);
  const then = new Date(Date.now() - minutes * 60_000);
  utimesSync(path, then, then);
  return path;
}

test("another machine's segment is taken when it is old and nobody touches it while we watch", async () => {
  const directory = temporary();
  foreign(directory, 10);
  const spool = opened(directory);
  // It looks old; so it would after a jump of the clock, with its owner alive.
  expect((await takeOver(spool)).traceIds).toEqual([]);
  // Timers may fire a millisecond early.
  const later = { interval: 1.1 * LIMITS.scanMs };
  await expect.poll(async () => (await takeOver(spool)).traceIds, later).toHaveLength(3);
});

test("another machine's segment is left alone while its owner touches it", async () => {
  const directory = temporary();
  const path = foreign(directory, 10);
  const spool = opened(directory);
  for (let round = 0; round < 3; round++) {
    expect((await takeOver(spool)).traceIds).toEqual([]);
    await new Promise((done) => setTimeout(done, 2.5 * LIMITS.scanMs));
    // The clock is off by an hour, so that it looks old nevertheless.
    appendFileSync(path, "\n");
    const then = new Date(Date.now() - 3_600_000 + round * 1000);
    utimesSync(path, then, then);
  }
});

test("another machine's segment of hours ago is taken at once", async () => {
  const directory = temporary();
  foreign(directory, 180);
  expect((await takeOver(opened(directory))).traceIds).toHaveLength(3);
  expect(readdirSync(directory).filter((name) => name.startsWith("clock"))).toEqual([]);
});

test("an owner whose file was taken, or deleted by a cleaner, writes its records anew", async () => {
  const directory = temporary();
  const spool = opened(directory);
  const places = [1, 2, 3].map((n) => spool.append(record(n, "é")));
  const [path = ""] = segments(directory);
  rmSync(path);
  expect(ids(directory)).toEqual([]);
  spool.touch();
  expect(waitingIn(directory)).toEqual([1, 2, 3].map((n) => record(n, "é")));
  spool.finish(places.slice(0, 2));
  expect(ids(directory)).toEqual(["t-3"]);
});

test("records that wait move along, in their order, with those that are held", async () => {
  const directory = temporary();
  const spool = opened(directory);
  const places = Array.from({ length: 200 }, (_, n) => spool.append(record(n, "é")));
  for (const place of places.slice(10)) spool.shelve(place, 0);
  expect(spool.waiting(0)).toBe(190);
  rmSync(segments(directory)[0] ?? "");
  spool.touch();
  expect(ids(directory).toSorted()).toEqual(places.map((_, n) => `t-${n}`).toSorted());
  const taken = spool.take(0, 1000);
  const read = await Promise.all(taken.map((place) => spool.read(place)));
  expect(read).toEqual(places.slice(10).map((_, n) => record(n + 10, "é")));
  spool.finish([...places.slice(0, 10), ...taken]);
  expect(ids(directory)).toEqual([]);
});

test("a deleted file is noticed by the next append, once a second", async () => {
  const directory = temporary();
  const spool = opened(directory);
  spool.append(record(1));
  for (const path of segments(directory)) rmSync(path);
  await new Promise((done) => setTimeout(done, 1100));
  spool.append(record(2));
  expect(ids(directory)).toEqual(["t-1", "t-2"]);
});

test("a worker that was terminated leaves its traces to its process", async () => {
  const directory = temporary();
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     import(workerData.spool).then(({ Spool }) => {
       const spool = new Spool(workerData.directory, workerData.limits);
       spool.open();
       spool.append({ traceId: "t-1", json: "{}" });
       parentPort.postMessage("written");
       setInterval(() => {}, 1000);
     });`,
    {
      eval: true,
      workerData: {
        directory,
        limits: LIMITS,
        spool: new URL("../../src/delivery/spool/spool.ts", import.meta.url).href,
      },
    },
  );
  await new Promise((done) => worker.once("message", done));
  const spool = opened(directory);
  expect((await takeOver(spool)).traceIds).toEqual([]);
  await worker.terminate();
  expect((await takeOver(spool)).traceIds).toEqual(["t-1"]);
});

test("copies of the package in contexts of their own leave each other's segments alone", async () => {
  const directory = temporary();
  opened(directory).append(record(1));
  // As a second copy that shares nothing but Node's own modules with the first.
  vi.resetModules();
  const copy = await import("../../src/delivery/spool/spool.ts");
  expect(copy.Spool).not.toBe(Spool);
  const registry = Object.getOwnPropertySymbols(globalThis);
  const other = new copy.Spool(directory, LIMITS);
  other.open();
  onTestFinished(() => other.close());
  const found: unknown[] = [];
  await other.look((recovery) => found.push(recovery));
  expect(found).toEqual([]);
  expect(Object.getOwnPropertySymbols(globalThis)).toEqual(registry);
});
