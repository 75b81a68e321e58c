// A trace's JSON text ↔ the bodies of its messages, for writers and readers alike (schema.ts says
// what a trace holds, events.ts has the older form, join.ts puts parts together).
// Invariant: what is encoded decodes to the same trace, whole or in parts.

import zlib, { type ZlibOptions } from "node:zlib";
import { eventsOf, toldAlone, traceOfEvent } from "./events.ts";
import { completed, joinParts, type PartialTrace } from "./join.ts";
import { cutTrace, partsOf } from "./split.ts";
import type { Envelope, WireTrace } from "./schema.ts";

export type { Json, JsonObject } from "./schema-type.ts";
export type { Envelope, WireSpan, WireTrace } from "./schema.ts";

/** A message that is no trace. The sentence says why. */
export class WireError extends Error {
  /** Also where the program is minified. */
  override readonly name: string = "WireError";
}

/**
 * Up to here we compress on the spot: 7 µs for 700 characters, 21 for 7,000, 47 for 18,000. The
 * thread pool takes 69, 75 and 135 µs of CPU for them, half of it on the app's thread (Node 24).
 */
const SYNC_GZIP_LENGTH = 64 * 1024;
/** A message is at most 1 MiB, a trace 50,000 spans: more than this is no trace but an attack. */
const MAX_TRACE_BYTES = 1024 * 1024 * 1024;
/** The older form of the seed's README and the current one. */
const TRACE_TYPES: ReadonlySet<unknown> = new Set(["trace", "SDKTraceData"]);

/** How a trace is put into messages. */
export interface EncodeOptions {
  /** Bytes of a message body; a trace that takes more is split into parts. @default 200,000 */
  readonly limit?: number;
  /** The older form: one uncompressed message an event. @default false */
  readonly events?: boolean;
}

/** Of the Python SDK; SQS itself takes 1 MiB (2025-08). */
const MESSAGE_BYTES = 200_000;

/**
 * zlib's defaults take 268 KB and a buffer of 16 KB for each text, however short: hundreds of
 * megabytes a second while a backlog is sent. A window as long as the text finds the same
 * repetitions. Level 3 takes half of the time of level 6, and its texts are at most 4 % larger
 * (Node 24, 700 to 18,000 characters).
 */
function effort(length: number): ZlibOptions {
  const windowBits = Math.min(15, Math.max(10, 32 - Math.clz32(length)));
  return {
    level: 3,
    windowBits,
    memLevel: windowBits < 13 ? 4 : 8,
    chunkSize: Math.max(1024, length >> 1),
  };
}

/**
 * The message bodies of one trace: one, or as many parts as the limit asks for, each a readable
 * trace with some of the spans. A part never divides a span, so that a large span may exceed the
 * limit.
 */
export async function encode(
  traceId: string,
  traceJson: string,
  { limit = MESSAGE_BYTES, events = false }: EncodeOptions = {},
): Promise<readonly string[]> {
  if (events) return eventsOf(traceId, traceJson);
  const whole = await packed(traceId, traceJson);
  if (whole.length <= limit) return [whole];
  const cut = cutTrace(traceJson);
  // Some parts compress worse than the whole: where one is too large, all are made smaller.
  for (let room = limit * 0.9; ; room /= 2) {
    const texts = partsOf(cut, (traceJson.length * room) / whole.length);
    if (texts.length < 2) return [whole];
    const parts = await Promise.all(
      texts.map((text, at) => packed(traceId, text, { part: at + 1, parts: texts.length })),
    );
    const finest = texts.length >= cut.spans.length;
    if (finest || parts.every(({ length }) => length <= limit)) return parts;
  }
}

/** The message body of a trace in one piece, however large; compressed on the spot. */
export function encodeWhole(traceId: string, traceJson: string): string {
  return envelope(traceId, zipped(traceJson));
}

/** 3 is the most bytes UTF-8 needs for one UTF-16 unit. */
const WIDEST = 3;
let scratch: Buffer | undefined;

/**
 * gzip makes a buffer of the text's bytes, which it counts first: 20 µs for 31 KB with a character
 * beyond Latin-1 (Node 24). We write them into one that is there.
 */
function zipped(text: string): Buffer {
  const { length } = text;
  if (length > SYNC_GZIP_LENGTH) return zlib.gzipSync(text, effort(length));
  scratch ??= Buffer.allocUnsafe(SYNC_GZIP_LENGTH * WIDEST);
  return zlib.gzipSync(scratch.subarray(0, scratch.write(text)), effort(length));
}

type Part = Pick<Envelope, "part" | "parts">;

function packed(traceId: string, traceJson: string, part?: Part): Promise<string> {
  const { length } = traceJson;
  if (length <= SYNC_GZIP_LENGTH)
    return Promise.resolve(envelope(traceId, zipped(traceJson), part));
  return new Promise((resolve, reject) => {
    zlib.gzip(traceJson, {}, (error, bytes) => {
      if (error) reject(error);
      else resolve(envelope(traceId, bytes, part));
    });
  });
}

function envelope(traceId: string, bytes: Buffer, part: Part = {}): string {
  const body: Envelope = {
    compressed: true,
    data: bytes.toString("base64"),
    trace_id: traceId,
    type: "trace",
    ...part,
  };
  return JSON.stringify(body);
}

/**
 * The traces in these message bodies, each put together from its parts or events, in their order.
 */
