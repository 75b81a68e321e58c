import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { destinationsOf } from "../../src/sinks/destination.ts";
import { openDirectory, spoolDirectory } from "../../src/delivery/spool/directory.ts";
import { keepCorrupt } from "../../src/delivery/spool/quarantine.ts";
import { newOwner, segmentName } from "../../src/delivery/spool/owner.ts";
import { SpoolFullError } from "../../src/delivery/spool/spool.ts";
import { waitingIn } from "./waiting.ts";
import { resolveOptions } from "../../src/config/resolve.ts";
import { ids, left, MIB, opened, record, segments, takeOver, temporary } from "./spool-setup.ts";

test("records are on disk, readable and private, when append returns", () => {
  const directory = join(temporary(), "made", "on", "demand");
  const spool = opened(directory);
  const records = [record(1, "a"), record(2, "é漢😀"), record(3, "x".repeat(3 * MIB))];
  for (const one of records) spool.append(one);
  expect(waitingIn(directory)).toEqual(records);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  for (const path of segments(directory)) expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a record is read back from its place", async () => {
  const spool = opened(temporary());
  const places = [record(1, "é"), record(2, "😀"), record(3)].map((one) => spool.append(one));
  expect(await Promise.all(places.map((place) => spool.read(place)))).toEqual([
    record(1, "é"),
    record(2, "😀"),
    record(3),
  ]);
});

test("acknowledged records are gone for readers, two parts of one trace stay apart", () => {
  const directory = temporary();
  const spool = opened(directory);
  const [, second] = [spool.append(record(1, "part 1")), spool.append(record(1, "part 2"))];
  spool.append(record(2));
  spool.finish([second]);
  expect(waitingIn(directory)).toEqual([record(1, "part 1"), record(2)]);
});

test("a finished segment is removed at close and at tidy, and writing may go on after tidy", () => {
  const directory = temporary();
  const spool = opened(directory);
  spool.finish([spool.append(record(1))]);
  spool.tidy();
  expect(segments(directory)).toEqual([]);
  spool.append(record(2));
  expect(ids(directory)).toEqual(["t-2"]);
});

test("segments follow one another by size, and finished ones go while the app runs", () => {
  const directory = temporary();
  const spool = opened(directory, { segmentBytes: 10_000 });
  const places = Array.from({ length: 40 }, (_, n) => spool.append(record(n, "x".repeat(1000))));
  expect(segments(directory).length).toBeGreaterThan(3);
  expect(ids(directory)).toHaveLength(40);
  spool.finish(places);
  expect(segments(directory)).toHaveLength(1);
});

test("a large finished segment gives its space back at once", () => {
  const spool = opened(temporary());
  spool.finish([spool.append(record(1, "x".repeat(MIB)))]);
  expect(spool.bytes).toBeLessThan(100);
  const place = spool.append(record(2));
  expect(place.segment.open).toBe(1);
});

test("the directory's bytes are capped, and what dead or other owners hold counts", async () => {
  const directory = temporary();
  left(directory);
  const living = opened(directory);
  living.append(record("theirs", "x".repeat(50_000)));
  const spool = opened(directory, { diskBytes: 60_000 });
  expect((await takeOver(spool)).traceIds).toHaveLength(3);
  spool.append(record(4, "x".repeat(10_000)));
  expect(() => spool.append(record(5))).toThrow(SpoolFullError);
});

test("a record that changed on disk is not taken for what was written", async () => {
  const directory = temporary();
  const spool = opened(directory);
  const place = spool.append(record(1, "secret"));
  const [path = ""] = segments(directory);
  writeFileSync(path, readFileSync(path, "utf8").replace("secret", "changed").slice(0, -1));
  await expect(spool.read(place)).rejects.toThrow("damaged");
});

