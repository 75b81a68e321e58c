// Calls → a thread of the store, and its answers.
// Invariant: a thread that ends fails all that waits for it.
import { Worker } from "node:worker_threads";
import { CursorError, type JsonStream, QueryError, StoreError } from "../store.ts";
import { streamedAnswer, type Waiting, wholeAnswer } from "./waiting.ts";
import type { Answer, SentError, Setup, Told } from "./worker-calls.ts";

/** Rows come and go: with V8's own size a thread keeps 110 MB more after 130,000 rows (Node 24). */
const YOUNG_MB = 6;

/** One of the store's threads, asked by messages. */
export class Thread {
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
    await new Promise<void>((resolve, fail) => {
      thread.#waiting.set(0, { chunk: () => {}, end: () => resolve(), fail });
    });
    return thread;
  }

  call<Result>(
    method: string,
    args: readonly unknown[],
    given: readonly ArrayBuffer[] = [],
  ): Promise<Result> {
    return wholeAnswer((waiting) => this.#ask(waiting, method, args, given));
  }

  /** Undefined: there is nothing. */
  stream(method: string, args: readonly unknown[]): Promise<JsonStream | undefined> {
    return streamedAnswer((waiting) => this.#ask(waiting, method, args));
  }

  #ask(
    waiting: Waiting,
    method: string,
    args: readonly unknown[],
    given: readonly ArrayBuffer[] = [],
  ): void {
    if (this.#ended !== undefined) return waiting.fail(this.#ended);
    const id = ++this.#last;
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, method, args }, given);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if ("chunk" in answer) return waiting?.chunk(answer.chunk);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.fail(received(answer.error));
    else waiting?.end(answer.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.fail(this.#ended);
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
