// What the delivery tests share: a delivery on a directory of its own, servers that end with
// the test, sinks by script, and the account that must always balance.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { createDelivery, type Delivery, type DeliveryLimits } from "../../src/delivery/delivery.ts";
import { destinationsOf } from "../../src/sinks/destination.ts";
import { waitingIn } from "./waiting.ts";
import type { ConfigureOptions } from "../../src/config/options.ts";
import { resolveOptions } from "../../src/config/resolve.ts";
import { SENT, type Entry, type Outcome, type Sink } from "../../src/sink.ts";
import { decode } from "../../src/wire/message.ts";
import { startFaultSqs, type Fault, type FaultSqs } from "../../../test/support/sqs-with-faults.ts";

process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-delivery-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function delivery(
  options: ConfigureOptions,
  limits: Partial<DeliveryLimits> = {},
): Delivery {
  const sqs = { batchTimeoutMs: 10, ...options.sqs };
  const resolved = resolveOptions({ spoolDir: temporary(), ...options, sqs }, {}, {}).options;
  const made = createDelivery(resolved, destinationsOf(resolved), limits);
  onTestFinished(() => made.shutdown(0));
  return made;
}

export async function faulty(script: Fault[], always?: Fault): Promise<FaultSqs> {
  const server = await startFaultSqs(script, always);
  onTestFinished(() => server.close());
  return server;
}

/** A sink of one's own: what it took, with the outcomes asked for. */
export function scripted(
  name: string,
  outcome: (entry: Entry) => Outcome = () => SENT,
): Sink & { taken: string[] } {
  const taken: string[] = [];
  return {
    name,
    taken,
    send: (entries) =>
      Promise.resolve(
        entries.map((entry) => {
          const result = outcome(entry);
          if (result.state === "sent") taken.push(entry.traceId);
          return result;
        }),
      ),
  };
}

export const names = (count: number, prefix: string = "t"): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
export const json = (traceId: string, text: string = ""): string =>
  JSON.stringify({ trace_id: traceId, spans: [], text });

export function accept(to: Delivery, traceIds: readonly string[], text?: string): void {
  for (const traceId of traceIds)
    expect(to.accept({ traceId, json: json(traceId, text) })).toBe(true);
}

export function balanced(of: Delivery): ReturnType<Delivery["stats"]> {
  const stats = of.stats();
  const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
  expect(stats.accepted).toBe(stats.acked + stats.pending + dropped);
  return stats;
}

export const idsIn = (bodies: readonly string[]): string[] =>
  bodies.map((body) => decode(body).trace_id).toSorted();
export const unsent = (directory: string): string[] =>
  waitingIn(directory).map(({ traceId }) => traceId);
