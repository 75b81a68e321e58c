// A spool's directory → the traces that wait in it, for readers that are none of its owners.
// Invariant: nothing is written, renamed or acknowledged; a file that cannot be read is left out.
import { join } from "node:path";
import { fs } from "../../platform/node.ts";
import { trusted } from "./claims.ts";
import { ownerOf } from "./owner.ts";
import { recordIn, scan } from "./record-format.ts";

/** A trace that waits on disk. */
export interface SpooledTrace {
  /** UUID. */
  readonly trace_id: string;
  /** The trace as JSON. */
  readonly json: string;
  /** When it was written. */
  readonly epoch_ms: number;
}

/** Those that no destination has yet. A directory that is not there is empty. */
export async function* readSpool(directory: string): AsyncGenerator<SpooledTrace> {
  for (const name of await namesIn(directory)) {
    const file = await bytesOf(join(directory, name));
    if (file === undefined) continue;
    for (const { seq, epochMs, offset, length } of scan(file).open) {
      const record = recordIn(file.subarray(offset, offset + length), seq);
      if (record === undefined) continue;
      yield { trace_id: record.traceId, json: record.json, epoch_ms: epochMs };
    }
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    const names = await fs.promises.readdir(directory);
    return names.filter((name) => ownerOf(name) !== undefined).toSorted();
  } catch {
    return [];
  }
}

/** Undefined where its owner has removed it meanwhile. */
async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return trusted(path) ? await fs.promises.readFile(path) : undefined;
  } catch {
    return undefined;
  }
}
