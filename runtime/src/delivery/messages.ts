// A pending trace → its messages (one, numbered parts, or events of the older form) → requests.
// Invariant: a trace makes the same messages each time: parts that went through are not sent again.
import { crypto } from "../platform/node.ts";
import { otelSpanId, otelTraceId } from "../otlp/ids.ts";
import type { Entry } from "../sink.ts";
import type { Failure } from "./circuit.ts";
import type { HeldTrace } from "./ledger.ts";
import type { Pending } from "./send-queue.ts";
import type { TraceRecord } from "./spool/record-format.ts";
import type { Position } from "./spool/spool.ts";
import type { WireTrace } from "../wire/schema.ts";

export interface MessageOptions {
  /** Messages of one request. */
  readonly batchSize: number;
  readonly batchBytes: number;
  /** Bytes of one message. */
  readonly messageBytes: number;
  readonly events: boolean;
  /** The destination reads traces: message bodies are made where it asks for one. */
  readonly traces: boolean;
}

/** What the messages of one trace that are under way have in common. */
interface Group {
  readonly item: Pending;
  /** Messages without an outcome yet. */
  left: number;
  /** Why one of them is to be sent again. */
  failure: Failure | undefined;
}

export interface Message {
  readonly group: Group;
  readonly entry: Entry;
  /** Counted from 0. */
  readonly part: number;
  /** What it takes of a request. */
  readonly bytes: number;
}

/** Message attributes count as well: names, types and values of the three that may be sent. */
const ENTRY_OVERHEAD_BYTES = 512;
/** SQS takes no larger message, whatever is configured (AWS, 2025-08). */
const MAX_MESSAGE_BYTES = 1024 * 1024 - ENTRY_OVERHEAD_BYTES;

type Wire = typeof import("../wire/message.ts");
export type Encode = Wire["encode"];
let loading: Promise<Encode> | undefined;
/** Loaded together with `encode`. */
let wire: Pick<Wire, "decode" | "encodeWhole" | "readTrace">;

/**
 * The first sending loads it: a process starts 1 ms earlier without it. Rejects where the file is
 * gone; the next call tries again.
 */
