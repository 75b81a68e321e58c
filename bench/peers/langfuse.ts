// Langfuse's SDK as its documentation has it: `observe` around the function, its span processor on OpenTelemetry's provider.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { observe } from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Session } from "../contenders.ts";

let processor: LangfuseSpanProcessor;

export const session: Session = {
  start(collector) {
    processor = new LangfuseSpanProcessor({
      baseUrl: collector,
      publicKey: "pk-lf-bench",
      secretKey: "sk-lf-bench",
    });
    new NodeTracerProvider({ spanProcessors: [processor] }).register();
  },
  // OpenTelemetry's default, which its processor does not let be set.
  queue: 2048,
  wrap: (fn, name) => observe(fn, { name }),
  trace: (body) => observe(body, { name: "bench" })(),
  flush: () => processor.forceFlush(),
};
