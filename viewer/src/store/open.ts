// A path → the store: a thread that writes, and one that reads beside it.
// Invariant: reads never wait for writes, and see each write that was answered before.
import { Worker } from "node:worker_threads";
import type { TraceReader } from "../store.ts";
import { CursorError, QueryError, type Store, type StoreChange, StoreError } from "../store.ts";
import { openForReading } from "./database/open.ts";
import { readsOf } from "./read/reads.ts";
import { type Answer, JsonText, type SentError, type Setup, type Told } from "./worker-calls.ts";
import { bytesOf } from "./write/cap.ts";

export interface StoreOptions {
  readonly path: string;
  /** Of the database and its log. @default 512 MiB */
  readonly maxBytes?: number;
  readonly onWarning?: (code: string, message: string) => void;
}

const MAX_BYTES = 512 * 1024 * 1024;

/** @throws {StoreError} */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, maxBytes = MAX_BYTES, onWarning = () => {} } = options;
  const listeners = new Set<(change: StoreChange) => void>();
  const writer = await Thread.start({ path, maxBytes, role: "write" }, (told) => {
    if ("warning" in told) onWarning(told.warning.code, told.warning.message);
    else {
      const change = JSON.parse(told.change) as StoreChange;
      for (const listener of listeners) listener(change);
    }
  });
  const reader = await Thread.start({ path, maxBytes, role: "read" }, () => {});
  return {
    ...readerOver((method, args) => reader.call(method, args)),
    ingest: (traces) =>
      writer.call("ingest", [
        traces.map(({ trace, ...rest }) => ({ ...rest, json: JSON.stringify(trace) })),
      ]),
    spansJson: (id, page) => reader.callText("spans", [id, page]),
    keepSnapshots: (snapshots) => writer.call("keepSnapshots", [snapshots]),
    remove: (which) => writer.call("remove", [which]),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      // The last to go takes the log with it, and only a writer can.
      await reader.close();
      await writer.close();
    },
  };
}

/** In this thread: a command asks two or three things. @throws {StoreError} */
export async function openReader({ path }: { readonly path: string }): Promise<TraceReader> {
  const database = openForReading(path);
  const file = { path, maxBytes: MAX_BYTES, bytes: () => bytesOf(path) };
  const reads = readsOf(database, file) as unknown as Methods;
  return {
    ...readerOver(async <Result>(method: string, args: readonly unknown[]) => {
      const result = await reads[method]?.(...args);
      return (result instanceof JsonText ? JSON.parse(result.json) : result) as Result;
    }),
    async close() {
      database.close();
    },
  };
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
type Ask = <Result>(method: string, args: readonly unknown[]) => Promise<Result>;

function readerOver(ask: Ask): Omit<TraceReader, "close"> {
  return {
    traces: (query) => ask("traces", [query]),
    trace: (id) => ask("trace", [id]),
    spans: (id, page) => ask("spans", [id, page]),
    span: (id, spanId) => ask("span", [id, spanId]),
    wireTrace: (id) => ask("wireTrace", [id]),
    searchTrace: (id, text) => ask("searchTrace", [id, text]),
    searchValues: (query) => ask("searchValues", [query]),
    facets: () => ask("facets", []),
    stats: (query) => ask("stats", [query]),
    errors: (query) => ask("errors", [query]),
    functionCalls: () => ask("functionCalls", []),
    snapshot: (hash) => ask("snapshot", [hash]),
    hashesWithoutSnapshot: (hashes) => ask("hashesWithoutSnapshot", [hashes]),
    health: () => ask("health", []),
  };
}

interface Waiting {
  readonly resolve: (json: string | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Rows come and go: with V8's own size a thread keeps 110 MB more after 130,000 rows (Node 24). */
const YOUNG_MB = 16;

/** One of the store's threads, asked by messages. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended: Error | undefined;

  private constructor(setup: Setup, tell: (told: Told) => void) {
    // Built, the thread's code is a file of its own beside this one.
    const name = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./store-worker.js";
    this.#worker = new Worker(new URL(name, import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.on("message", (message: Answer | Told) => {
      if ("id" in message) this.#settle(message);
      else tell(message);
    });
    this.#worker.on("error", (error: Error & Partial<SentError>) => this.#end(received(error)));
    this.#worker.on("exit", () => this.#end(new StoreError("unusable", "The store is closed")));
  }

  static async start(setup: Setup, tell: (told: Told) => void): Promise<Thread> {
    const thread = new Thread(setup, tell);
    await thread.#answerTo(0);
    return thread;
  }

  async call<Result>(method: string, args: readonly unknown[]): Promise<Result> {
    const json = await this.callText(method, args);
    return (json === undefined ? undefined : JSON.parse(json)) as Result;
  }

  callText(method: string, args: readonly unknown[]): Promise<string | undefined> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#last;
    const answer = this.#answerTo(id);
    this.#worker.postMessage({ id, method, args });
    return answer;
  }

  #answerTo(id: number): Promise<string | undefined> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.reject(received(answer.error));
    else waiting?.resolve(answer.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.call("close", []);
    await this.#worker.terminate();
  }
}

/** Errors lose their class on their way between threads. */
function received({ name, message, code, position, hint }: SentError): Error {
  if (name === "QueryError") return new QueryError(message, position ?? 0, hint);
  if (name === "CursorError") return new CursorError();
  if (name === "StoreError")
    return new StoreError((code ?? "unusable") as StoreError["code"], message);
  return Object.assign(new Error(message), { name });
}
