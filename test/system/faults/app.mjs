// The program under test, on the built package: finishes traces and reports each accepted id on stdout at once, the
// oracle, before anything else can happen. Settings by environment; `END` says how it ends.
import { writevSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { finalizeAndSend, flush, startTrace, stats } from "llmops-observability";

const {
  COUNT = "0",
  EVERY_MS = "0",
  BYTES = "7000",
  END = "natural",
  SAMPLE_MS = "0",
} = process.env;
const words = "the quick brown fox jumps over a lazy dog while 42 models answer questions ".split(
  " ",
);

const newline = Buffer.from("\n");

/** Two buffers make it another system call than `write`, where faults are injected. */
function say(line) {
  writevSync(1, [Buffer.from(line), newline]);
}

/** Text as it comes from people and models: it shrinks by compression, but not to nothing. */
let supply = "";
while (supply.length < 2 * Number(BYTES)) {
  supply += `${words[Math.floor(Math.random() * words.length)]} `;
}
function text(bytes) {
  const start = Math.floor(Math.random() * (supply.length - bytes));
  return supply.slice(start, start + bytes);
}

function dropped() {
  return Object.values(stats().dropped).reduce((sum, count) => sum + count, 0);
}

function finishOne() {
  const before = dropped();
  const id = startTrace("fault");
  finalizeAndSend({ traceInput: text(Number(BYTES)) });
  if (dropped() === before) say(id);
}

if (EVERY_MS === "0") {
  for (let n = 0; n < Number(COUNT); n++) finishOne();
} else {
  let n = 0;
  const timer = setInterval(() => {
    finishOne();
    if (++n === Number(COUNT)) clearInterval(timer);
  }, Number(EVERY_MS));
}

if (SAMPLE_MS !== "0") {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  setInterval(() => {
    const { rss } = process.memoryUsage();
    say(
      `sample ${JSON.stringify({ rss, p99: delay.percentile(99) / 1e6, pending: stats().pending })}`,
    );
    delay.reset();
  }, Number(SAMPLE_MS));
}

if (END === "flush") {
  // A process that only sends what others left.
  if (COUNT === "0") startTrace("makes delivery start");
  const done = await flush(Number(process.env.FLUSH_MS ?? 60_000));
  say(`stats ${JSON.stringify({ ...stats(), done })}`);
  process.kill(process.pid, "SIGKILL");
}
