// Datadog's SDK as its documentation has it: LLM Observability by way of an agent, whose place the
// collector takes.
import tracer from "dd-trace";
import type { Callable, Session } from "../contenders.ts";

/** Its buffer drops what comes beyond a thousand spans, and is sent once a second. */
const SPANS_TO_FLUSH = 900;
let spans = 0;

export const session: Session = {
  start(collector) {
    process.env["DD_INSTRUMENTATION_TELEMETRY_ENABLED"] = "false";
    process.env["DD_REMOTE_CONFIGURATION_ENABLED"] = "false";
    tracer.init({
      url: collector,
      service: "bench",
      plugins: false,
      startupLogs: false,
      llmobs: { mlApp: "bench", agentlessEnabled: false },
    });
  },
  wrap<F extends Callable>(fn: F, name: string): F {
    // `tracer.llmobs` is another one before `init`.
    const kind = name === "complete" ? "llm" : "task";
    const wrapped = tracer.llmobs.wrap({ kind, name }, fn as Callable);
    const counted: Callable = (...args) => {
      if (++spans % SPANS_TO_FLUSH === 0) tracer.llmobs.flush();
      return wrapped(...args) as unknown;
    };
    return counted as F;
  },
  trace: (body) => tracer.llmobs.trace({ kind: "workflow", name: "bench" }, body),
  async flush() {
    tracer.llmobs.flush();
    // It does not say when it is done.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  },
};
