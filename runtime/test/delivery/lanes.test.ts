// Several destinations over one spool: each at its own pace, and a trace is done when all have it.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { waitingIn } from "./waiting.ts";
import { retry, type Outcome, SENT, type Sink } from "../../src/sink.ts";
import { accept, balanced, delivery, names, scripted, temporary, unsent } from "./setup.ts";

/** Answers nothing until it is let go. */
function hanging(name: string): Sink & { release(): void; readonly asked: number } {
  let release = (): void => {};
  const released = new Promise<void>((done) => (release = done));
  let asked = 0;
  return {
    name,
    release,
    get asked() {
      return asked;
    },
    async send(entries): Promise<readonly Outcome[]> {
      asked += entries.length;
      await released;
      return entries.map(() => SENT);
    },
  };
}

test.each([
  ["behind it", true],
  ["before it", false],
])("a destination that hangs holds up none %s", async (_, first) => {
  const stuck = hanging("stuck");
  const steady = scripted("steady");
  const under = delivery({ sinks: first ? [stuck, steady] : [steady, stuck] });
  accept(under, names(100));
  while (steady.taken.length < 100) await sleep(5);
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 100 });
  expect(under.stats().sinks).toMatchObject({
    steady: { acked: 100, pending: 0 },
    stuck: { acked: 0, pending: 100 },
  });
  stuck.release();
  expect(await under.flush(10_000)).toBe(true);
  expect(balanced(under)).toMatchObject({ acked: 100, pending: 0 });
  expect(stuck.asked).toBe(100);
});

test("a destination that is away: nothing is held in memory for it, the other goes on, and it gets all in the end", async () => {
  let down = true;
  const steady = scripted("steady");
  const away = scripted("away", () => (down ? retry("Down") : SENT));
  const directory = temporary();
  const under = delivery({ sinks: [steady, away], spoolDir: directory });
  accept(under, names(20, "early"));
  while ((under.stats().sinks["away"]?.retries ?? 0) < 60) await under.flush(50);
  accept(under, names(200), "x".repeat(500));
  while (steady.taken.length < 220) await sleep(5);
  expect(under.stats().memoryBytes).toBe(0);
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 220 });
  expect(unsent(directory)).toHaveLength(220);
  down = false;
  expect(await under.flush(20_000)).toBe(true);
  expect(away.taken.toSorted()).toEqual([...names(20, "early"), ...names(200)].toSorted());
  expect(steady.taken).toHaveLength(220);
  expect(balanced(under)).toMatchObject({ acked: 220, pending: 0 });
  expect(unsent(directory)).toEqual([]);
});

test("a file that is deleted meanwhile is written anew, and each destination still gets each trace once", async () => {
  const directory = temporary();
  let down = true;
  const steady = scripted("steady", () => (down ? retry("Down") : SENT));
  const away = scripted("away", () => (down ? retry("Down") : SENT));
  const under = delivery({ sinks: [steady, away], spoolDir: directory }, { scanMs: 20 });
  accept(under, names(30));
  while (under.stats().memoryBytes > 0) await under.flush(50);
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  while (unsent(directory).length < 30) await sleep(10);
  down = false;
  expect(await under.flush(20_000)).toBe(true);
  expect(steady.taken.toSorted()).toEqual(names(30).toSorted());
  expect(away.taken.toSorted()).toEqual(names(30).toSorted());
  expect(balanced(under)).toMatchObject({ acked: 30, pending: 0 });
});

test("what one destination has and another lacks when the process ends goes to both again: at least once", async () => {
  const directory = temporary();
  const one = scripted("one");
  const first = delivery({
    sinks: [one, scripted("two", () => retry("Down"))],
    spoolDir: directory,
  });
  accept(first, names(5));
  while (one.taken.length < 5) await sleep(5);
  await first.shutdown(100);
  expect(balanced(first)).toMatchObject({ acked: 0, pending: 5 });
  const [again, last] = [scripted("one"), scripted("two")];
  const second = delivery({ sinks: [again, last], spoolDir: directory });
  expect(await second.flush(10_000)).toBe(true);
  expect(again.taken.toSorted()).toEqual(names(5));
  expect(last.taken.toSorted()).toEqual(names(5));
  expect(balanced(second)).toMatchObject({ recovered: 5, acked: 5, pending: 0 });
});

test.each(["wal", "memory", "spill"] as const)(
  "%s: refused by one, taken by the other: dropped once, with a copy",
  async (durability) => {
    const directory = temporary();
    const rejecting = scripted("no", () => ({ state: "rejected", reason: "Bad" }));
    const under = delivery({
      sinks: [scripted("yes"), rejecting],
      spoolDir: directory,
      durability,
    });
    accept(under, names(3));
    expect(await under.flush(10_000)).toBe(true);
    expect(balanced(under)).toMatchObject({ acked: 0, pending: 0, dropped: { rejected: 3 } });
    expect(under.stats().sinks).toMatchObject({ yes: { acked: 3 }, no: { rejected: 3 } });
    if (durability === "wal") expect(waitingIn(join(directory, "dead"))).toHaveLength(3);
  },
);

test("skipped by one: nobody waits for it", async () => {
  const under = delivery({
    sinks: [scripted("yes"), scripted("old", () => ({ state: "skipped", reason: "TooOld" }))],
  });
  accept(under, names(3));
  expect(await under.flush(10_000)).toBe(true);
  expect(balanced(under)).toMatchObject({ acked: 3, pending: 0, dropped: {} });
});

test("a destination that asks for time gets it", async () => {
  const asked: number[] = [];
  const sink: Sink = {
    name: "busy",
    send(entries) {
      asked.push(performance.now());
      const outcome: Outcome =
        asked.length === 1
          ? { state: "retry", reason: "Busy", pace: "network", retryAfterMs: 700 }
          : SENT;
      return Promise.resolve(entries.map(() => outcome));
    },
  };
  const under = delivery({ sinks: [sink] });
  accept(under, ["t"]);
  while (under.stats().acked < 1) await sleep(5);
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(690);
});

test("two destinations of one name are told apart", async () => {
  const under = delivery({ sinks: [scripted("own"), scripted("own")] });
  accept(under, names(2));
  expect(await under.flush(10_000)).toBe(true);
  expect(Object.keys(under.stats().sinks)).toEqual(["own", "own#2"]);
});

test("spill: what lies in memory for one of two goes to disk for that one", async () => {
  const directory = temporary();
  const steady = scripted("steady");
  const under = delivery({
    sinks: [steady, scripted("away", () => retry("Down"))],
    spoolDir: directory,
    durability: "spill",
  });
  accept(under, names(4));
  while (steady.taken.length < 4 || unsent(directory).length < 4) await under.flush(50);
  expect(balanced(under)).toMatchObject({ acked: 0, pending: 4, volatile: 0 });
});

test("without a spool directory two destinations get all from memory", async () => {
  const directory = join(temporary(), "file");
  mkdirSync(join(directory, ".."), { recursive: true });
  writeFileSync(directory, "");
  const [one, two] = [scripted("one"), scripted("two")];
  const under = delivery({ sinks: [one, two], spoolDir: directory });
  accept(under, names(5));
  expect(await under.flush(10_000)).toBe(true);
  expect([one.taken.length, two.taken.length]).toEqual([5, 5]);
  expect(balanced(under)).toMatchObject({ acked: 5, volatile: 0 });
});
