// A store of 10,000 traces and one of 30,000 spans → what its answers take in ms, and its ingest.
// `node bench/viewer.ts`; `--quick` for a tenth of it.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrace, type WireTrace } from "llmops-observability/wire";
import { openStore } from "../viewer/src/store/open.ts";

const QUICK = process.argv.includes("--quick");
const TRACES = QUICK ? 1000 : 10_000;
const SPANS = 10;
const LONG = QUICK ? 3000 : 30_000;
const BATCH = 10;
const T0 = 1_795_000_000;

const WORDS =
  "the quick model answers a question about structured output and tools while tokens flow through the retriever into the prompt of an agent that plans searches reads writes summarizes documents invoices customers orders and returns results with citations".split(
    " ",
  );

function sentence(seed: number, words: number): string {
  let state = seed * 2_654_435_761 + 1;
  return Array.from({ length: words }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % 7 === 0 ? state.toString(36) : WORDS[state % WORDS.length];
  }).join(" ");
}

function traceOf(id: number, spans: number): WireTrace {
  const started = T0 + id;
  return readTrace(
    JSON.stringify({
      trace_id: `trace-${id}`,
      trace_name: ["question", "index", "summary"][id % 3],
      project_id: "shop",
      environment: id % 2 ? "dev" : "test",
      user_id: `user-${id % 500}`,
      session_id: `session-${id % 2000}`,
      start_time: started,
      end_time: started + 2,
      duration_ms: 2000 + (id % 900),
      tags: ["a", `t${id % 20}`],
      metadata: { tier: `m${id % 5}` },
      spans: Array.from({ length: spans }, (_, at) => spanOf(id, at, started)),
    }),
  );
}

function spanOf(id: number, at: number, started: number): object {
  const isGeneration = at % 5 === 4;
  const tokens = 100 + (id % 300);
  return {
    span_id: `trace-${id}-${at}`,
    span_name: isGeneration ? "chat" : `step${at % 20}`,
    span_type: isGeneration ? "generation" : "span",
    parent_span_id: at === 0 ? null : `trace-${id}-${at < 10 ? 0 : Math.floor(at / 10)}`,
    start_time: started + at / 1e4,
    end_time: started + at / 1e4 + 0.05,
    duration_ms: 50,
    input_data: {
      args: [sentence(id * 31 + at, 12)],
      kwargs: {},
      locals: { total: id * 1.5, draft: sentence(id * 17 + at, 20) },
    },
    output_data: { output: sentence(id + at, 10) },
    error: id % 50 === 0 && at === 3 ? { type: "Error", message: "boom", stack: null } : null,
    status: id % 50 === 0 && at === 3 ? "error" : "success",
    code: {
      function: `step${at % 20}`,
      file: "src/a.ts",
      line: at,
      column: 1,
      site: `src/a.ts#step${at % 20}`,
      hash: `h${at % 20}`,
    },
    ...(isGeneration && {
      model_id: `gpt-${id % 4}`,
      usage: { input_tokens: tokens, output_tokens: 20, total_tokens: tokens + 20 },
      cost: { input_cost: 0, output_cost: 0, total_cost: tokens / 1e6 },
      prompt: sentence(id * 7 + at, 60),
      response: sentence(id * 5 + at, 40),
    }),
  };
}

const directory = mkdtempSync(join(tmpdir(), "llmops-bench-"));
const path = join(directory, "dev.db");
let store = await openStore({ path });

const print = (name: string, value: string): void => console.log(`${name.padEnd(44)}${value}`);

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
  print("RSS, MB", (process.memoryUsage().rss / 1e6).toFixed(0));
} finally {
  await store.close();
  if (process.env["KEEP"] === undefined) rmSync(directory, { recursive: true, force: true });
  else console.log(path);
}
