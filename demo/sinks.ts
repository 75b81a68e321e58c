// The processor's sinks, each pointed at a server on loopback → what it got, and where a person
// would look in the real thing.
// Invariant: nothing leaves this machine.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { Sink } from "llmops-processor";
import { cloudwatchSink } from "llmops-processor/cloudwatch";
import { datadogSink } from "llmops-processor/datadog";
import { langfuseSink } from "llmops-processor/langfuse";
import { newRelicSink } from "llmops-processor/new-relic";
import { s3Sink } from "llmops-processor/s3";

export interface DemoSinks {
  readonly sinks: readonly Sink[];
  /** What each got by now, in lines for people. */
  report(): Promise<string>;
  close(): Promise<void>;
}

interface Request {
  readonly path: string;
  readonly text: string;
}

const BUCKET = "llmops-demo";
/** Of a long line, the characters that are shown. */
const SHOWN = 160;

/** @param origin of an emulator of S3 */
export async function startSinks(origin: string): Promise<DemoSinks> {
  const requests: Request[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? "", text: await textOf(request) });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  await fetch(`${origin}/${BUCKET}`, { method: "PUT" });
  const lines: string[] = [];
  const sinks = [
    s3Sink({ bucket: BUCKET, endpoint: origin }),
    cloudwatchSink({ write: (text) => void lines.push(...text.trimEnd().split("\n")) }),
    langfuseSink({ publicKey: "pk-demo", secretKey: "sk-demo", baseUrl: `${url}/langfuse` }),
    newRelicSink({ licenseKey: "demo", endpoint: `${url}/new-relic` }),
    datadogSink({ apiKey: "demo", endpoint: `${url}/datadog/spans` }),
  ];
  return {
    sinks,
    async report() {
      const keys = await keysIn(origin);
      const posted = (name: string): string => {
        const own = requests.filter(({ path }) => path.startsWith(`/${name}/`));
        const spans = own.reduce((sum, { text }) => sum + spansIn(text), 0);
        return `${counted(own.length, "request")}, ${counted(spans, "span")}`;
      };
      return [
        `S3: ${counted(keys.length, "object")} in the bucket ${BUCKET}`,
        ...keys.map((key) => `  ${key}`),
        "  For real: the bucket of LLMOPS_S3_BUCKET; Athena takes its folders for partitions.",
        `CloudWatch: ${counted(lines.length, "line")} of metrics`,
        ...lines.slice(0, 2).map((line) => `  ${line.slice(0, SHOWN)}…`),
        "  For real: CloudWatch, Metrics, namespace LLMOps: TokenUsage, Cost, Latency by model.",
        `Langfuse: ${posted("langfuse")}`,
        "  For real: Langfuse, Tracing, the environment demo.",
        `New Relic: ${posted("new-relic")}`,
        "  For real: FROM Span SELECT * WHERE service.name = 'rag-demo'.",
        `Datadog: ${posted("datadog")}`,
        "  For real: LLM Observability, Traces, the application rag-demo.",
      ].join("\n");
    },
    async close() {
      for (const sink of sinks) sink.close?.();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const zipped = request.headers["content-encoding"] === "gzip";
  return (zipped ? gunzipSync(bytes) : bytes).toString("utf8");
}

async function keysIn(origin: string): Promise<string[]> {
  const listed = await (await fetch(`${origin}/${BUCKET}?list-type=2`)).text();
  return Array.from(listed.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) => key);
}

/** Both forms have one name a span; attributes have keys. */
function spansIn(text: string): number {
  return text.match(/"(?:startTimeUnixNano|start_ns)":/g)?.length ?? 0;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
