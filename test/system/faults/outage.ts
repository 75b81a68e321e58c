// SQS away for a while under a steady load, then back → memory, delay of the event loop, time to drain, and whether new
// traces arrive meanwhile. The first part, with a healthy queue, is what the rest is compared with.
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import { decode } from "../../../runtime/src/wire/message.ts";
import {
  App,
  settle,
  temporaryDirectory,
  type Progress,
  type Report,
  type Sample,
} from "./harness.ts";

const PER_SECOND = 50;
const SAMPLE_MS = 250;
/**
 * Time for the SDK to be loaded and for V8's young generation to find its size: 64 MiB after 34 s, all of it touched after 100 s (measured,
 * Node 24). Before that the resident size grows with a healthy queue, too.
 */
const WARM_UP_MS = 90_000;

const GOALS = { rssMiB: 32, drainSeconds: 60, delayMs: 2 };

export interface OutageOptions {
  readonly healthyMs: number;
  readonly outageMs: number;
  /** A short outage says nothing about figures: then only losses count. */
  readonly strict: boolean;
}

export async function outage(options: OutageOptions, progress?: Progress): Promise<Report> {
  const { healthyMs, outageMs, strict } = options;
  using directory = temporaryDirectory();
  const queue = await startFaultSqs();
  const app = new App({
    url: queue.url,
    directory: directory.path,
    env: { EVERY_MS: String(1000 / PER_SECOND), SAMPLE_MS: String(SAMPLE_MS) },
  });
  const finishedAt = new Map<string, number>();
  app.onAccepted = (id) => finishedAt.set(id, Date.now());
  const all = (healthyMs + outageMs) / 1000;
  const wait = async (ms: number, before: number): Promise<Sample[]> => {
    const from = app.samples.length;
    for (let passed = 0; passed < ms; passed += 250) {
      await sleep(250);
      progress?.(Math.round((before + passed) / 1000), all);
    }
    return app.samples.slice(from);
  };

  await wait(strict ? WARM_UP_MS : 1000, 0);
  const healthy = await wait(healthyMs, 0);
  queue.chaos = () => "503";
  const away = await wait(outageMs, healthyMs);
  queue.chaos = undefined;
  const backAt = Date.now();
  const storedBefore = queue.stored.length;
  // The first to arrive tells that the circuit has closed: from now on new ones go first.
  let closedAt = Infinity;
  const from = app.samples.length;
  // Drained: what was finished before now has arrived.
  const old = new Set(app.accepted);
  const oldAll = old.size;
  const latencies: number[] = [];
  let read = 0;
  while (old.size > 0 && Date.now() - backAt < 180_000) {
    await sleep(50);
    for (; read < queue.stored.length; read++) {
      const id = decode(queue.stored[read] ?? "").trace_id;
      const finished = finishedAt.get(id) ?? 0;
      old.delete(id);
      if (read >= storedBefore) closedAt = Math.min(closedAt, Date.now());
      if (finished > closedAt) latencies.push(Date.now() - finished);
    }
  }
  const drainSeconds = (Date.now() - backAt) / 1000;
  await sleep(SAMPLE_MS);
  const draining = app.samples.slice(from).filter(({ pending }) => pending > PER_SECOND);
  app.kill();
  await app.ended;
  const account = await settle(directory.path, queue, app.accepted);
  await queue.close();

  const rss = most(away.concat(draining), "rss") - most(healthy, "rss");
  const rssAway = most(away, "rss") - most(healthy, "rss");
  const base = median(healthy.map(({ p99 }) => p99));
  const delay = median(away.map(({ p99 }) => p99)) - base;
  const delayDraining = median(draining.map(({ p99 }) => p99)) - base;
  const rssMiB = rss / 1024 / 1024;
  const live = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
  const failures = [
    ...(account.lost.length > 0 ? [`lost ${account.lost.length}`] : []),
    ...(old.size > 0 ? [`${old.size} of ${oldAll} did not arrive within 3 minutes`] : []),
    ...(strict && rssMiB > GOALS.rssMiB ? [`RSS grew by more than ${GOALS.rssMiB} MiB`] : []),
    ...(strict && drainSeconds > GOALS.drainSeconds ? ["drained too slowly"] : []),
    ...(strict && Math.max(delay, delayDraining) > GOALS.delayMs
      ? ["the event loop was delayed"]
      : []),
    ...(strict && live > 2000 ? ["new traces had to wait for the backlog"] : []),
  ];
  return {
    name: `SQS away for ${outageMs / 1000} s at ${PER_SECOND} traces/s`,
    figures:
      `${account.accepted} accepted, ${account.lost.length} lost, RSS +${rssMiB.toFixed(1)} MiB (+${(rssAway / 1024 / 1024).toFixed(1)} while away), ` +
      `${oldAll - storedBefore} drained in ${drainSeconds.toFixed(1)} s, new ones within ${live} ms (p99), ` +
      `loop delay p99 ${base.toFixed(1)} ms, +${delay.toFixed(1)} while away, +${delayDraining.toFixed(1)} while draining`,
    failures,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function most(samples: readonly Sample[], key: "rss"): number {
  return samples.reduce((highest, sample) => Math.max(highest, sample[key]), 0);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
