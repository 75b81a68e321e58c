// OpenTelemetry as its documentation has it: a span around the body, input and output as JSON attributes, OTLP in batches.
import { SpanStatusCode, trace, type Span } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Callable, Session } from "../contenders.ts";

let processor: BatchSpanProcessor;
const tracer = trace.getTracer("bench");

export const session: Session = {
  start(collector) {
    const exporter = new OTLPTraceExporter({ url: `${collector}/v1/traces` });
    // The default queue of 2,048 spans would drop most of a busy block.
    processor = new BatchSpanProcessor(exporter, { maxQueueSize: 1_000_000 });
    new NodeTracerProvider({ spanProcessors: [processor] }).register();
  },
  wrap<F extends Callable>(fn: F, name: string): F {
    const wrapped: Callable = (...args) =>
      tracer.startActiveSpan(name, (span) => {
        span.setAttribute("input", JSON.stringify(args));
        try {
          const result = fn(...args);
          if (!(result instanceof Promise)) return ended(span, result);
          return result.then(
            (value: unknown) => ended(span, value),
            (error: unknown) => failed(span, error),
          );
        } catch (error) {
          return failed(span, error);
        }
      });
    return wrapped as F;
  },
  trace: (body) =>
    tracer.startActiveSpan("bench", async (span) => {
      await body();
      span.end();
    }),
  flush: () => processor.forceFlush(),
};

function ended<T>(span: Span, result: T): T {
  span.setAttribute("output", JSON.stringify(result));
  span.end();
  return result;
}

function failed(span: Span, error: unknown): never {
  span.recordException(error as Error);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  throw error;
}
