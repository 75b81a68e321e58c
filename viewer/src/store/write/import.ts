// A file's bytes → its traces in the store, a batch after another.
// Invariant: between two batches other calls get their turn.
import { setImmediate as nextTurn } from "node:timers/promises";
import { tracesIn, type Unreadable } from "../../formats/read.ts";
import type { FileResult, IngestResult } from "../../store.ts";
import type { IncomingText } from "./ingest.ts";

/** Traces of a transaction, and their bytes. */
const [BATCH, BATCH_BYTES] = [100, 1024 * 1024];
/** Of an answer: a file of 64 MB may have 30 million lines that are no traces. */
const MOST_FAILED = 1000;

export async function importFile(
  file: Uint8Array,
  ingest: (traces: readonly IncomingText[]) => IngestResult,
): Promise<FileResult> {
  const failed: Unreadable[] = [];
  let [imported, updated, read, unread] = [0, 0, 0, 0];
  let batch: IncomingText[] = [];
  let bytes = 0;
  const put = async (): Promise<void> => {
    const result = ingest(batch);
    imported += result.imported;
    updated += result.updated;
    [batch, bytes] = [[], 0];
    await nextTurn();
  };
  for (const found of tracesIn(file)) {
    if ("message" in found) {
      if (unread < MOST_FAILED) failed.push(found);
      if (++unread % MOST_FAILED === 0) await nextTurn();
      continue;
    }
    const { trace, part, parts } = found;
    read++;
    bytes += found.bytes;
    batch.push({ trace, part, parts, source: "import" });
    if (batch.length >= BATCH || bytes >= BATCH_BYTES) await put();
  }
  if (batch.length > 0) await put();
  const [last] = failed.slice(MOST_FAILED - 1);
  if (last !== undefined && unread > MOST_FAILED)
    failed[MOST_FAILED - 1] = {
      line: last.line,
      message: `From here on ${unread - MOST_FAILED + 1} cannot be read.`,
    };
  return { imported, updated, failed, read, unread };
}
