// Streams that nobody reads to their end are collected, with all that their spans kept of them.
import { flush } from "llmops-observability";
import { expect, test } from "vitest";
import { collectGarbage, instrumentedCalls, recordAll } from "./recorded.ts";

const tracked = instrumentedCalls();

test("10,000 abandoned streams leave nothing behind", async () => {
  const round = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const stream = tracked.ownAbandoned();
      // Every second one is begun.
      if (at % 2 === 0) await stream[Symbol.asyncIterator]().next();
    }
  };
  const settled = async (): Promise<number> => {
    for (let turns = 0; turns < 5; turns++) {
      await collectGarbage();
      await flush(5000);
    }
    return process.memoryUsage().heapUsed;
  };
  recordAll({ graceMs: 0, drop: true });
  await round(2000);
  const before = await settled();
  await round(10_000);
  const after = await settled();
  recordAll();
  // An abandoned stream that is kept has its span, its trace and its chunk: more than 2 KiB.
  expect(after - before).toBeLessThan(10_000 * 200);
}, 120_000);
