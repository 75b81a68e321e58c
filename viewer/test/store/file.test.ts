import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openReader, openStore } from "../../src/store/open.ts";
import { StoreError } from "../../src/store.ts";
import { coming, found, generation, scratch, storeIn, T0, trace } from "./setup.ts";

const MB = 1024 * 1024;

test("the file is its owner's alone, and a folder of ours is ignored by git", async () => {
  const directory = join(scratch(), ".llmops");
  await storeIn(directory);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  for (const name of ["dev.db", "dev.db-wal", "dev.db-lock"])
    expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0);
  expect(readFileSync(join(directory, ".gitignore"), "utf8")).toBe("*\n");
});

test("what was answered is there after kill −9", async () => {
  const directory = scratch();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "ingesting.child.ts"), join(directory, "dev.db")],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const answered: string[] = [];
  for await (const id of createInterface(child.stdout)) {
    answered.push(id);
    if (answered.length === 25) child.kill("SIGKILL");
  }
  await once(child, "close").catch(() => {});
  const store = await storeIn(directory);
  const ids = await found(store, "");
  expect(ids).toEqual(expect.arrayContaining(answered));
  for (const id of answered) expect((await store.wireTrace(id))?.spans).toHaveLength(3);
  expect(await found(store, "needle")).toEqual(ids);
});

test("a second one waits for the lock, and is told; a reader does not", async () => {
  const directory = scratch();
  const path = join(directory, "dev.db");
  const first = await storeIn(directory);
  await first.ingest(coming(trace("a", [])));
  const refused = await openStore({ path }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StoreError);
  expect(refused).toMatchObject({ code: "locked" });
  const reader = await openReader({ path });
  expect((await reader.traces({})).total).toBe(1);
  await first.ingest(coming(trace("b", [])));
  expect((await reader.traces({})).total).toBe(2);
  expect((await reader.wireTrace("b"))?.trace_name).toBe("trace b");
  await reader.close();
  // One that ends within the two seconds lets it in.
  const second = openStore({ path });
  setTimeout(() => void first.close(), 500);
  const store = await second;
  expect((await store.traces({})).total).toBe(2);
  await store.close();
});

test("traces of a file of the first version are found by single characters, too", async () => {
  const directory = scratch();
  const first = await openStore({ path: join(directory, "dev.db") });
  await first.ingest(coming(trace("a", [{ span_id: "1", output_data: { output: "quiz" } }])));
  await first.close();
  const file = new DatabaseSync(join(directory, "dev.db"));
  file.exec("DROP TABLE characters; PRAGMA user_version = 1");
  file.close();
  const store = await storeIn(directory);
  await store.ingest(coming(trace("b", [{ span_id: "1", output_data: { output: "zoo" } }])));
  expect(await found(store, "q")).toEqual(["a"]);
  expect(await found(store, "z")).toEqual(["a", "b"]);
  expect(await found(store, "-q")).toEqual(["b"]);
});

