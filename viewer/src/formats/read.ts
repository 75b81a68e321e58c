// A file's bytes, in any of the forms that we know → its traces, and what could not be read, one
// after another.
// Invariant: what cannot be read costs itself; whatever bytes come in, nothing throws.
import { gunzipSync } from "node:zlib";
import { readMessage, readTrace, WireError } from "llmops-observability/wire";
import { isDeeper, READABLE } from "./depth.ts";
import {
  endOf,
  isList,
  isObject as opensObject,
  itemsIn,
  LINE_BREAK,
  membersIn,
  pastBlanks,
  type Range,
  textOf,
} from "./json-scan.ts";
import { tracesOfOtlp } from "./otlp.ts";
import { isObject } from "./otlp-values.ts";
import { checkedDepth, LONG_BYTES, longTrace, type TraceText, wholeTrace } from "./trace-text.ts";

export interface ReadTrace {
  readonly trace: TraceText;
  readonly part?: number | undefined;
  readonly parts?: number | undefined;
  /** That it takes in the file. */
  readonly bytes: number;
}

export interface Unreadable {
  /** From 1; of a list, the item. */
  readonly line: number;
  readonly message: string;
}

/** Of the unzipped bytes. */
const LONGEST = 1024 * 1024 * 1024;

export function* tracesIn(file: Uint8Array): Generator<ReadTrace | Unreadable> {
  let bytes: Uint8Array;
  try {
    bytes = unzipped(file);
  } catch {
    yield { line: 1, message: "The file is not gzip, though it begins like it." };
    return;
  }
  let at = 0;
  for (const item of pieces(bytes)) {
    at++;
    if (item === undefined) yield { line: at, message: NO_JSON };
    else if (pastBlanks(bytes, item.from) < item.to) yield* tracesAt(at, bytes, item);
  }
}

const NO_JSON = "It is not JSON.";

function unzipped(file: Uint8Array): Uint8Array {
  const zipped = file[0] === 0x1f && file[1] === 0x8b;
  const plain = zipped ? gunzipSync(file, { maxOutputLength: LONGEST }) : file;
  const hasMark = plain[0] === 0xef && plain[1] === 0xbb && plain[2] === 0xbf;
  return hasMark ? plain.subarray(3) : plain;
}

/** Items of a list, lines, or the one value that there is. Undefined: the list breaks off there. */
function* pieces(bytes: Uint8Array): Generator<Range | undefined> {
  const from = pastBlanks(bytes, 0);
  const to = endOf(bytes, from);
  if (to === undefined || pastBlanks(bytes, to) < bytes.length) yield* lines(bytes);
  else if (!isList(bytes, from)) yield { from, to };
  else {
    try {
      yield* itemsIn(bytes, from);
    } catch {
      yield undefined;
    }
  }
}

function* lines(bytes: Uint8Array): Generator<Range> {
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(LINE_BREAK, from);
    const to = found === -1 ? bytes.length : found;
    yield { from, to };
    from = to + 1;
  }
}

function* tracesAt(
  line: number,
  bytes: Uint8Array,
  item: Range,
): Generator<ReadTrace | Unreadable> {
  try {
    for (const one of tracesOf(bytes.subarray(pastBlanks(bytes, item.from), item.to))) {
      checked(one.trace);
      yield { ...one, bytes: item.to - item.from };
    }
  } catch (error) {
    yield { line, message: sentenceOf(error) };
  }
}

/** @throws why it is no trace */
function tracesOf(bytes: Uint8Array): readonly Omit<ReadTrace, "bytes">[] {
  if (bytes.length >= LONG_BYTES && isLongTrace(bytes)) return [{ trace: longTrace(bytes) }];
  const text = checkedDepth(textOf(bytes, { from: 0, to: bytes.length }));
  const value = JSON.parse(text) as unknown;
  if (typeof value === "string") return [readBody(value)];
  if (!isObject(value)) throw new WireError("It is no object.");
  if (value["llmops_export"] !== undefined) return [];
  const otlp = tracesOfOtlp(value);
  if (otlp !== undefined) {
    if (otlp.traces.length === 0 && otlp.reason !== undefined) throw new WireError(otlp.reason);
    return otlp.traces.map((trace) => ({ trace: wholeTrace(trace) }));
  }
  const isTrace =
    Array.isArray(value["spans"]) &&
    value["event_type"] === undefined &&
    value["compressed"] !== true;
  if (!isTrace) return [readBody(text)];
  const { [SOURCES]: sources, ...trace } = value;
  const own = sources === undefined ? text : JSON.stringify(trace);
  return [{ trace: wholeTrace(readTrace(own)) }];
}

/** Texts of source files by hash, where an export has them: no part of the trace. */
const SOURCES = "sources";

/** As above, by the names of its members. */
function isLongTrace(bytes: Uint8Array): boolean {
  if (!opensObject(bytes, 0)) return false;
  const values = new Map(Array.from(membersIn(bytes, 0), ({ key, value }) => [key, value]));
  const spans = values.get("spans");
  const others = ["event_type", "compressed", "llmops_export", "resourceSpans", SOURCES];
  return spans !== undefined && isList(bytes, spans.from) && !others.some((key) => values.has(key));
}

function readBody(body: string): Omit<ReadTrace, "bytes"> {
  const { trace, part, parts, text } = readMessage(body, { maxBytes: LONGEST });
  if (isDeeper(text, READABLE)) throw new WireError("It is nested too deeply.");
  return { trace: wholeTrace(trace), part, parts };
}

function checked({ fields, isSound }: TraceText): void {
  if (fields.trace_id === "") throw new WireError(`The trace has no "trace_id".`);
  if (!isSound) throw new WireError(`A span of the trace has no "span_id".`);
}

/** Node's errors behind a colon may quote the text. */
function sentenceOf(error: unknown): string {
  if (error instanceof SyntaxError) return NO_JSON;
  if (!(error instanceof WireError)) return "It cannot be read.";
  const [sentence = ""] = error.message.split(":");
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
