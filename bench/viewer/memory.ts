// `llmops dev` with so many traces → the resident memory of its processes, in MB.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { traceOf } from "./traces.ts";

const BIN = join(import.meta.dirname, "../../viewer/bin/llmops-viewer.js");
const BATCH = 1000;
const PAGE_BYTES = 4096;
const LONG_ID = 1_000_000;

interface Memory {
  readonly peak: number;
  /** Ten seconds later. */
  readonly rest: number;
}

/** A process and all below it. */
function residentOf(pid: number): number {
  const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  const below = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  const own = (Number(pages) * PAGE_BYTES) / 1e6;
  return below.filter(Boolean).reduce((sum, child) => sum + residentOf(Number(child)), own);
}

/** Reads all of an answer; one that refuses would take no memory. */
async function answered(asked: Promise<Response>): Promise<void> {
  const answer = await asked;
  const { byteLength } = await answer.arrayBuffer();
  if (!answer.ok || byteLength === 0) throw new Error(`${answer.url}: ${answer.status}`);
}

export async function memoryOf(
  traces: number,
  spans: number,
): Promise<ReadonlyMap<string, Memory>> {
  const root = mkdtempSync(join(tmpdir(), "llmops-memory-"));
  const args = [BIN, "dev", "--port", "0", "--json", "--no-open", "--no-spool"];
  const dev = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const { pid = 0 } = dev;
  const [line] = (await once(createInterface(dev.stdout), "line")) as [string];
  const { url, token } = JSON.parse(line) as { url: string; token: string };
  const found = new Map<string, Memory>();
  const measure = async (name: string, work: () => Promise<void>): Promise<void> => {
    let peak = 0;
    const watching = setInterval(() => (peak = Math.max(peak, residentOf(pid))), 50);
    await work();
    clearInterval(watching);
    await sleep(10_000);
    found.set(name, { peak: Math.round(peak), rest: Math.round(residentOf(pid)) });
  };
  const send = async (body: string): Promise<void> => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/x-ndjson",
    };
    await answered(fetch(`${url}/api/import`, { method: "POST", headers, body }));
  };
  const get = async (path: string): Promise<void> => {
    await answered(fetch(`${url}/api${path}`));
  };
  try {
    await measure("traces imported", async () => {
      for (let at = 0; at < traces; at += BATCH)
        await send(
          Array.from({ length: BATCH }, (_, one) => JSON.stringify(traceOf(at + one, 10))).join(
            "\n",
          ),
        );
    });
    await measure("a long trace, in one line", () => send(JSON.stringify(traceOf(LONG_ID, spans))));
    await measure("its spans twice, its export", async () => {
      await get(`/traces/trace-${LONG_ID}/spans`);
      await get(`/traces/trace-${LONG_ID}/spans`);
      await get(`/traces/trace-${LONG_ID}/export`);
    });
    await measure("compared with itself", () =>
      get(`/compare?a=trace-${LONG_ID}&b=trace-${LONG_ID}`),
    );
  } finally {
    dev.kill("SIGINT");
    await once(dev, "exit");
    rmSync(root, { recursive: true, force: true });
  }
  return found;
}