test("a file of a later version is not touched", async () => {
  const path = join(scratch(), "dev.db");
  const later = new DatabaseSync(path);
  later.exec("PRAGMA user_version = 99; CREATE TABLE theirs (x)");
  later.close();
  const before = readFileSync(path);
  for (const open of [openStore, openReader])
    await expect(open({ path })).rejects.toMatchObject({
      code: "newer",
      message: /later llmops/,
    });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("without a file there is nothing to read", async () => {
  await expect(openReader({ path: join(scratch(), "dev.db") })).rejects.toMatchObject({
    code: "missing",
  });
});

test("a directory that cannot be made, or is none, is told of", async () => {
  const directory = scratch();
  writeFileSync(join(directory, "file"), "");
  await expect(openStore({ path: join(directory, "file", "dev.db") })).rejects.toMatchObject({
    code: "unusable",
  });
});

test.each([
  ["no database at all", (file: Buffer) => file.fill("this is no database ")],
  ["its first page gone", (file: Buffer) => file.fill(0, 0, 4096)],
  ["its middle overwritten", (file: Buffer) => file.fill(0xa5, 8192, file.length - 4096)],
  ["cut off", (file: Buffer) => file.subarray(0, 20_000)],
])("a damaged file (%s) is kept under another name, and a new one begun", async (_, damage) => {
  const directory = scratch();
  const path = join(directory, "dev.db");
  const first = await openStore({ path });
  await first.ingest(
    coming(
      ...Array.from({ length: 50 }, (_one, at) => trace(`t${at}`, [generation("1", null, 9)])),
    ),
  );
  await first.close();
  writeFileSync(path, damage(readFileSync(path)));
  const warnings: string[] = [];
  const store = await openStore({
    path,
    onWarning: (code, message) => warnings.push(code, message),
  });
  await store.ingest(coming(trace("new", [])));
  expect(await found(store, "")).toEqual(["new"]);
  await store.close();
  const kept = readdirSync(directory).filter((name) => /^dev\.db\.damaged-[\dTZ.-]+$/.test(name));
  expect(kept).toHaveLength(1);
  expect(warnings[0]).toBe("damaged");
  expect(warnings[1]).toContain(kept[0]);
});

/** As large as it is for what is in it. */
function large(id: string, at: number, kilobytes: number): ReturnType<typeof trace> {
  const text = Array.from({ length: kilobytes * 16 }, (_, one) =>
    ((at * 7919 + one) * 2_654_435_761).toString(36).padEnd(64, "abcdefgh"),
  ).join("");
  return trace(id, [{ span_id: "1", output_data: { output: text } }], { start_time: T0 + at });
}

test("the file stays below its cap: the oldest go first, whole; the newest stays", async () => {
  const directory = scratch();
  const path = join(directory, "dev.db");
  const store = await storeIn(directory, 4 * MB);
  const removed: string[] = [];
  store.onChange((change) => removed.push(...change.removed));
  for (let at = 0; at < 100; at++) await store.ingest(coming(large(`t${at}`, at, 100)));
  const bytes = (): number =>
    ["dev.db", "dev.db-wal"].reduce(
      (sum, name) => sum + (statSync(join(directory, name)).size ?? 0),
      0,
    );
  await expect.poll(bytes).toBeLessThanOrEqual(4 * MB * 1.1);
  const ids = await found(store, "");
  expect(ids.length).toBeGreaterThan(3);
  expect(removed).toEqual(Array.from({ length: 100 - ids.length }, (_, at) => `t${at}`));
  expect(await store.health()).toMatchObject({
    path,
    max_bytes: 4 * MB,
    evicted: removed.length,
    traces: ids.length,
    spans: ids.length,
    schema: 2,
  });
  expect((await store.wireTrace("t99"))?.spans).toHaveLength(1);
  expect((await store.facets()).name).toHaveLength(ids.length);
});

test("a trace larger than the cap keeps its row, not its values", async () => {
  const directory = scratch();
  const store = await storeIn(directory, 4 * MB);
  await store.ingest(coming(large("small", 0, 10)));
  await store.ingest(coming(large("huge", 1, 9000)));
  const row = await store.trace("huge");
  expect(row).toMatchObject({ truncated: true, spans: 1 });
  expect(await found(store, "has:truncated")).toEqual(["huge"]);
  expect(await store.span("huge", "1")).toMatchObject({
    span_name: "1",
    output_data: { output: { _truncated: true } },
  });
  expect((await store.wireTrace("huge"))?.spans).toHaveLength(1);
  await expect
    .poll(
      () => statSync(join(directory, "dev.db")).size + statSync(join(directory, "dev.db-wal")).size,
    )
    .toBeLessThanOrEqual(4 * MB * 1.1);
  expect(existsSync(join(directory, "dev.db"))).toBe(true);
});

test("a source's text is kept once for all functions in it, and goes with their spans", async () => {
  const store = await storeIn();
  const site = { id: "a.ts#f" } as unknown as Parameters<typeof store.keepSnapshots>[0][0]["site"];
  const code = { function: "f", file: "a.ts", line: 1, column: 1 };
  await store.ingest(
    coming(
      trace("a", [
        { span_id: "1", code: { ...code, hash: "h1" } },
        { span_id: "2", code: { ...code, hash: "h2" } },
      ]),
    ),
  );
  expect(await store.hashesWithoutSnapshot(["h1", "h2", "h3"])).toEqual(["h1", "h2"]);
  await store.keepSnapshots([
    { hash: "h1", file: "a.ts", text: "function f() {}", site },
    { hash: "h2", file: "a.ts", text: "x".repeat(2 * MB), site },
  ]);
  expect(await store.snapshot("h1")).toEqual({
    hash: "h1",
    file: "a.ts",
    text: "function f() {}",
    site,
  });
  // Longer than what is kept.
  expect(await store.snapshot("h2")).toBeUndefined();
  expect(await store.hashesWithoutSnapshot(["h1", "h2"])).toEqual(["h2"]);
});
