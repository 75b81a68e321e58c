// Directories in which programs keep what they cannot send → the store, over and over.
// Invariant: they are only read; what the store has of it already changes nothing there.
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readSpool } from "llmops-observability/spool";
import { readTrace } from "llmops-observability/wire";
import { isDeeper, READABLE } from "../formats/depth.ts";
import type { Store } from "../store.ts";
import type { Counts } from "./counts.ts";

/** Between two looks, in ms; new records are to be seen within three seconds. */
const LOOK_MS = 1000;
/** Traces of one transaction. */
const BATCH = 50;
/** Records that are known, by digest. */
const KNOWN = 200_000;

export class SpoolReader {
  readonly #directory: string;
  readonly #store: Store;
  readonly #counts: Counts;
  readonly #known = new Set<string>();
  #lastSeen = "";

  constructor(directory: string, store: Store, counts: Counts) {
    this.#directory = directory;
    this.#store = store;
    this.#counts = counts;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look(signal).catch((error: unknown) => {
        this.#counts.failed("spool", 0, error instanceof Error ? error.message : String(error));
      });
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Files that have not changed are not read again. */
  async #look(signal: AbortSignal): Promise<void> {
    const seen = await stateOf(this.#directory);
    if (seen === this.#lastSeen) return;
    let batch: string[] = [];
    for await (const { json } of readSpool(this.#directory)) {
      if (signal.aborted) return;
      const digest = createHash("sha256").update(json).digest("base64url").slice(0, 22);
      if (this.#known.has(digest)) continue;
      if (this.#known.size >= KNOWN) this.#known.clear();
      this.#known.add(digest);
      batch.push(json);
      if (batch.length < BATCH) continue;
      await this.#put(batch);
      batch = [];
    }
    await this.#put(batch);
    this.#lastSeen = seen;
  }

  async #put(batch: readonly string[]): Promise<void> {
    if (batch.length === 0) return;
    this.#counts.received("spool", batch.length);
    const traces = batch.flatMap((json) => {
      try {
        if (isDeeper(json, READABLE)) throw new Error("A record is nested too deeply.");
        return [{ trace: readTrace(json), source: "spool" as const }];
      } catch {
        this.#counts.failed("spool", 1, "A record holds no trace.");
        return [];
      }
    });
    await this.#store.ingest(traces);
    this.#counts.stored("spool", traces.length);
  }
}

/** Names, sizes and times of its files. */
async function stateOf(directory: string): Promise<string> {
  try {
    const names = await readdir(directory);
    const files = await Promise.all(
      names.map(async (name) => {
        const found = await stat(join(directory, name)).catch(() => undefined);
        return `${name} ${found?.size} ${found?.mtimeMs}`;
      }),
    );
    return files.toSorted().join("\n");
  } catch {
    return "";
  }
}
