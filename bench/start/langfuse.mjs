// `node langfuse.mjs COLLECTOR [trace]`: Langfuse's SDK; its first span is in the exporter's queue
// at the end.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { observe } from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { quote } from "../dist/bare/quote.js";

const [collector, trace] = process.argv.slice(2);
if (trace !== undefined) {
  const keys = { publicKey: "pk-lf-bench", secretKey: "sk-lf-bench" };
  const processor = new LangfuseSpanProcessor({ baseUrl: collector, ...keys });
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  observe(quote, { name: "quote" })(3, { sku: "B-1042", cents: 1250 });
  process.exit();
}