export function join(bodies: Iterable<string>): WireTrace[] {
  const traces = new Map<string, PartialTrace[]>();
  for (const body of bodies) {
    const part = decodePart(body);
    const known = traces.get(part.trace_id);
    if (known === undefined) traces.set(part.trace_id, [part]);
    else known.push(part);
  }
  return [...traces.values()].map(joinParts);
}

/**
 * The trace in a message body: compressed (type "trace" or "SDKTraceData"), plain, or what one
 * event of the older form tells of it. `join` puts parts and events of one trace together. Every
 * key is there; what the writer left out is null, [] or {}.
 * @throws {WireError} for anything else.
 */
export function decode(body: string): WireTrace {
  return readMessage(body).trace;
}

/** The trace in its JSON text, as `decode` gives it. @throws {WireError} likewise */
export function readTrace(text: string): WireTrace {
  return completed(checked(parse(text, "the trace")));
}

/** What a message says of itself. */
export interface MessageHead {
  /** Which of the messages of a trace it is, from 1; absent where it is the only one. */
  readonly part?: number;
  /** How many messages the trace is split into; absent where it is the only one. */
  readonly parts?: number;
  /** Of the older form: `trace_start`, `span_created`, `llm_call` or `trace_end`. */
  readonly event?: string;
}

/** A trace with what its message says of itself. */
export type DecodedMessage = WireTrace & MessageHead;

/** As `decode`, for readers that take each message by itself. @throws {WireError} likewise */
export function decodeMessage(body: string): DecodedMessage {
  const { trace, text, ...head } = readMessage(body);
  return { ...trace, ...head };
}

/** A message that was read: its head, and the trace in it. */
export interface ReadMessage extends MessageHead {
  /** All of it, or the part that this message has. */
  readonly trace: WireTrace;
  /** The decompressed JSON: the same for a resend, however that was compressed. */
  readonly text: string;
}

/** Bounds of reading a message. */
export interface ReadOptions {
  /** Longest text that a message may decompress to, in bytes. @default 1 GiB */
  readonly maxBytes?: number | undefined;
}

/** As `decode`, with the text and what the message says of itself. @throws {WireError} likewise */
export function readMessage(body: string, options: ReadOptions = {}): ReadMessage {
  const message = messageIn(body);
  const { part, parts, event_type: event } = message;
  const { partial, text = body } = partIn(message, options);
  return {
    trace: completed(typeof event === "string" ? toldAlone(partial) : partial),
    text,
    ...(typeof part === "number" && { part }),
    ...(typeof parts === "number" && { parts }),
    ...(typeof event === "string" && { event }),
  };
}

/** What a message says, and nothing else. */
function decodePart(body: string): PartialTrace {
  return partIn(messageIn(body), {}).partial;
}

function messageIn(body: string): Record<string, unknown> {
  const message = parse(body, "the message body");
  if (!isRecord(message)) throw new WireError("The message body is JSON, but not an object.");
  return message;
}

interface PartIn {
  readonly partial: PartialTrace;
  /** Undefined where it is the message itself. */
  readonly text?: string;
}

function partIn(message: Record<string, unknown>, { maxBytes }: ReadOptions): PartIn {
  if (message["event_type"] !== undefined) return { partial: traceOfEvent(message) };
  if (message["type"] !== undefined && !TRACE_TYPES.has(message["type"])) {
    throw new WireError(`The message's type is ${named(message["type"])}, not "trace".`);
  }
  const text =
    message["compressed"] === true ? unpacked(message["data"], maxBytes) : plain(message);
  if (text === undefined) return { partial: checked(insideOf(message)) };
  const what = message["compressed"] === true ? "the decompressed trace" : `the message's "data"`;
  return { partial: checked(parse(text, what)), text };
}

function unpacked(text64: unknown, maxBytes: number = MAX_TRACE_BYTES): string {
  if (typeof text64 !== "string") {
    throw new WireError(`A compressed message's "data" is a string, here it is ${kindOf(text64)}.`);
  }
  try {
    const bytes = Buffer.from(text64, "base64");
    return zlib.gunzipSync(bytes, { maxOutputLength: maxBytes }).toString("utf8");
  } catch (error) {
    throw new WireError(`The message's "data" is not gzip in base64: ${sentenceOf(error)}`);
  }
}

/** The text of a trace that lies in the message uncompressed, as a text. */
function plain(message: Record<string, unknown>): string | undefined {
  const { data } = message;
  return message["spans"] === undefined && typeof data === "string" ? data : undefined;
}

/** The trace is the message itself, or its `data`. */
function insideOf(message: Record<string, unknown>): unknown {
  return message["spans"] === undefined && message["data"] !== undefined
    ? message["data"]
    : message;
}

function checked(trace: unknown): PartialTrace {
  if (!isRecord(trace)) throw new WireError(`A trace is an object, here it is ${kindOf(trace)}.`);
  if (typeof trace["trace_id"] !== "string") throw new WireError(`The trace has no "trace_id".`);
  if (!Array.isArray(trace["spans"])) throw new WireError(`The trace has no list of "spans".`);
  return trace as PartialTrace;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new WireError(`Could not read ${what} as JSON: ${sentenceOf(error)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A type is the writer's word; no other text is quoted, which may be the program's. */
function named(type: unknown): string {
  return typeof type === "string" ? JSON.stringify(type.slice(0, 40)) : kindOf(type);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return "a text";
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
