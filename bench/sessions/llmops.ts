// This project's session: one open trace a block, delivered to memory in the form in which it would be sent.
// Loads the built packages, as the compiled workloads do, so that both share one registry.
import { configure, endTrace, flush, startTrace } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import type { Session } from "../contenders.ts";

const sink = memorySink();

export const session: Session = {
  start() {
    configure({ sink, durability: "memory" });
  },
  open() {
    startTrace("bench");
  },
  async close() {
    endTrace();
    await flush();
  },
  recorded() {
    return sink.traces().reduce((sum, trace) => sum + trace.spans.length, 0);
  },
};
