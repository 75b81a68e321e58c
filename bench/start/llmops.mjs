// `node llmops.mjs COLLECTOR [trace]`: ours as a program has it, with a function that our compiler
// has compiled.
import { configure, stats } from "llmops-observability";
import { quote } from "../dist/ast/quote.js";

const [collector, trace] = process.argv.slice(2);
if (trace !== undefined) {
  configure({ sqs: { url: `${collector}/000000000000/bench`, region: "eu-central-1" } });
  quote(3, { sku: "B-1042", cents: 1250 });
  if (stats().accepted !== 1) throw new Error("the trace was not accepted");
  process.exit();
}