test("a damaged file is set aside once its good records are elsewhere, and is not met again", async () => {
  const directory = temporary();
  const path = left(directory);
  writeFileSync(path, flip(readFileSync(path), 't-2",'));
  const spool = opened(directory);
  expect(await takeOver(spool)).toMatchObject({ bad: 1, traceIds: ["t-1", "t-3"] });
  expect(ids(directory)).toEqual(["t-1", "t-3"]);
  expect(readdirSync(join(directory, "corrupt"))).toHaveLength(1);
  spool.close();
  const next = await takeOver(opened(directory));
  expect(next).toMatchObject({ bad: 0, traceIds: ["t-1", "t-3"] });
});

test("what was set aside is bounded, the oldest goes first", () => {
  const directory = temporary();
  for (let n = 0; n < 6; n++) {
    const path = join(directory, `${n}.wal`);
    writeFileSync(path, Buffer.alloc(4 * MIB));
    utimesSync(path, n + 1, n + 1);
    expect(keepCorrupt(directory, path)).toBe(true);
  }
  expect(readdirSync(join(directory, "corrupt")).toSorted()).toEqual(
    [2, 3, 4, 5].map((n) => `${n}.wal`),
  );
});

test.each<[string, (file: Buffer) => Buffer, string[], number]>([
  ["nothing", (file) => file, ["t-1", "t-2", "t-3"], 0],
  ["a torn last line", (file) => file.subarray(0, -20), ["t-1", "t-2"], 0],
  ["a flipped bit in the JSON", (file) => flip(file, 't-2",'), ["t-1", "t-3"], 1],
  ["a flipped bit in a checksum", (file) => flip(file, "\nR 1 "), ["t-2", "t-3"], 1],
  ["a length that is too long", (file) => splice(file, "00000000", "99999999"), ["t-2", "t-3"], 1],
  [
    "garbage between lines",
    (file) => splice(file, "R 1 ", "garbage \u0001\u00ff\nR 1 "),
    ["t-1", "t-2", "t-3"],
    1,
  ],
  [
    "zeroes at the start",
    (file) => Buffer.concat([Buffer.alloc(4096), Buffer.from("\n"), file]),
    ["t-1", "t-2", "t-3"],
    2,
  ],
  ["a flipped bit in the header's version", (file) => flip(file, "H "), ["t-1", "t-2", "t-3"], 1],
  ["a lost header", (file) => file.subarray(file.indexOf("\n") + 1), ["t-1", "t-2", "t-3"], 0],
  ["everything", () => Buffer.alloc(5000, 7), [], 0],
  ["an empty file", () => Buffer.alloc(0), [], 0],
  [
    "an acknowledgement that does not check out",
    (file) => Buffer.concat([file, Buffer.from("A 1 00000000 0000000001 1\n")]),
    ["t-1", "t-2", "t-3"],
    1,
  ],
])("damage costs only the lines it touches: %s", async (_, damage, survivors, bad) => {
  const directory = temporary();
  const path = left(directory);
  writeFileSync(path, damage(readFileSync(path)));
  expect(ids(directory)).toEqual(survivors);
  const spool = opened(directory);
  const found = await takeOver(spool);
  expect(found.traceIds).toEqual(survivors);
  expect(found.bad).toBe(bad);
  // The acknowledgement must not be swallowed by a torn line before it.
  spool.finish(found.places.slice(0, 1));
  expect(ids(directory)).toEqual(survivors.slice(1));
});

function flip(file: Buffer, after: string): Buffer {
  const copy = Buffer.from(file);
  const target = file.indexOf(after) + after.length;
  copy[target] = (copy[target] ?? 0) ^ 1;
  return copy;
}

function splice(file: Buffer, what: string, by: string): Buffer {
  const at = file.indexOf(what, file.indexOf("\nR 1 ") + 1 + (what.startsWith("R") ? 0 : 13));
  return Buffer.concat([
    file.subarray(0, at),
    Buffer.from(by, "latin1"),
    file.subarray(at + what.length),
  ]);
}

