// Puts trace after trace into the store that it is given, and says each that was answered for.
import { openStore } from "../../src/store/open.ts";
import { coming, trace } from "./traces.ts";

const store = await openStore({ path: process.argv[2] ?? "" });
for (let at = 0; ; at++) {
  const spans = [
    { span_id: "1" },
    { span_id: "2" },
    { span_id: "3", output_data: { output: "needle" } },
  ];
  await store.ingest(coming(trace(`t${at}`, spans)));
  process.stdout.write(`t${at}\n`);
}
