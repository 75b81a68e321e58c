// `llmops clear` → traces deleted, by the `llmops dev` that runs or without it, after a question.
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { openReader, openStore } from "../store/open.ts";
import { CommandError } from "./command-error.ts";
import { databaseOf } from "./open-traces.ts";
import type { RunningDev } from "./running-dev.ts";

export interface ClearFlags {
  readonly query?: string;
  readonly yes?: boolean;
}

export async function clear({ query = "", yes = false }: ClearFlags): Promise<number> {
  const { path, running } = await databaseOf(process.cwd());
  if (!yes && !process.stdin.isTTY)
    throw new CommandError("Without a terminal to ask at, llmops clear needs --yes");
  if (!existsSync(path)) return said(0, query);
  const reader = await openReader({ path });
  const { total } = await reader.traces({ q: query, limit: 1 }).finally(() => reader.close());
  if (total === 0) return said(0, query);
  if (!yes && !(await confirmed(total))) return 1;
  return said(await remove(path, query, running), query);
}

function said(deleted: number, query: string): number {
  process.stdout.write(`deleted ${deleted}\n`);
  return deleted === 0 && query !== "" ? 1 : 0;
}

async function confirmed(total: number): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const traces = total === 1 ? "1 trace" : `${total} traces`;
  const answer = await terminal.question(`Delete ${traces}? [y/N] `);
  terminal.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

async function remove(
  path: string,
  query: string,
  running: RunningDev | undefined,
): Promise<number> {
  if (running === undefined) {
    const store = await openStore({ path });
    const removed = await store.remove({ q: query }).finally(() => store.close());
    return removed.length;
  }
  const url = new URL("/api/traces", running.url);
  url.searchParams.set("q", query);
  const response = await fetch(url, {
    method: "DELETE",
    headers: { authorization: `Bearer ${running.token}` },
  });
  const answer = (await response.json()) as { deleted?: number; error?: { message: string } };
  if (answer.deleted === undefined)
    throw new CommandError(answer.error?.message ?? "It failed.", 1);
  return answer.deleted;
}
