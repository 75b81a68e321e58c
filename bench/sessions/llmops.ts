// This project, compiled in: traces leave in the form in which SQS would get them, in requests of as many messages.
// Loads the built packages, as the compiled workloads do, so that both share one registry.
import {
  configure,
  flush,
  withTrace,
  type Entry,
  type Outcome,
  type Sink,
} from "llmops-observability";
import type { Session } from "../contenders.ts";
import { post } from "../post.ts";

/** Longest wait for one block's delivery, in ms. */
const PATIENCE_MS = 120_000;

export const session: Session = {
  start(collector) {
    // The peers keep nothing on disk either; `LLMOPS_DURABILITY=wal` adds it to the busy time.
    const durability = process.env["LLMOPS_DURABILITY"] === "wal" ? "wal" : "memory";
    // As the peers' queues: room for all of the largest block, which in "wal" would lie on disk.
    const limits = { memory: 1024 * 1024 * 1024 };
    configure({ sink: collectorSink(collector), durability, limits });
  },
  trace: (body) => withTrace("bench", body),
  async flush() {
    if (!(await flush(PATIENCE_MS))) throw new Error("not all traces were delivered in time");
  },
};

function collectorSink(collector: string): Sink {
  return {
    name: "collector",
    async send(entries: readonly Entry[]): Promise<readonly Outcome[]> {
      await post(`${collector}/llmops`, JSON.stringify(entries.map(({ body }) => body)));
      return entries.map(() => ({ state: "sent" }));
    },
  };
}
