// W10: a request through a framework, bare, traced by us and by OpenTelemetry → CPU of the server's process per request.
// Invariant: servers are processes of their own, in turn; the load comes from another process over connections that stay open.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";
import { quantile } from "../quantile.ts";

const FRAMEWORKS = ["node:http", "Express", "Hono"] as const;
const CONTENDERS = ["bare", "llmops", "otel"] as const;
const CONNECTIONS = 20;
const WARM_UP = 3_000;
/** Traces and spans are sent in the time between, whose cost belongs to the requests. */
const SETTLE_MS = 1_500;

/** @returns lines of a Markdown table */
export async function measureRequests(port: number, rounds: number): Promise<readonly string[]> {
  const requests = rounds > 3 ? 10_000 : 5_000;
  const lines = [
    "| W10, server CPU µs a request | bare | llmops adds | OpenTelemetry adds | OpenTelemetry / llmops |",
    "|---|---|---|---|---|",
  ];
  for (const framework of FRAMEWORKS) {
    const samples = new Map(CONTENDERS.map((one) => [one, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of CONTENDERS) {
        const us = await sample(framework, contender, port, requests);
        samples.get(contender)?.push(us);
        console.error(`W10 ${round + 1}/${rounds} ${framework}, ${contender}: ${us.toFixed(1)} µs`);
      }
    }
    const [bare = 0, ours = 0, theirs = 0] = CONTENDERS.map((one) =>
      quantile(samples.get(one) ?? [], 0.5),
    );
    const added = [ours - bare, theirs - bare] as const;
    lines.push(
      `| ${framework} | ${bare.toFixed(0)} | ${added[0].toFixed(0)} | ${added[1].toFixed(0)} | ${(added[1] / added[0]).toFixed(1)} |`,
    );
  }
  return lines;
}

async function sample(
  framework: string,
  contender: string,
  collector: number,
  requests: number,
): Promise<number> {
  const file = fileURLToPath(new URL("server.cjs", import.meta.url));
  const server = fork(file, [framework, contender, `http://127.0.0.1:${collector}`], {
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const { port } = await answerOf<{ port: number }>(server);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  await load(port, agent, WARM_UP);
  await settle();
  const before = await cpuOf(server);
  await load(port, agent, requests);
  await settle();
  const after = await cpuOf(server);
  agent.destroy();
  server.disconnect();
  await once(server, "exit");
  return (after - before) / requests;
}

function settle(): Promise<void> {
  return new Promise((done) => setTimeout(done, SETTLE_MS));
}

async function cpuOf(server: ChildProcess): Promise<number> {
  server.send("cpu");
  const { cpu } = await answerOf<{ cpu: NodeJS.CpuUsage }>(server);
  return cpu.user + cpu.system;
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
