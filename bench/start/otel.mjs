// `node otel.mjs COLLECTOR [trace]`: OpenTelemetry by hand; its first span is in the exporter's
// queue at the end.
import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { quote } from "../dist/bare/quote.js";

const [collector, wanted] = process.argv.slice(2);
if (wanted !== undefined) {
  const exporter = new OTLPTraceExporter({ url: `${collector}/v1/traces` });
  new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register();
  const args = [3, { sku: "B-1042", cents: 1250 }];
  trace.getTracer("bench").startActiveSpan("quote", (span) => {
    span.setAttribute("input", JSON.stringify(args));
    span.setAttribute("output", JSON.stringify(quote(...args)));
    span.end();
  });
  process.exit();
}
