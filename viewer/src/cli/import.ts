// `llmops import` → the traces of files in the store, by the `llmops dev` that runs or without it.
import { readFile as readBytes } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { ImportAnswer } from "../ingest.ts";
import { openStore } from "../store/open.ts";
import { CommandError } from "./command-error.ts";
import { databaseOf } from "./open-traces.ts";
import type { RunningDev } from "./running-dev.ts";
import { visible } from "./visible.ts";

export interface ImportFlags {
  readonly json?: boolean;
}

type Take = (bytes: Uint8Array) => Promise<ImportAnswer>;

export async function importTraces(files: readonly string[], flags: ImportFlags): Promise<number> {
  const { path, running } = await databaseOf(process.cwd());
  const failed: (ImportAnswer["failed"][number] & { readonly file: string })[] = [];
  let [imported, updated] = [0, 0];
  const takeAll = async (take: Take): Promise<void> => {
    for (const file of files) {
      const answer = await take(await bytesOf(file));
      imported += answer.imported;
      updated += answer.updated;
      for (const { line, message } of answer.failed) failed.push({ file, line, message });
    }
  };
  if (running === undefined) await intoStore(path, takeAll);
  else await takeAll((bytes) => send(running, bytes));
  for (const { file, line, message } of failed)
    process.stderr.write(`${visible(`${file}:${line}: ${message}`)}\n`);
  const answer =
    flags.json === true
      ? JSON.stringify({ imported, updated, failed })
      : `imported ${imported}, updated ${updated}, failed ${failed.length}`;
  process.stdout.write(`${answer}\n`);
  return failed.length > 0 ? 1 : 0;
}

async function bytesOf(file: string): Promise<Uint8Array> {
  if (file === "-") return buffer(process.stdin);
  try {
    return await readBytes(file);
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`, 1);
  }
}

async function intoStore(path: string, work: (take: Take) => Promise<void>): Promise<void> {
  const store = await openStore({
    path,
    onWarning: (_code, message) => void process.stderr.write(`${message}\n`),
  });
  try {
    await work((bytes) => store.importFile(bytes));
  } finally {
    await store.close();
  }
}

async function send({ url, token }: RunningDev, bytes: Uint8Array): Promise<ImportAnswer> {
  const response = await fetch(new URL("/api/import", url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
    body: Uint8Array.from(bytes),
  });
  const answer = (await response.json()) as ImportAnswer & { error?: { message: string } };
  if (!response.ok) throw new CommandError(answer.error?.message ?? "It failed.", 1);
  return answer;
}
