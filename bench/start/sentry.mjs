// `node sentry.mjs COLLECTOR [trace]`: Sentry's SDK; its first span is on its way at the end.
import * as Sentry from "@sentry/node";
import { quote } from "../dist/bare/quote.js";

const [collector, trace] = process.argv.slice(2);
if (trace !== undefined) {
  Sentry.init({ dsn: `${collector.replace("://", "://bench@")}/1`, tracesSampleRate: 1 });
  const args = [3, { sku: "B-1042", cents: 1250 }];
  Sentry.startSpan({ name: "quote", attributes: { input: JSON.stringify(args) } }, (span) => {
    span.setAttribute("output", JSON.stringify(quote(...args)));
  });
  process.exit();
}
