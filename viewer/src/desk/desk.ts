// Tasks → a second thread that does them, so that the server answers meanwhile.
// Invariant: a thread that ends fails what it was doing, and the next task gets a new one.
import { Worker } from "node:worker_threads";
import type { Answered, Asked, TaskName, Tasks } from "./tasks.ts";

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly patience: NodeJS.Timeout;
}

/** A project's transformer, or a trace, may be one that takes for ever. */
const PATIENCE_MS = 60_000;

export class Desk {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  do<N extends TaskName>(name: N, ask: Tasks[N]["ask"]): Promise<Tasks[N]["answer"]> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => void worker.terminate(), PATIENCE_MS).unref();
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, patience });
      worker.postMessage({ id, name, ask } satisfies Asked);
    });
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
    worker.on("message", ({ id, answer, error }: Answered) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      clearTimeout(waiting?.patience);
      if (error !== undefined) waiting?.reject(new Error(error));
      else waiting?.resolve(answer === undefined ? undefined : JSON.parse(answer));
    });
    const ended = (error: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const reason = error instanceof Error ? error : new Error("The thread has ended.");
      for (const { reject, patience } of this.#waiting.values()) {
        clearTimeout(patience);
        reject(reason);
      }
      this.#waiting.clear();
    };
    worker.on("error", ended);
    worker.on("exit", ended);
    return worker;
  }
}
