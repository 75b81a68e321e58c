// A process of its own for delivery tests: accepts COUNT traces named PREFIX-<n>, writes each
// accepted id to stdout at once (the oracle), then ends as MODE says. Configured by environment.

import { writeSync } from "node:fs";
import { createDelivery } from "../../src/delivery/delivery.ts";
import { destinationsOf } from "../../src/sinks/destination.ts";
import { resolveOptions } from "../../src/config/resolve.ts";

const { COUNT = "0", PREFIX = "t", MODE = "end", EVERY_MS = "0" } = process.env;
const { options } = resolveOptions({ sqs: { batchTimeoutMs: 20 } });
const delivery = createDelivery(options, destinationsOf(options));

function acceptOne(n: number): void {
  const traceId = `${PREFIX}-${n}`;
  const json = JSON.stringify({ trace_id: traceId, spans: [], filler: "lorem ipsum ".repeat(200) });
  if (delivery.accept({ traceId, json })) writeSync(1, `${traceId}\n`);
}

if (EVERY_MS === "0") {
  for (let n = 0; n < Number(COUNT); n++) acceptOne(n);
} else {
  let n = 0;
  setInterval(() => acceptOne(n++), Number(EVERY_MS));
}

if (MODE === "flush") await delivery.flush(Number(process.env.FLUSH_MS ?? 10_000));
if (MODE === "exit") process.exit(3);
if (MODE === "throw") throw new Error("the app's own");
