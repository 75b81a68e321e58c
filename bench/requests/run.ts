// W10: a request through a framework, bare, traced by us and by OpenTelemetry, all to one collector
// → CPU of the server's process per request, all threads and the main one.
// Invariant: servers are processes of their own, in turn; the load comes from another process over
// connections that stay open, and each request stands in some export.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";
import { post } from "../post.ts";
import { quantile } from "../quantile.ts";

const FRAMEWORKS = ["node:http", "Express", "Fastify", "Koa", "Hono"] as const;
const CONTENDERS = ["bare", "memory", "wal", "otel"] as const;
type Contender = (typeof CONTENDERS)[number];
const CONNECTIONS = 20;
const WARM_UP = 3_000;
/** Traces and spans are sent in the time between, whose cost belongs to the requests. */
const SETTLE_MS = 2_000;

/** µs of CPU a request. */
interface Cost {
  readonly all: number;
  /** Of it, on the thread that serves. */
  readonly main: number;
}

/** @returns lines of a Markdown table */
export async function measureRequests(port: number, rounds: number): Promise<readonly string[]> {
  const requests = rounds > 3 ? 10_000 : 5_000;
  const lines = [
    "W10, µs of CPU that tracing adds to a request, all threads (main thread); each to one collector by OTLP over HTTP:",
    "",
    "| | bare | ours, memory | ours, wal | OpenTelemetry | OpenTelemetry / ours, memory |",
    "|---|---|---|---|---|---|",
  ];
  for (const framework of FRAMEWORKS) {
    const samples = new Map<Contender, Cost[]>(CONTENDERS.map((one) => [one, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of CONTENDERS) {
        const cost = await sample(framework, contender, port, requests);
        samples.get(contender)?.push(cost);
        console.error(`W10 ${round + 1}/${rounds} ${framework}, ${contender}: ${text(cost)} µs`);
      }
    }
    const costOf = (contender: Contender): Cost => median(samples.get(contender) ?? []);
    const bare = costOf("bare");
    const added = (contender: Contender): Cost => {
      const { all, main } = costOf(contender);
      return { all: all - bare.all, main: main - bare.main };
    };
    const [memory, wal, otel] = [added("memory"), added("wal"), added("otel")];
    const ratio = `${(otel.all / memory.all).toFixed(1)} (${(otel.main / memory.main).toFixed(1)})`;
    lines.push(`| ${[framework, ...[bare, memory, wal, otel].map(text), ratio].join(" | ")} |`);
  }
  return lines;
}

function text({ all, main }: Cost): string {
  return `${all.toFixed(0)} (${main.toFixed(0)})`;
}

function median(costs: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number): number => quantile(costs.map(pick), 0.5);
  return { all: of(({ all }) => all), main: of(({ main }) => main) };
}

async function sample(
  framework: string,
  contender: Contender,
  collector: number,
  requests: number,
): Promise<Cost> {
  const file = fileURLToPath(new URL("server.cjs", import.meta.url));
  const origin = `http://127.0.0.1:${collector}`;
  const server = fork(file, [framework, contender, origin], { stdio: ["ignore", 2, 2, "ipc"] });
  const { port } = await answerOf<{ port: number }>(server);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  await load(port, agent, WARM_UP);
  await settle();
  await post(`${origin}/watch`, JSON.stringify({ name: "", mark: "/users/" }));
  const before = await usageOf(server);
  await load(port, agent, requests);
  await settle();
  const after = await usageOf(server);
  agent.destroy();
  server.disconnect();
  await once(server, "exit");
  const { marks } = JSON.parse(await post(`${origin}/count`, "")) as { marks: number };
  if (contender !== "bare" && marks < requests)
    throw new Error(`${framework}, ${contender}: ${marks} of ${requests} requests were exported`);
  return {
    all: (after.all - before.all) / requests,
    main: (after.main - before.main) / requests,
  };
}

function settle(): Promise<void> {
  return new Promise((done) => setTimeout(done, SETTLE_MS));
}

async function usageOf(server: ChildProcess): Promise<Cost> {
  server.send("usage");
  return answerOf<Cost>(server);
}

async function answerOf<T>(server: ChildProcess): Promise<T> {
  const [message] = (await once(server, "message")) as [T];
  return message;
}

async function load(port: number, agent: Agent, requests: number): Promise<void> {
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await ask(port, agent, left);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

function ask(port: number, agent: Agent, id: number): Promise<void> {
  return new Promise((done, failed) => {
    const options = { host: "127.0.0.1", port, agent, path: `/users/${id}?q=1` };
    get(options, (response) => response.resume().on("end", done)).on("error", failed);
  });
}
