// Every store: who may send what, what is remembered and for how long, and what was kept of a
// trace.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { fileStore, memoryStore, type Store } from "llmops-processor";
import { dynamoStore } from "llmops-processor/dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { startTable, type LocalTable } from "./dynalite.ts";

const directory = mkdtempSync(join(tmpdir(), "llmops-stores-"));
let table: LocalTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(async () => {
  await table.close();
  rmSync(directory, { recursive: true });
});

let count = 0;
/**
 * Of its own for each test; the second one is another process's view of the same marks, where there
 * is one.
 */
const STORES: Readonly<Record<string, () => readonly [Store, Store]>> = {
  memory: () => {
    const store = memoryStore();
    return [store, store];
  },
  file: () => {
    const path = join(directory, `${++count}.db`);
    return [fileStore(path), fileStore(path)];
  },
  dynamodb: () => {
    const { tableName, endpoint, client } = table;
    return [dynamoStore({ tableName, endpoint }), dynamoStore({ tableName, client })];
  },
};

describe.each(Object.entries(STORES))("%s", (name, made) => {
  const id = (): string => `${name}-${++count}`;
  afterEach(() => void vi.useRealTimers());
  const later = (ms: number): void => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  };

  test("of all that ask at once, one may send", async () => {
    const [one, other] = made();
    const key = `s3/${id()}/0/d`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? one : other).begin(key, 60_000)),
    );
    expect(answers.toSorted()).toEqual([...Array.from({ length: 19 }, () => "busy"), "mine"]);
  });

  test("what was sent is done, 14 days later too", async () => {
    const [one, other] = made();
    const key = `s3/${id()}/0/d`;
    expect(await one.begin(key, 1000)).toBe("mine");
    await one.finish(key);
    expect(await other.begin(key, 1000)).toBe("done");
    later(14 * 24 * 3_600_000);
    expect(await other.begin(key, 1000)).toBe("done");
  });

  test("what was given up is free, and other keys of the trace are none of its concern", async () => {
    const [one, other] = made();
    const trace = id();
    await one.begin(`s3/${trace}/0/d`, 60_000);
    expect(await other.begin(`datadog/${trace}/0/d`, 60_000)).toBe("mine");
    await one.abandon(`s3/${trace}/0/d`);
    expect(await other.begin(`s3/${trace}/0/d`, 60_000)).toBe("mine");
    expect(await one.begin(`datadog/${trace}/0/d`, 60_000)).toBe("busy");
  });

  test("a lease that ran out is free; what is done stays done though it is given up", async () => {
    const [one, other] = made();
    const key = `s3/${id()}/0/d`;
    await one.begin(key, 1000);
    later(1001);
    expect(await other.begin(key, 60_000)).toBe("mine");
    await other.finish(key);
    await one.abandon(key);
    await other.abandon(key);
    expect(await one.begin(key, 1000)).toBe("done");
  });

  test("keeps each message of a trace once", async () => {
    const [one, other] = made();
    const trace = id();
    expect(await one.keep(trace, "a", "first")).toEqual(["first"]);
    expect((await other.keep(trace, "b", "second")).toSorted()).toEqual(["first", "second"]);
    expect((await one.keep(trace, "a", "first")).toSorted()).toEqual(["first", "second"]);
    expect(await one.keep(`${trace}-other`, "a", "third")).toEqual(["third"]);
  });

  test("keeps messages of a megabyte, many of them, and odd ids", async () => {
    const [one, other] = made();
    const trace = `../${"語".repeat(600)}\ud800${id()}`;
    const bodies = ["x", "é", "👍"].map((letter) => letter.repeat(1_000_000 / letter.length / 2));
    for (const [at, body] of bodies.entries()) await one.keep(trace, `d${at}`, body);
    const kept = await other.keep(trace, "d0", bodies[0] ?? "");
    expect(kept.toSorted()).toEqual(bodies.toSorted());
  });
});

test("memory is bounded: the traces touched longest ago go first", async () => {
  const store = memoryStore();
  for (let at = 0; at < 10_002; at++) await store.finish(`s3/t${at}/0/d`);
  expect(await store.begin("s3/t10001/0/d", 1)).toBe("done");
  expect(await store.begin("s3/t2/0/d", 1)).toBe("done");
  expect(await store.begin("s3/t0/0/d", 1)).toBe("mine");
});

test("memory forgets after its time", async () => {
  const store = memoryStore({ ttlMs: 5 });
  await store.finish("s3/t/0/d");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await store.begin("s3/t/0/d", 1)).toBe("mine");
});

test("DynamoDB: every item says when it may be removed", async () => {
  const store = dynamoStore({ ...table, ttlDays: 3 });
  await store.begin("s3/ttl/0/d", 1000);
  await store.finish("s3/ttl/0/d");
  await store.keep("ttl", "d", "body");
  const keys = [
    { pk: { S: "s3/ttl/0/d" }, sk: { S: "mark" } },
    { pk: { S: "trace/ttl" }, sk: { S: "d/0" } },
  ];
  for (const Key of keys) {
    const { Item } = await table.client.send(
      new GetItemCommand({ TableName: table.tableName, Key }),
    );
    const days = (Number(Item?.["expires_at"]?.N) - Date.now() / 1000) / 86_400;
    expect(days).toBeGreaterThan(2.99);
    expect(days).toBeLessThan(3.01);
  }
});

test("DynamoDB: a lease that ran out and was given to another is not given back by the first", async () => {
  const [one, other] = [dynamoStore(table), dynamoStore(table)];
  await one.begin("s3/stale/0/d", 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await other.begin("s3/stale/0/d", 60_000)).toBe("mine");
  await one.abandon("s3/stale/0/d");
  expect(await one.begin("s3/stale/0/d", 60_000)).toBe("busy");
});

test("a file survives kill −9, and several processes share it", async () => {
  const path = join(directory, "killed.db");
  const child = fork(join(import.meta.dirname, "marking.child.ts"), [path], { stdio: "pipe" });
  await once(child, "message");
  const store = fileStore(path);
  expect(await store.begin("s3/done/0/d", 60_000)).toBe("done");
  expect(await store.begin("s3/held/0/d", 60_000)).toBe("busy");
  child.kill("SIGKILL");
  await once(child, "exit");
  const after = fileStore(path);
  expect(await after.begin("s3/done/0/d", 60_000)).toBe("done");
  expect(await after.begin("s3/held/0/d", 60_000)).toBe("busy");
  expect(await after.keep("t", "b", "own")).toEqual(["kept", "own"]);
});
