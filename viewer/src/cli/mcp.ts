// `llmops mcp` → the tools over stdio: asked of a running `llmops dev`, else of the database.
// Invariant: stdout carries the protocol alone; each call looks anew for who has the store.
import { once } from "node:events";
import { dirname } from "node:path";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { compareTraces } from "../compare/compare.ts";
import { answersOf } from "./answers-of.ts";
import { forward } from "../mcp/forward.ts";
import { type Ask, type Call, mcpServer, refused, runTool } from "../mcp/server.ts";
import { Sources } from "../source/sources.ts";
import { openReader } from "../store/open.ts";
import type { TraceReader } from "../store.ts";
import { databaseOf } from "./open-traces.ts";
import { runningDev } from "./running-dev.ts";
import { VERSION } from "./version.ts";
import { visible } from "./visible.ts";

export async function mcp(directory: string = process.cwd()): Promise<number> {
  const call: Call = async (name, ask) => {
    const running = await runningDev(directory);
    if (running !== undefined) {
      try {
        return await forward(running.url, name, ask);
      } catch (error) {
        // It has ended since, or hangs: what it stored is there to be read.
        tell(error);
      }
    }
    return readTool(directory, name, ask);
  };
  const serving = serveStdio(mcpServer(VERSION, call), { onerror: tell });
  // The AI's program closes it when it ends.
  await once(process.stdin, "close");
  await serving.close();
  return 0;
}

function tell(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`llmops mcp: ${visible(message)}\n`);
}

/** Opens the database for this call alone: another `llmops dev` may come and make it anew. */
async function readTool(directory: string, name: string, ask: Ask): ReturnType<Call> {
  try {
    const { path } = await databaseOf(directory);
    const reader = await openReader({ path });
    try {
      const sources = sourcesOf(reader, dirname(dirname(path)));
      const answers = answersOf(reader, sources, (a, b) => compareTraces(reader, a, b));
      return await runTool(answers, name, ask, tell);
    } finally {
      await reader.close();
    }
  } catch (error) {
    return refused(error, tell);
  }
}

function sourcesOf(reader: TraceReader, root: string): Sources {
  return new Sources({
    roots: [root],
    // Only who serves keeps snapshots, and shows instrumented code.
    store: { ...reader, keepSnapshots: () => Promise.resolve() },
    instrument: () => Promise.reject(new Error("not here")),
  });
}