export function loadEncode(): Promise<Encode> {
  loading ??= import("../wire/message.ts").then(
    (loaded) => {
      wire = loaded;
      return loaded.encode;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** Reads a record back from disk; rejects where it cannot be read. */
export type Read = (position: Position) => Promise<TraceRecord>;

/** @param delivered parts that need not be sent again */
export async function messagesOf(
  item: Pending,
  encode: Encode,
  read: Read,
  { messageBytes, events, traces }: MessageOptions,
  delivered: ReadonlySet<number> | undefined,
): Promise<readonly Message[] | "unreadable" | "oversize"> {
  const { id, trace } = item;
  let traceId: string;
  let json: string;
  let bodies: readonly string[];
  try {
    ({ traceId, json } = await recordOf(trace, read));
    trace.traceId = traceId;
    if (traces) return [traceMessage(item, traceId, json)];
    bodies = await bodiesOf(
      trace,
      () => encode(traceId, json, { limit: messageBytes, events }),
      events,
    );
  } catch {
    return "unreadable";
  }
  if (bodies.some((body) => Buffer.byteLength(body) > MAX_MESSAGE_BYTES)) return "oversize";
  const alone = bodies.length === 1;
  const group: Group = { item, left: 0, failure: undefined };
  const messages: Message[] = [];
  for (const [part, body] of bodies.entries()) {
    if (delivered?.has(part) === true) continue;
    const entry = {
      id: alone ? id : `${id}-${part + 1}`,
      traceId,
      body,
      ...(!alone && !events && { part: part + 1, parts: bodies.length }),
      get trace() {
        return wire.decode(body);
      },
      get digest() {
        return alone ? digestOf(json) : `${digestOf(json)}-${part + 1}`;
      },
      get traceparent() {
        return traceparentOf(traceId, json);
      },
    };
    const bytes = Buffer.byteLength(body) + ENTRY_OVERHEAD_BYTES;
    messages.push({ group, entry, part, bytes });
  }
  group.left = messages.length;
  return messages;
}

/**
 * For a destination that reads traces: neither compressed nor split, which would be for nothing.
 * Of a class, as a literal with four getters takes 1 KB.
 */
class TraceEntry implements Entry {
  readonly id: string;
  readonly traceId: string;
  readonly #json: string;

  constructor(id: string, traceId: string, json: string) {
    this.id = id;
    this.traceId = traceId;
    this.#json = json;
  }

  get body(): string {
    return wire.encodeWhole(this.traceId, this.#json);
  }

  /** Read anew each time: traces of a whole batch at once would outlive V8's young generation. */
  get trace(): WireTrace {
    return wire.readTrace(this.#json);
  }

  get digest(): string {
    return digestOf(this.#json);
  }

  get traceparent(): string {
    return traceparentOf(this.traceId, this.#json);
  }
}

function traceMessage(item: Pending, traceId: string, json: string): Message {
  const group: Group = { item, left: 1, failure: undefined };
  const bytes = item.trace.bytes || Buffer.byteLength(json);
  return { group, entry: new TraceEntry(item.id, traceId, json), part: 0, bytes };
}

/** Of traces that such a destination gets from memory; undefined where there is more to do. */
export function messagesAtOnce(
  batch: readonly Pending[],
  { traces }: MessageOptions,
): readonly Message[] | undefined {
  if (!traces) return undefined;
  const messages: Message[] = [];
  for (const item of batch) {
    const { traceId, json } = item.trace;
    if (traceId === undefined || json === undefined) return undefined;
    messages.push(traceMessage(item, traceId, json));
  }
  return messages;
}

function digestOf(json: string): string {
  return crypto().createHash("sha256").update(json).digest("hex").slice(0, 16);
}

/** How a trace's text begins that continues another service's. */
const CONTINUED = /^\{"trace_id":"[^"]*","trace_parent":\{"trace_id":"([0-9a-f]{32})"/;

function traceparentOf(traceId: string, json: string): string {
  const trace = CONTINUED.exec(json)?.[1] ?? otelTraceId(traceId);
  return `00-${trace}-${otelSpanId(traceId)}-01`;
}

/** Lanes share the bodies of a trace in memory; one from disk is encoded anew for each attempt. */
function bodiesOf(
  trace: HeldTrace,
  encode: () => Promise<readonly string[]>,
  events: boolean,
): Promise<readonly string[]> {
  if (events || trace.json === undefined) return encode();
  return (trace.bodies ??= encode());
}

async function recordOf({ traceId, json, position }: HeldTrace, read: Read): Promise<TraceRecord> {
  if (traceId !== undefined && json !== undefined) return { traceId, json };
  if (position === undefined) throw new Error("a trace is neither in memory nor on disk");
  return read(position);
}

/** Requests that each fit a batch; a message larger than that goes alone. */
export function requestsOf(
  messages: readonly Message[],
  { batchSize, batchBytes }: MessageOptions,
): Message[][] {
  const requests: Message[][] = [];
  let room = 0;
  for (const message of messages) {
    const { bytes } = message;
    const last = requests.at(-1);
    if (last !== undefined && last.length < batchSize && bytes <= room) {
      last.push(message);
      room -= bytes;
    } else {
      requests.push([message]);
      room = batchBytes - bytes;
    }
  }
  return requests;
}

/** The first message of a request tells what was dropped before it. */
export function entriesOf(
  request: readonly Message[],
  dropped: Readonly<Record<string, number>> | undefined,
): Entry[] {
  const [first, ...others] = request.map(({ entry }) => entry);
  if (first === undefined) return [];
  if (dropped === undefined) return [first, ...others];
  const { id, traceId, part, parts } = first;
  const telling: Entry = {
    id,
    traceId,
    get body() {
      return first.body;
    },
    ...(part !== undefined && parts !== undefined && { part, parts }),
    get trace() {
      return first.trace;
    },
    get digest() {
      return first.digest;
    },
    get traceparent() {
      return first.traceparent ?? "";
    },
    dropped,
  };
  return [telling, ...others];
}
