// The calls of the thread that writes → the database, and news of what they changed.
// Invariant: an answered `ingest` is in the database's log: `kill -9` loses nothing of it.
import type { DatabaseSync } from "node:sqlite";
import type { WireTrace } from "llmops-observability/wire";
import { LONG_BYTES, longTrace, type TraceText, wholeTrace } from "../../formats/trace-text.ts";
import type { FileResult, IngestResult, Snapshot, StoreChange } from "../../store.ts";
import { isDamage, openForWriting, setAside } from "../database/open.ts";
import { rowsOf } from "../database/statements.ts";
import { type TraceColumns, traceRowOf } from "../read/rows.ts";
import type { Told } from "../worker-calls.ts";
import { bytesOf, evict, shrink } from "./cap.ts";
import { importFile } from "./import.ts";
import { type IncomingText, TraceWriter } from "./ingest.ts";
import { removeTraces } from "./remove.ts";
import { SearchIndex } from "./search-index.ts";
import { keepSnapshots } from "./snapshots.ts";

/** After the last write, in ms: then there is time to give room back. */
const IDLE_MS = 1000;

export interface WriterOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly tell: (told: Told) => void;
}

/** A trace as other threads send it. */
interface IncomingJson extends Omit<IncomingText, "trace"> {
  readonly json: string;
}

export interface WriterMethods {
  ingest(batch: readonly IncomingJson[]): IngestResult;
  importFile(file: Uint8Array): Promise<FileResult>;
  keepSnapshots(snapshots: readonly Snapshot[]): void;
  remove(which: { ids: readonly string[] } | { q: string }): readonly string[];
  close(): void;
}

export class Writer {
  readonly #options: WriterOptions;
  #database: DatabaseSync;
  #lock: DatabaseSync;
  #index: SearchIndex;
  #writer: TraceWriter;
  #idle: NodeJS.Timeout | undefined;
  #lastNow = 0;

  /** @throws {StoreError} */
  constructor(options: WriterOptions) {
    this.#options = options;
    const { database, lock, damaged } = openForWriting(options.path);
    this.#lock = lock;
    this.#database = database;
    this.#index = new SearchIndex(database);
    this.#writer = new TraceWriter(database, this.#index);
    if (damaged !== undefined) this.#warnOf(damaged);
    this.#rest();
  }

  methods(): WriterMethods {
    return {
      ingest: (batch) => {
        const traces = batch.map(({ json, ...rest }) => ({ ...rest, trace: traceOf(json) }));
        return this.#sound(() => this.#ingest(traces));
      },
      importFile: (file) => importFile(file, (traces) => this.#sound(() => this.#ingest(traces))),
      keepSnapshots: (snapshots) => this.#sound(() => keepSnapshots(this.#database, snapshots)),
      remove: (which) => this.#sound(() => this.#remove(which)),
      close: () => this.#close(),
    };
  }

  #ingest(batch: readonly IncomingText[]): IngestResult {
    const { imported, updated, changed, hashes } = this.#writer.ingest(batch, this.#now());
    const { removed, emptied } = evict(this.#database, this.#index, this.#options.maxBytes);
    this.#tell([...changed, ...emptied], removed, hashes);
    this.#rest();
    return { imported, updated };
  }

  /** Never twice the same: who asks for what changed since then would miss some. */
  #now(): number {
    this.#lastNow = Math.max(Date.now() / 1000, this.#lastNow + 1e-6);
    return this.#lastNow;
  }

  #remove(which: { ids: readonly string[] } | { q: string }): readonly string[] {
    const removed = removeTraces(this.#database, this.#index, which);
    this.#tell([], removed, []);
    this.#rest();
    return removed;
  }

  #tell(ids: readonly number[], removed: readonly string[], hashes: readonly string[]): void {
    if (ids.length + removed.length === 0) return;
    const rows = rowsOf<TraceColumns>(
      this.#database.prepare("SELECT * FROM traces WHERE id IN (SELECT value FROM json_each(?))"),
      JSON.stringify(ids),
    );
    const change: StoreChange = { changed: rows.map(traceRowOf), removed, hashes };
    this.#options.tell({ change: JSON.stringify(change) });
  }

  /** A file that turns out to be damaged is set aside, and the work done in a new one. */
  #sound<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#database.close();
      const damaged = setAside(this.#options.path);
      this.#lock.close();
      ({ database: this.#database, lock: this.#lock } = openForWriting(this.#options.path));
      this.#index = new SearchIndex(this.#database);
      this.#writer = new TraceWriter(this.#database, this.#index);
      this.#warnOf(damaged);
      return work();
    }
  }

  #warnOf(damaged: string): void {
    const message = `The database was damaged. It lies in ${damaged} now, and a new one was begun.`;
    this.#options.tell({ warning: { code: "damaged", message } });
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      try {
        const { removed, emptied } = evict(this.#database, this.#index, this.#options.maxBytes);
        this.#tell(emptied, removed, []);
        this.#shrink();
      } catch {
        // A reader holds the log: after the next write we try again.
      }
    }, IDLE_MS);
    this.#idle.unref();
  }

  #shrink(): void {
    shrink(this.#database);
    // A reader that was at it keeps the log from being cut off.
    if (bytesOf(this.#options.path) > this.#options.maxBytes) this.#rest();
  }

  #close(): void {
    clearTimeout(this.#idle);
    this.#database.close();
    this.#lock.close();
  }
}

function traceOf(json: string): TraceText {
  return json.length < LONG_BYTES
    ? wholeTrace(JSON.parse(json) as WireTrace, json)
    : longTrace(Buffer.from(json));
}
