// A spool's directory → the traces that lie unsent in it, the oldest first, whoever owns them.
// At once: tests compare what is on disk at a moment, where `readSpool` reads on while others write.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { trusted } from "../../src/delivery/spool/claims.ts";
import { ownerOf } from "../../src/delivery/spool/owner.ts";
import { recordIn, scan, type TraceRecord } from "../../src/delivery/spool/record-format.ts";

/** An absent directory holds none. */
export function waitingIn(directory: string): TraceRecord[] {
  const found: { epochMs: number; record: TraceRecord }[] = [];
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    if (ownerOf(name) === undefined || !trusted(path)) continue;
    const bytes = readFileSync(path);
    for (const { seq, epochMs, offset, length } of scan(bytes).open) {
      const record = recordIn(bytes.subarray(offset, offset + length), seq);
      if (record !== undefined) found.push({ epochMs, record });
    }
  }
  return found.toSorted((a, b) => a.epochMs - b.epochMs).map(({ record }) => record);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}