test("a newer version's file, a foreign name and a planted link are left alone", async () => {
  const directory = temporary();
  const path = left(directory);
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace("H 1 ", "H 2 ").replaceAll("R 1 ", "R 2 "),
  );
  writeFileSync(join(directory, "notes.txt"), "mine");
  const elsewhere = left(temporary());
  symlinkSync(elsewhere, join(directory, segmentName({ ...newOwner(), pid: 999_999_999 }, 0)));
  expect(waitingIn(directory)).toEqual([]);
  expect((await takeOver(opened(directory))).traceIds).toEqual([]);
  expect(readdirSync(directory)).toHaveLength(3);
  expect(readFileSync(elsewhere, "utf8")).toContain("t-1");
});

test("what a full disk took of a line is cut off again, and writing goes on later", () => {
  const directory = temporary();
  const script = `
    import { Spool } from ${JSON.stringify(new URL("../../src/delivery/spool/spool.ts", import.meta.url).href)};
    import { waitingIn } from ${JSON.stringify(new URL("waiting.ts", import.meta.url).href)};
    const spool = new Spool(process.argv[1], { diskBytes: 1e9, segmentBytes: 1e9, scanMs: 1e9, foreignIdleMs: 1e9, foreignGoneMs: 1e9 });
    spool.open();
    const errors = [];
    for (const size of [6000, 6000, 50]) {
      try { spool.append({ traceId: "t-" + errors.length, json: JSON.stringify("x".repeat(size)) }); errors.push(""); }
      catch (error) { errors.push(error.code); }
    }
    console.log(JSON.stringify({ errors, found: waitingIn(process.argv[1]).map((one) => one.traceId) }));
    process.kill(process.pid, "SIGKILL");`;
  // A limit on the file's size makes the second write stop short, as a full disk does.
  const child = spawnSync(
    "bash",
    [
      "-c",
      `trap '' XFSZ; ulimit -f 10; exec "$0" --input-type=module -e "$1" "$2"`,
      process.execPath,
      script,
      directory,
    ],
    { encoding: "utf8" },
  );
  expect(child.stderr).toBe("");
  expect(JSON.parse(child.stdout)).toEqual({ errors: ["", "ENOSPC", ""], found: ["t-0", "t-2"] });
});

test("a directory that others control is refused", () => {
  const base = temporary();
  const target = join(base, "target");
  mkdirSync(target, { mode: 0o700 });
  symlinkSync(target, join(base, "link"));
  writeFileSync(join(base, "file"), "");
  const shared = join(base, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  expect(openDirectory(join(base, "link"))).toMatch(/symbolic link/);
  expect(openDirectory(join(base, "file"))).toMatch(/cannot be made/);
  expect(openDirectory(shared)).toMatch(/others may write/);
  expect(openDirectory(target)).toBeUndefined();
});

test.skipIf(process.getuid?.() !== 0)("another user's directory is refused (needs root)", () => {
  const directory = join(temporary(), "theirs");
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, 65_534, 65_534);
  expect(openDirectory(directory)).toMatch(/another user/);
});

test("each destination has a directory of its own under the user's own", () => {
  const at = (options: object): string => {
    const resolved = resolveOptions(options, {}, {}).options;
    return spoolDirectory(resolved, destinationsOf(resolved).key);
  };
  const [none, one, two] = [
    at({}),
    at({ sqs: { url: "http://a/1/q" } }),
    at({ sqs: { url: "http://a/1/r" } }),
  ];
  expect(none).toBe(join(tmpdir(), `llmops-${process.getuid?.()}`, "local"));
  expect(new Set([none, one, two]).size).toBe(3);
  expect(at({ spoolDir: "/var/spool/mine", sqs: { url: "http://a/1/q" } })).toBe("/var/spool/mine");
});

test("an absent directory holds no traces", () => {
  expect(waitingIn(join(temporary(), "absent"))).toEqual([]);
});

test("damage in the middle of someone's file never makes reading throw", () => {
  const directory = temporary();
  const path = left(directory);
  for (let n = 0; n < 200; n++) {
    appendFileSync(
      path,
      Buffer.from(Array.from({ length: 50 }, (_, i) => (n * 31 + i * 17) % 256)),
    );
  }
  expect(ids(directory)).toEqual(["t-1", "t-2", "t-3"]);
});
