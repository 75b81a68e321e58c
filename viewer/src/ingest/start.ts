// The store, and where things lie → the ways in: queue, spools, OTLP and import.
// Invariant: a way that fails stops no other one, and what it answered for is stored or on disk.
import { join } from "node:path";
import { isDeeper, READABLE } from "../formats/depth.ts";
import { tracesOfOtlp } from "../formats/otlp.ts";
import type { ImportAnswer, Ingest, IngestOptions, OtlpAnswer } from "../ingest.ts";
import { openQueueDisk } from "../store/queue-disk.ts";
import type { Incoming, Store } from "../store.ts";
import type { Pipeline } from "../views.ts";
import { type ConsumerEvents, consumeInto } from "./consumer.ts";
import { Counts } from "./counts.ts";
import { startEmulator } from "./emulator.ts";
import { DurableQueue } from "./queue.ts";
import { SpoolReader } from "./spool.ts";

/** Traces of one transaction. */
const BATCH = 100;

export async function startIngest(store: Store, options: IngestOptions): Promise<Ingest> {
  const { queueUrl, directory, spools } = options;
  const listeners = new Set<() => void>();
  const counts = new Counts(() => {
    for (const listener of listeners) listener();
  });
  const emulator = startEmulator(new URL(queueUrl).origin);
  const disk = openQueueDisk(join(directory, "queue.db"));
  const queue = await DurableQueue.start(queueUrl, emulator, disk, (count) =>
    counts.received("sqs", count),
  );
  const sink = new StoreSink(counts, queue);
  const end = new AbortController();
  const running = [
    consumeInto(store, queue, sink, end.signal),
    ...spools.map((spool) => new SpoolReader(spool, store, counts).run(end.signal)),
  ];
  return {
    queue,
    otlp: (body) => takeOtlp(body, store, counts),
    import: (body) => takeFile(body, store, counts),
    async state() {
      const found = await queue.state();
      const numbers = found ?? { visible: 0, in_flight: 0, delayed: 0, dead: 0 };
      const up = found !== undefined && sink.pollFailure === undefined;
      return {
        queue: { url: queueUrl, state: up ? "up" : "down", ...numbers },
        ingest: counts.all,
        sinks: [sink.state],
      };
    },
    async isDrained() {
      const found = await queue.state();
      return found === undefined || found.visible + found.in_flight + found.delayed === 0;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      end.abort();
      await Promise.all(running);
      await emulator.close();
      disk.close();
    },
  };
}

/** What the pipeline page shows of the store as a sink. */
class StoreSink implements ConsumerEvents {
  readonly #counts: Counts;
  readonly #queue: DurableQueue;
  readonly #poison = new Set<string>();
  #delivered = 0;
  #failed = 0;
  #lastError: string | null = null;
  #lastAt: number | null = null;
  #failing = false;
  pollFailure: string | undefined;

  constructor(counts: Counts, queue: DurableQueue) {
    this.#counts = counts;
    this.#queue = queue;
  }

  get state(): Pipeline["sinks"][number] {
    return {
      name: "store",
      state: this.#failing ? "failing" : "ok",
      delivered: this.#delivered,
      failed: this.#failed,
      last_error: this.#lastError,
      last_at: this.#lastAt,
    };
  }

  stored(messages: number): void {
    this.#delivered += messages;
    this.#lastAt = Date.now() / 1000;
    this.#failing = false;
    this.#counts.stored("sqs", messages);
  }

  storeFailed(reason: string): void {
    this.#failed++;
    this.#lastError = reason;
    this.#lastAt = Date.now() / 1000;
    this.#failing = true;
    this.#counts.failed("sqs", 0, reason);
  }

  /** It comes three times, and counts once. */
  poison(messageId: string, reason: string): void {
    this.#queue.noteReason(messageId, reason);
    if (this.#poison.has(messageId)) return;
    if (this.#poison.size > 100_000) this.#poison.clear();
    this.#poison.add(messageId);
    this.#counts.failed("sqs", 1, reason);
  }

  polled(failure: string | undefined): void {
    const changed = this.pollFailure !== failure;
    this.pollFailure = failure;
    if (changed && failure !== undefined) this.#counts.failed("sqs", 0, failure);
  }
}

async function takeOtlp(body: Uint8Array, store: Store, counts: Counts): Promise<OtlpAnswer> {
  const text = Buffer.from(body).toString("utf8");
  const refused = (message: string): OtlpAnswer => {
    counts.failed("otlp", 1, message);
    return { status: 400, body: { code: 3, message } };
  };
  if (isDeeper(text, READABLE)) return refused("The body is nested too deeply.");
  let request: unknown;
  try {
    request = JSON.parse(text) as unknown;
  } catch {
    return refused("The body is not JSON.");
  }
  const found = tracesOfOtlp(request);
  if (found === undefined) return refused("The body has no list of resourceSpans.");
  const spans = found.traces.reduce((sum, trace) => sum + trace.spans.length, 0);
  counts.received("otlp", spans + found.rejected);
  await put(
    found.traces.map((trace) => ({ trace, source: "otlp" })),
    store,
  );
  counts.stored("otlp", spans);
  if (found.rejected === 0) return { status: 200, body: { partialSuccess: {} } };
  const { rejected: rejectedSpans, reason: errorMessage = "" } = found;
  counts.failed("otlp", rejectedSpans, errorMessage);
  return { status: 200, body: { partialSuccess: { rejectedSpans, errorMessage } } };
}

async function takeFile(body: Uint8Array, store: Store, counts: Counts): Promise<ImportAnswer> {
  const { imported, updated, failed, read, unread } = await store.importFile(body);
  counts.received("import", read + unread);
  counts.stored("import", read);
  const [first] = failed;
  if (first !== undefined) counts.failed("import", unread, `Line ${first.line}: ${first.message}`);
  return { imported, updated, failed };
}

async function put(
  traces: readonly Incoming[],
  store: Store,
): Promise<{ imported: number; updated: number }> {
  let [imported, updated] = [0, 0];
  for (let at = 0; at < traces.length; at += BATCH) {
    const result = await store.ingest(traces.slice(at, at + BATCH));
    imported += result.imported;
    updated += result.updated;
  }
  return { imported, updated };
}
