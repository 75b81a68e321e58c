// Segment files damaged at random → every record that the damage did not touch is recovered, none with another body, and
// a second look finds the rest in order.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Spool, type SpoolLimits } from "../../../runtime/src/delivery/spool/spool.ts";
import { seeded, temporaryDirectory, type Progress, type Report } from "./harness.ts";

const LIMITS: SpoolLimits = {
  diskBytes: Infinity,
  segmentBytes: Infinity,
  scanMs: 1e9,
  foreignIdleMs: 1e9,
  foreignGoneMs: 1e9,
};
const FILES_AT_ONCE = 50;

interface Damaged {
  readonly bytes: Buffer;
  /** Ids of the records whose lines, and the newlines around them, are as they were. */
  readonly untouched: readonly string[];
}

export async function corruptFiles(
  files: number,
  seed: number,
  progress?: Progress,
): Promise<Report> {
  const random = seeded(seed);
  using directory = temporaryDirectory();
  const failures: string[] = [];
  let [done, records, untouched, recovered] = [0, 0, 0, 0];
  while (done < files) {
    const written = new Map<string, string>();
    const expected: string[] = [];
    const count = Math.min(FILES_AT_ONCE, files - done);
    for (let n = 0; n < count; n++) {
      const [name, bytes] = segment(directory.path, `${done + n}`, written, random);
      const damaged = damage(bytes, random);
      writeFileSync(join(directory.path, name), damaged.bytes);
      expected.push(...damaged.untouched);
    }
    const found = await recover(directory.path, failures);
    for (const [id, json] of found) {
      if (written.get(id) !== json) failures.push(`seed ${seed}: ${id} came with another body`);
    }
    const lost = expected.filter((id) => !found.has(id));
    if (lost.length > 0) failures.push(`seed ${seed}: lost ${lost.join(", ")}`);
    done += count;
    records += written.size;
    untouched += expected.length;
    recovered += found.size;
    for (const name of readdirSync(directory.path)) {
      rmSync(join(directory.path, name), { recursive: true });
    }
    progress?.(done, files);
  }
  return {
    name: "damaged segment files",
    figures: `${done} files, ${records} records, ${untouched} untouched, ${recovered} recovered, seed ${seed}`,
    failures,
  };
}

/** A segment of a few records, some acknowledged, as its owner left it. */
function segment(
  directory: string,
  prefix: string,
  written: Map<string, string>,
  random: () => number,
): [name: string, bytes: Buffer] {
  const before = new Set(readdirSync(directory));
  const spool = new Spool(directory, LIMITS);
  spool.open();
  const count = 1 + Math.floor(random() * 8);
  for (let n = 0; n < count; n++) {
    const traceId = `t${prefix}-${n}`;
    const text = "é😀x\\n".repeat(Math.floor(random() ** 3 * 3000));
    const json = JSON.stringify({ trace_id: traceId, text });
    const place = spool.append({ traceId, json });
    if (random() < 0.2) spool.finish([place]);
    // An acknowledged one comes back, and with its own body, where its acknowledgement is damaged.
    written.set(traceId, json);
  }
  spool.append({ traceId: `t${prefix}-last`, json: "{}" });
  written.set(`t${prefix}-last`, "{}");
  spool.close();
  const name = readdirSync(directory).find((one) => !before.has(one)) ?? "";
  return [name, readFileSync(join(directory, name))];
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: Buffer;
}

function damage(bytes: Buffer, random: () => number): Damaged {
  const edits: Edit[] = [];
  const times = 1 + Math.floor(random() * 4);
  for (let n = 0; n < times; n++) edits.push(edit(bytes, random));
  edits.sort((a, b) => b.from - a.from);
  let damaged = bytes;
  let end = bytes.length;
  const applied: Edit[] = [];
  for (const one of edits) {
    // Later ones first, so that offsets stay those of the original; what overlaps is left out.
    if (one.to > end) continue;
    damaged = Buffer.concat([damaged.subarray(0, one.from), one.by, damaged.subarray(one.to)]);
    end = one.from;
    applied.push(one);
  }
  const acked = new Set<string>();
  const untouched: string[] = [];
  for (const { from, to, kind, seq, id } of linesOf(bytes)) {
    // The newline before a line belongs to it: without it the line is the end of another.
    const hit = applied.some((one) => one.from < to && one.to >= from - 1);
    if (kind === "A" && !hit) for (const one of seq.split(",")) acked.add(one);
    if (kind === "R" && !hit) untouched.push(`${seq} ${id}`);
  }
  return {
    bytes: damaged,
    untouched: untouched
      .map((line) => line.split(" "))
      .filter(([seq = ""]) => !acked.has(seq))
      .map(([, id = ""]) => id),
  };
}

function edit(bytes: Buffer, random: () => number): Edit {
  const at = Math.floor(random() * bytes.length);
  const noise = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const length = Math.min(bytes.length - at, 1 + Math.floor(random() * 200));
  switch (Math.floor(random() * 6)) {
    case 0: // a flipped bit
      return {
        from: at,
        to: at + 1,
        by: Buffer.of((bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))),
      };
    case 1: // a page of zeroes
      return { from: at, to: Math.min(bytes.length, at + 4096), by: Buffer.alloc(4096) };
    case 2: // something in between
      return { from: at, to: at, by: noise(1 + Math.floor(random() * 300)) };
    case 3: // something in place
      return { from: at, to: at + length, by: noise(length) };
    case 4: // something missing
      return { from: at, to: at + length, by: Buffer.alloc(0) };
    default: // the rest missing
      return { from: at, to: bytes.length, by: Buffer.alloc(0) };
  }
}

/** By the format's description, not by its reader. `to` is behind the newline. */
function* linesOf(
  bytes: Buffer,
): Iterable<{ from: number; to: number; kind: string; seq: string; id: string }> {
  for (let from = 0; from < bytes.length;) {
    const to = bytes.indexOf(10, from) + 1;
    const [kind = "", , , , seq = "", , id = ""] = bytes.toString("utf8", from, to - 1).split(" ");
    yield { from, to, kind, seq, id };
    from = to;
  }
}

/** As a new process does; then as the next one, which must find the same without meeting the damage again. */
async function recover(directory: string, failures: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const first = await look(directory, found);
  const again = new Map<string, string>();
  const second = await look(directory, again);
  if (second.bad > 0) failures.push(`${second.bad} of ${first.bad} bad lines were met again`);
  if (again.size !== found.size) failures.push(`${found.size} found, then ${again.size}`);
  return found;
}

async function look(directory: string, into: Map<string, string>): Promise<{ bad: number }> {
  const spool = new Spool(directory, LIMITS);
  spool.open();
  let bad = 0;
  await spool.look((recovery) => (bad += recovery.bad));
  for (const place of spool.take(0, Infinity)) {
    const { traceId, json } = await spool.read(place);
    into.set(traceId, json);
  }
  spool.close();
  return { bad };
}
