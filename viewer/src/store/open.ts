// A path → the store: a thread that writes, and one that reads beside it.
// Invariant: reads never wait for writes, and see each write that was answered before.
import type { TraceReader } from "../store.ts";
import type { Store, StoreChange } from "../store.ts";
import { openForReading } from "./database/open.ts";
import { readsOf } from "./read/reads.ts";
import { Thread } from "./thread.ts";
import { JsonText } from "./worker-calls.ts";
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
    async importFile(file) {
      // A small one may lie in a buffer with others.
      const own = file.byteLength === file.buffer.byteLength ? file : Uint8Array.from(file);
      return writer.call("importFile", [own], [own.buffer as ArrayBuffer]);
    },
    spansJson: (id, page) => reader.stream("spans", [id, page]),
    wireTraceJson: (id) => reader.stream("wireTrace", [id]),
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
      return (result instanceof JsonText ? JSON.parse(result.text()) : result) as Result;
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
    wireSpan: (id, spanId) => ask("wireSpan", [id, spanId]),
    sites: (id) => ask("sites", [id]),
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
