// This project as in production: the AWS client sends to a queue, here the collector's; the
// durability is the environment's.
import { configure, flush, withTrace } from "llmops-observability";
import type { Session } from "../contenders.ts";

/** Longest wait for the delivery of all, in ms. */
const PATIENCE_MS = 120_000;
const GIB = 1024 ** 3;

export const session: Session = {
  start(collector) {
    configure({ sqs: { url: `${collector}/000000000000/bench`, region: "eu-central-1" } });
    // As the peers' queues: room for all that is made before the first of it is sent.
    if (process.env["LLMOPS_DURABILITY"] === "memory") configure({ limits: { memory: GIB } });
  },
  trace: (body) => withTrace("bench", body),
  async flush() {
    if (!(await flush(PATIENCE_MS))) throw new Error("not all traces were delivered in time");
  },
};
