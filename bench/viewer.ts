// A store of 10,000 traces and one of 30,000 spans → what its answers take in ms, and its ingest.
// `node bench/viewer.ts`; `--quick` for a tenth of it.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../viewer/src/store/open.ts";
import { memoryOf } from "./viewer/memory.ts";
import { traceOf } from "./viewer/traces.ts";

const QUICK = process.argv.includes("--quick");
const TRACES = QUICK ? 1000 : 10_000;
const SPANS = 10;
const LONG = QUICK ? 3000 : 30_000;
const BATCH = 10;

const directory = mkdtempSync(join(tmpdir(), "llmops-bench-"));
const path = join(directory, "dev.db");
let store = await openStore({ path });

const print = (name: string, value: string): void => console.log(`${name.padEnd(50)}${value}`);

try {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  for (let at = 0; at < TRACES; at += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, one) => traceOf(at + one, SPANS));
    await store.ingest(batch.map((trace) => ({ trace, source: "sqs" })));
  }
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  print("ingest, spans a second", ((TRACES * SPANS) / seconds).toFixed(0));
  print("  by CPU time", ((TRACES * SPANS) / ((user + system) / 1e6)).toFixed(0));
  const long = traceOf(1_000_000, LONG);
  const parts = 30;
  const beganLong = performance.now();
  for (let part = 0; part < parts; part++) {
    const spans = long.spans.slice((part * LONG) / parts, ((part + 1) * LONG) / parts);
    await store.ingest([{ trace: { ...long, spans }, source: "sqs", part: part + 1, parts }]);
  }
  print(
    `one trace of ${LONG} spans, in 30 parts`,
    `${(performance.now() - beganLong).toFixed(0)} ms`,
  );
  await store.close();
  print("database, MB", (statSync(path).size / 1e6).toFixed(0));
  const opened = performance.now();
  store = await openStore({ path });
  print("open", `${(performance.now() - opened).toFixed(0)} ms`);
  const queries = [
    "",
    "status:error",
    "model:gpt*",
    "-model:gpt-1 env:dev",
    "fn:step3 tag:t1*",
    "local:draft",
    "meta.tier:m2",
    "duration:>2s cost:>0.0001",
    "structured",
    "question structured retriever",
    '"the prompt of"',
    "of",
    "e",
    "zz",
    "nothingatall",
    "-structured",
  ];
  for (const q of queries) {
    const times: number[] = [];
    let total = 0;
    for (let round = 0; round < 5; round++) {
      const page = await store.traces({ q });
      times.push(page.took_ms);
      ({ total } = page);
    }
    const [first = 0] = times;
    print(`list ${q}`, `${first} first, ${Math.min(...times)} least (${total})`);
  }
  for (const sort of ["duration", "cost", "name"] as const)
    print(`list by ${sort}`, `${(await store.traces({ sort })).took_ms}`);
  const timed = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const at = performance.now();
    await work();
    print(name, `${(performance.now() - at).toFixed(0)} ms`);
  };
  await timed("its spans", () => store.spans("trace-1000000", {}));
  await timed("its spans, again", () => store.spans("trace-1000000", {}));
  await timed("its wire trace", () => store.wireTrace("trace-1000000"));
  await timed("search in it", () => store.searchTrace("trace-1000000", "citations"));
  await timed("search of values", () => store.searchValues({ text: "structured" }));
  await timed("facets", () => store.facets());
  await timed("stats by model", () => store.stats({ by: "model" }));
  await timed("stats by fn", () => store.stats({ by: "fn" }));
  await timed("errors", () => store.errors({}));
  await timed("function calls", () => store.functionCalls());
  await timed("health", () => store.health());
} finally {
  await store.close();
  if (process.env["KEEP"] === undefined) rmSync(directory, { recursive: true, force: true });
  else console.log(path);
}

if (process.platform === "linux")
  for (const [name, { peak, rest }] of await memoryOf(TRACES, LONG))
    print(`llmops dev, MB, ${name}`, `${peak} at most, ${rest} after 10 s (limit 400)`);
