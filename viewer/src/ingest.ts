// The port of the ways in: what server/ hands over of requests, and asks for the pipeline page.
// Implemented in ingest/; each way runs decode → join → the store.
import type { DeadMessage, Pipeline } from "./views.ts";

/** A request that has passed the guard, read to its end within bounds. */
export interface QueueRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface QueueAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The local SQS queue, and its dead letters. */
export interface LocalQueue {
  readonly url: string;
  /** Targets other than `AmazonSQS.*` are refused here. The signal: the client went away. */
  answer(request: QueueRequest, signal: AbortSignal): Promise<QueueAnswer>;
  dead(limit: number): Promise<readonly DeadMessage[]>;
  /** Puts dead letters back into the queue. @returns how many */
  redrive(): Promise<number>;
  /** @returns how many */
  removeDead(): Promise<number>;
}

/** An OTLP export's answer, as JSON; status 200, 400 or 415. */
export interface OtlpAnswer {
  readonly status: 200 | 400 | 415;
  readonly body: unknown;
}

export interface ImportAnswer {
  readonly imported: number;
  readonly updated: number;
  readonly failed: readonly { readonly line: number; readonly message: string }[];
}

export interface Ingest {
  readonly queue: LocalQueue;
  /** The body is unzipped already. */
  otlp(body: Uint8Array): Promise<OtlpAnswer>;
  import(body: Uint8Array): Promise<ImportAnswer>;
  state(): Promise<Pick<Pipeline, "queue" | "ingest" | "sinks">>;
  /** Nothing waits in the queue, and all that was received is stored. */
  isDrained(): Promise<boolean>;
  /** Called when `state` may say something else. @returns how to stop it */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface IngestOptions {
  /** Of the server that calls `queue.answer`. */
  readonly queueUrl: string;
  /** Where the queue keeps what it answered. */
  readonly directory: string;
  /** Read, never written. */
  readonly spools: readonly string[];
}
