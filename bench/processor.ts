// `node --expose-gc bench/processor.ts [traces]`: traces of 7 KB and ten spans through decode,
// marks in memory and three sinks, with the vendors in a process of their own → traces a second,
// CPU beside that of decoding alone, the heap on the way; and what importing the Lambda takes
// beyond bare Node. Run it alone: it takes both cores.
import { execFileSync, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createHandler, decode, memoryStore, type WireSpan } from "llmops-processor";
import { datadogSink } from "llmops-processor/datadog";
import { newRelicSink } from "llmops-processor/new-relic";
import { s3Sink } from "llmops-processor/s3";
import { encode } from "llmops-observability/wire";

const TRACES = Number(process.argv[2] ?? 20_000);
const BATCH = 10;
/** Invocations at the same time: one waits for the vendors while another one decodes. */
const AT_ONCE = 4;
/** Different texts to make the spans of. */
const WORDS =
  "the trace of a request says what went in and what came out of every function on its way".split(
    " ",
  );

function words(count: number): string {
  return Array.from({ length: count }, () => WORDS[Math.floor(Math.random() * WORDS.length)]).join(
    " ",
  );
}

function spanOf(at: number, parent: string | null, now: number): Partial<WireSpan> {
  const generation = at % 5 === 4;
  return {
    span_id: randomUUID(),
    span_name: `step ${at}`,
    span_type: generation ? "generation" : "span",
    parent_span_id: parent,
    start_time: now - 1,
    end_time: now,
    duration_ms: 1000,
    input_data: { args: [words(15)], kwargs: {}, locals: { found: words(20), count: at } },
    output_data: { output: words(15) },
    metadata: { environment: "bench", project_id: "bench" },
    status: "success",
    ...(generation && {
      model_id: "gpt-4o-mini",
      prompt: words(60),
      response: words(30),
      usage: { input_tokens: 80, output_tokens: 40, total_tokens: 120 },
      cost: { input_cost: 0.001, output_cost: 0.002, total_cost: 0.003 },
    }),
  };
}

async function bodies(count: number): Promise<{ texts: string[]; bytes: number }> {
  const texts: string[] = [];
  let bytes = 0;
  const now = Date.now() / 1000;
  for (let made = 0; made < count; made++) {
    const id = randomUUID();
    const spans: Partial<WireSpan>[] = [];
    for (let at = 0; at < 10; at++) spans.push(spanOf(at, spans.at(-1)?.span_id ?? null, now));
    const trace = {
      trace_id: id,
      trace_name: "bench",
      project_id: "bench",
      environment: "bench",
      start_time: now - 1,
      end_time: now,
      duration_ms: 1000,
      spans,
      total_spans: 10,
    };
    const json = JSON.stringify(trace);
    bytes += json.length;
    texts.push(...(await encode(id, json)));
  }
  return { texts, bytes: bytes / count };
}

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

async function throughput(): Promise<void> {
  const vendors = fork(join(import.meta.dirname, "processor-vendors.ts"));
  const [{ url }] = (await once(vendors, "message")) as [{ url: string }];
  // The bucket alone is not there: what S3 takes is made and thrown away.
  const client = { send: () => Promise.resolve({}) };
  const sinks = [
    s3Sink({ bucket: "bench", client }),
    newRelicSink({ licenseKey: "key", endpoint: url }),
    datadogSink({ apiKey: "key", endpoint: `${url}/spans` }),
  ];
  const handler = createHandler({ sinks, store: memoryStore() });
  const { texts, bytes } = await bodies(2000);
  const beforeDecoding = process.cpuUsage();
  for (const text of texts) decode(text);
  const decodingMs = cpuMs(beforeDecoding) / texts.length;

  // Made before: the producers are other processes.
  const { texts: waiting } = await bodies(TRACES);
  let sent = 0;
  const heaps: number[] = [];
  const before = process.cpuUsage();
  const began = performance.now();
  const work = async (): Promise<void> => {
    while (sent < TRACES) {
      const batch = waiting.slice(sent, sent + BATCH);
      sent += BATCH;
      const Records = batch.map((body) => ({ messageId: randomUUID(), body }));
      const { batchItemFailures } = await handler({ Records });
      if (batchItemFailures.length > 0) throw new Error("a sink failed");
      if (sent % (TRACES / 10) < BATCH) {
        globalThis.gc?.();
        heaps.push(process.memoryUsage().heapUsed / 1e6);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seconds = (performance.now() - began) / 1000;
  const ownMs = cpuMs(before) / TRACES;
  print(`${TRACES} traces of ${(bytes / 1000).toFixed(1)} KB, ten spans, three sinks`);
  print(`  ${Math.round(TRACES / seconds)} traces/s`);
  print(
    `  ${ownMs.toFixed(2)} ms of CPU a trace: ${(ownMs / decodingMs).toFixed(1)} × decoding it (${decodingMs.toFixed(2)} ms)`,
  );
  print(
    `  heap, MB, the messages included, on the way: ${heaps.map((one) => one.toFixed(0)).join(" ")}`,
  );
  vendors.disconnect();
  for (const sink of sinks) sink.close?.();
}

function importing(): void {
  const bundle = join(import.meta.dirname, "../processor/dist-lambda/lambda.mjs");
  const script = (what: string): string =>
    `const c = process.cpuUsage(); ${what}; const u = process.cpuUsage(c); console.log((u.user + u.system) / 1000)`;
  const median = (what: string): number => {
    const times = Array.from({ length: 11 }, () =>
      Number(execFileSync(process.execPath, ["--input-type=module", "-e", script(what)])),
    );
    return times.toSorted((a, b) => a - b)[5] ?? 0;
  };
  const bare = median("");
  print(
    `Import of the Lambda: ${(median(`await import(${JSON.stringify(bundle)})`) - bare).toFixed(0)} ms of CPU beyond bare Node`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await throughput();
importing();
