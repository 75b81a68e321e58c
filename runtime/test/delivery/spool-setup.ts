// What the spool tests share: a spool on a directory of its own, records, and a segment as a killed process leaves it.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Position, Spool, type SpoolLimits } from "../../src/delivery/spool/spool.ts";
import { waitingIn } from "./waiting.ts";

export const MIB: number = 1024 * 1024;
export const LIMITS: SpoolLimits = {
  diskBytes: 256 * MIB,
  segmentBytes: 4 * MIB,
  scanMs: 100,
  foreignIdleMs: 300_000,
  foreignGoneMs: 7_200_000,
};

export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-spool-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function opened(directory: string, limits: Partial<SpoolLimits> = {}): Spool {
  const spool = new Spool(directory, { ...LIMITS, ...limits });
  expect(spool.open()).toBeUndefined();
  onTestFinished(() => spool.close());
  return spool;
}

export interface TakenOver {
  readonly places: readonly Position[];
  readonly traceIds: readonly string[];
  readonly bad: number;
  readonly more: boolean;
}

/** All that dead owners left, taken by this one. */
export async function takeOver(spool: Spool): Promise<TakenOver> {
  let [records, bad] = [0, 0];
  const more = await spool.look((found) => {
    records += found.records;
    bad += found.bad;
  });
  const places = spool.take(0, Infinity);
  expect(places).toHaveLength(records);
  const read = await Promise.all(places.map((place) => spool.read(place)));
  return { places, traceIds: read.map(({ traceId }) => traceId), bad, more };
}

export const record = (n: number | string, text = ""): { traceId: string; json: string } => ({
  traceId: `t-${n}`,
  json: JSON.stringify({ trace_id: `t-${n}`, text }),
});
export const ids = (directory: string): string[] =>
  waitingIn(directory).map(({ traceId }) => traceId);
export const segments = (directory: string): string[] =>
  readdirSync(directory)
    .map((name) => join(directory, name))
    .toSorted();

/** A segment with three records, as a killed process leaves it. */
export function left(directory: string): string {
  const spool = opened(directory);
  for (const n of [1, 2, 3]) spool.append(record(n, "é😀\\n"));
  spool.close();
  return segments(directory)[0] ?? "";
}
