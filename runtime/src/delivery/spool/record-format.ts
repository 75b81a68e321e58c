// Records and acknowledgements ↔ the lines of a segment file.
// Invariant: damage costs the lines that it touches, and no others: each has a checksum.
//   H 1 {"sdk":…}                                    first line; 1 is the format's version
//   R 1 <crc32> <length> <seq> <epoch ms> <trace id> <trace JSON>
//   A 1 <crc32> <length> <seq,seq,…>                 these records are done
//                                                    an empty line: still in use
// crc32 (8 hex digits) and length (10 digits, bytes) cover what follows them.

import { zlib } from "../../platform/node.ts";
import { SDK_VERSION } from "../../platform/version.ts";

/** One trace, as handed over for delivery. */
export interface TraceRecord {
  readonly traceId: string;
  /** The trace as JSON, without line breaks. */
  readonly json: string;
}

/** A record's place in its file. */
interface Line {
  readonly seq: number;
  readonly epochMs: number;
  readonly traceId: string;
  /** Of the whole line without its newline, in bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface Scan {
  /** Records without acknowledgement, in file order. */
  readonly open: Line[];
  /** Lines that did not check out. */
  readonly bad: number;
  readonly nextSeq: number;
  /** The last line has no end: its writer was stopped in the middle. */
  readonly torn: boolean;
  /**
   * A later version's file, to be left to it: its header says so, and no line speaks against it.
   */
  readonly later: boolean;
}

const PREFIX_BYTES = "R 1 00000000 0000000000 ".length;
const NEWLINE = 10;
/** A buffer that grew beyond this for one big trace is not kept. */
const KEEP_BYTES = 1024 * 1024;
let scratch = Buffer.allocUnsafe(64 * 1024);

/** Ends a line whose writer was stopped in the middle. JSON has no such character. */
export const FENCE: Buffer = Buffer.from("\u0018\n");

/** The version of the format that this code writes and reads. */
const VERSION = 1;

export const HEADER: string = `H 1 ${JSON.stringify({ sdk: SDK_VERSION })}\n`;

/** The version a file declares; undefined where the first line is not readable. */
function versionOf(start: Buffer): number | undefined {
  const version = /^H (\d+) /.exec(start.toString("latin1", 0, 16))?.[1];
  return version === undefined ? undefined : Number(version);
}

/** With its newline. Valid until the next line is encoded. */
export function recordLine(seq: number, epochMs: number, record: TraceRecord): Buffer {
  return frame("R", `${seq} ${epochMs} ${record.traceId} `, record.json);
}

/** The record in a line; undefined where it is damaged, or is another one. */
export function recordIn(line: Buffer, seq: number): TraceRecord | undefined {
  const payload = payloadAt(line, 0, line.length);
  const head = payload === undefined ? null : headOf(payload);
  if (payload === undefined || head === null || Number(head[1]) !== seq) return undefined;
  return { traceId: head[3] ?? "", json: payload.toString("utf8", head[0].length) };
}

export function ackLine(seqs: readonly number[]): Buffer {
  return frame("A", seqs.join(","), "");
}

function frame(kind: "R" | "A", head: string, tail: string): Buffer {
  // 3 is the most bytes UTF-8 needs for one UTF-16 unit.
  const room = PREFIX_BYTES + (head.length + tail.length) * 3 + 1;
  const buffer = room <= scratch.length ? scratch : Buffer.allocUnsafe(room);
  if (room <= KEEP_BYTES) scratch = buffer;
  let end = PREFIX_BYTES;
  end += buffer.write(head, end);
  end += buffer.write(tail, end);
  const payload = buffer.subarray(PREFIX_BYTES, end);
  const crc = zlib().crc32(payload).toString(16).padStart(8, "0");
  buffer.write(`${kind} 1 ${crc} ${String(payload.length).padStart(10, "0")} `, 0, "latin1");
  buffer[end] = NEWLINE;
  return buffer.subarray(0, end + 1);
}

/** Everything readable in a segment's bytes. Never throws. */
export function scan(file: Buffer): Scan {
  const records = new Map<number, Line>();
  let bad = 0;
  let good = 0;
  let nextSeq = 0;
  let torn = false;
  const version = versionOf(file);
  for (let at = 0; at < file.length;) {
    const payload = payloadAt(file, at);
    if (payload !== undefined) {
      good++;
      const length = PREFIX_BYTES + payload.length;
      if (file[at] === 0x52 /* R */) {
        const head = headOf(payload);
        if (head === null) bad++;
        else {
          const [, seq = "", epochMs = "", traceId = ""] = head;
          const line = { seq: Number(seq), epochMs: Number(epochMs), traceId, offset: at, length };
          records.set(line.seq, line);
          nextSeq = Math.max(nextSeq, line.seq + 1);
        }
      } else {
        for (const seq of payload.toString("latin1").split(",")) records.delete(Number(seq));
      }
      at += length + 1;
      continue;
    }
    const end = file.indexOf(NEWLINE, at);
    torn = end === -1;
    if (torn) break;
    // The header has no checksum; an empty line is a touch.
    const header = at === 0 && version === VERSION;
    const fenced = file[end - 1] === FENCE[0];
    if (end > at && !header && !fenced) bad++;
    at = end + 1;
  }
  const later = good === 0 && version !== undefined && version !== VERSION;
  return { open: [...records.values()], bad, nextSeq, torn, later };
}

/** What the checksum at `at` covers, if it is right, and a newline or the end `until` follows. */
function payloadAt(file: Buffer, at: number, until?: number): Buffer | undefined {
  const prefix = /^[RA] 1 ([0-9a-f]{8}) (\d{10}) $/.exec(
    file.toString("latin1", at, at + PREFIX_BYTES),
  );
  if (prefix === null) return undefined;
  const start = at + PREFIX_BYTES;
  const end = start + Number(prefix[2]);
  if (until === undefined ? file[end] !== NEWLINE : end !== until) return undefined;
  const payload = file.subarray(start, end);
  return zlib().crc32(payload) === Number.parseInt(prefix[1] ?? "", 16) ? payload : undefined;
}

/** Sequence number, time and trace id: all ASCII, and at most 16 + 16 + 80 digits and blanks. */
function headOf(payload: Buffer): RegExpExecArray | null {
  return /^(\d+) (\d+) (\S+) /.exec(payload.toString("latin1", 0, 128));
}
