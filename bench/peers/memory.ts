// W6 of OpenTelemetry by hand: a span around the body, input and output as JSON attributes, batches that never leave.
import { trace as api } from "@opentelemetry/api";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Callable } from "../contenders.ts";
import type { Tracing } from "../memory/child.ts";

const item = { sku: "B-1042", cents: 1250 };

export async function tracing(): Promise<Tracing> {
  const { priced } = (await import(
    new URL("../dist/bare/pending.js", import.meta.url).href
  )) as Record<string, Callable>;
  const stalled = { export() {}, shutdown: () => Promise.resolve() };
  const processor = new BatchSpanProcessor(stalled, { maxQueueSize: 1_000_000 });
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  const tracer = api.getTracer("bench");
  const spanned = async (name: string, task: () => unknown, input?: string): Promise<unknown> =>
    tracer.startActiveSpan(name, async (span) => {
      if (input !== undefined) span.setAttribute("input", input);
      const result = await task();
      if (input !== undefined) span.setAttribute("output", JSON.stringify(result));
      span.end();
      return result;
    });
  return {
    trace: (task) => spanned("bench", task),
    call: (quantity, until) =>
      spanned("priced", () => priced?.(quantity, item, until), JSON.stringify([quantity, item])),
  };
}
