// Tasks → a second thread that does them, so that the server answers meanwhile.
// Invariant: a thread that ends fails what it was doing, and the next task gets a new one.
import { Worker } from "node:worker_threads";
import type { JsonStream } from "../store.ts";
import { streamedAnswer, type Waiting, wholeAnswer } from "../store/waiting.ts";
import type { Answer } from "../store/worker-calls.ts";
import type { Asked, TaskName, Tasks } from "./tasks.ts";

/** A project's transformer, or a trace, may be one that takes for ever. */
const PATIENCE_MS = 60_000;

export class Desk {
  readonly #waiting = new Map<number, Waiting & { readonly patience: NodeJS.Timeout }>();
  #worker: Worker | undefined;
  #last = 0;

  do<N extends TaskName>(name: N, ask: Tasks[N]["ask"]): Promise<Tasks[N]["answer"]> {
    return wholeAnswer((waiting) => this.#ask(waiting, name, ask));
  }

  /** The same, as JSON. Undefined: there is nothing. */
  stream<N extends TaskName>(name: N, ask: Tasks[N]["ask"]): Promise<JsonStream | undefined> {
    return streamedAnswer((waiting) => this.#ask(waiting, name, ask));
  }

  #ask(waiting: Waiting, name: TaskName, ask: unknown): void {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#last;
    const patience = setTimeout(() => void worker.terminate(), PATIENCE_MS).unref();
    this.#waiting.set(id, { ...waiting, patience });
    worker.postMessage({ id, name, ask } satisfies Asked);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // Built, the thread's code is a file of its own beside this one.
    const name = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./desk-worker.js";
    const worker = new Worker(new URL(name, import.meta.url));
    // It alone keeps no process.
    worker.unref();
    worker.on("message", (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      if ("chunk" in answer) return waiting?.chunk(answer.chunk);
      this.#waiting.delete(answer.id);
      clearTimeout(waiting?.patience);
      if ("error" in answer) waiting?.fail(new Error(answer.error.message));
      else waiting?.end(answer.result);
    });
    const ended = (error: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const reason = error instanceof Error ? error : new Error("The thread has ended.");
      for (const waiting of this.#waiting.values()) {
        clearTimeout(waiting.patience);
        waiting.fail(reason);
      }
      this.#waiting.clear();
    };
    worker.on("error", ended);
    worker.on("exit", ended);
    return worker;
  }
}
