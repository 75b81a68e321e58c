// What a thread sends for a call → its answer: as a value, or as JSON that is handed on as it comes.
// Invariant: of a stream whose reader has gone nothing is kept.
import type { JsonStream } from "../store.ts";

/** Who waits for an answer: it comes whole, or in chunks before its end. */
export interface Waiting {
  chunk(bytes: Uint8Array<ArrayBuffer>): void;
  /** @param json undefined where chunks came, or where there is nothing */
  end(json: string | undefined): void;
  fail(error: Error): void;
}

export function wholeAnswer<Result>(ask: (waiting: Waiting) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    ask({
      chunk: (bytes) => void chunks.push(bytes),
      end(given) {
        const json = chunks.length > 0 ? Buffer.concat(chunks).toString("utf8") : given;
        resolve((json === undefined ? undefined : JSON.parse(json)) as Result);
      },
      fail: reject,
    });
  });
}

/** Resolves with the first chunk. */
export function streamedAnswer(ask: (waiting: Waiting) => void): Promise<JsonStream | undefined> {
  return new Promise((resolve, reject) => {
    let state: "waiting" | "begun" | "cancelled" = "waiting";
    let sink: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
    const stream: JsonStream = new ReadableStream({
      start(controller) {
        sink = controller;
      },
      cancel() {
        state = "cancelled";
      },
    });
    ask({
      chunk(bytes) {
        if (state === "waiting") {
          state = "begun";
          resolve(stream);
        }
        if (state === "begun") sink?.enqueue(bytes);
      },
      end() {
        if (state === "waiting") resolve(undefined);
        else if (state === "begun") sink?.close();
      },
      fail(error) {
        if (state === "waiting") reject(error);
        else if (state === "begun") sink?.error(error);
      },
    });
  });
}
