// A small program, run with llmops-transformer/register in a project of its own → the manifest that
// the hook wrote, and the traces that the runtime sent, in a store with the sources above it.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readSpool } from "llmops-observability/spool";
import { readTrace } from "llmops-observability/wire";
import { onTestFinished } from "vitest";
import type { Snapshot, Store, StoredSpan } from "../../src/store.ts";
import { openStore } from "../../src/store/open.ts";
import { instrumentText } from "../../src/source/instrumented.ts";
import { Sources, type SourcesOptions } from "../../src/source/sources.ts";
import type { SourceValue, SourceView } from "../../src/views.ts";

const ROOT = join(import.meta.dirname, "../../..");

export interface Project {
  readonly root: string;
  write(file: string, text: string): void;
  /** As `write`, until the test is over. Undefined: the file is gone. */
  edit(file: string, text: string | undefined): void;
}

export function projectIn(root: string, files: Readonly<Record<string, string>> = {}): Project {
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  const edit = (file: string, text: string | undefined): void => {
    const before = readFileSync(join(root, file), "utf8");
    onTestFinished(() => write(file, before));
    if (text === undefined) rmSync(join(root, file));
    else write(file, text);
  };
  return { root, write, edit };
}

/** Runs `src/main.ts`: its traces lie in the spool then. */
export function run({ root, write }: Project): void {
  write("package.json", '{ "type": "module" }');
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "llmops-transformer/register", "src/main.ts"],
    {
      cwd: root,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LLMOPS_SPOOL_DIR: join(root, "spool"), PROJECT_ID: "shop" },
    },
  );
  if (status !== 0) throw new Error(stderr);
}

export interface Desk {
  readonly sources: Sources;
  /** Texts that were kept, by hash. */
  readonly kept: ReadonlyMap<string, Snapshot>;
  /** Of the function's last span. */
  view(name: string): Promise<SourceView>;
  spanOf(name: string): Promise<{ readonly traceId: string; readonly span: StoredSpan }>;
}

/** A store with what the program left in the spool. */
export async function storeOf({ root }: Project): Promise<Store> {
  const store = await openStore({ path: join(root, "dev.db") });
  for await (const { json } of readSpool(join(root, "spool")))
    await store.ingest([{ trace: readTrace(json), source: "spool" }]);
  return store;
}

/**
 * The sources above a store that tests share: the texts that are kept are each one's own.
 * @param inStore they are kept in the store, for whoever comes next
 */
export async function deskOf({ root }: Project, store: Store, inStore = false): Promise<Desk> {
  const kept = new Map<string, Snapshot>();
  const own: SourcesOptions["store"] = {
    spans: (id, page) => store.spans(id, page),
    snapshot: (hash) => Promise.resolve(kept.get(hash)),
    hashesWithoutSnapshot: (hashes) => Promise.resolve(hashes.filter((hash) => !kept.has(hash))),
    keepSnapshots(snapshots) {
      for (const one of snapshots) kept.set(one.hash, one);
      return Promise.resolve();
    },
  };
  const sources = new Sources({
    roots: [root],
    store: inStore ? store : own,
    instrument: instrumentText,
  });
  await sources.start();
  onTestFinished(() => sources.close());
  const calls = await store.functionCalls();
  await sources.keep(calls.flatMap(({ hashes }) => hashes));
  const spanOf: Desk["spanOf"] = async (name) => {
    const { traces } = await store.traces({ limit: 500 });
    for (const { trace_id: traceId } of traces) {
      const found = (await store.spans(traceId, {}))?.spans.find((one) => one.fn === name);
      const span = found && (await store.span(traceId, found.span_id));
      if (span !== undefined) return { traceId, span };
    }
    throw new Error(`No span of ${name}`);
  };
  return {
    sources,
    kept,
    spanOf,
    async view(name) {
      const { traceId, span } = await spanOf(name);
      return sources.view(traceId, span);
    },
  };
}

export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-lens-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** `line name: preview` of each value. */
export function placed({ values }: SourceView, phase?: SourceValue["phase"]): string[] {
  return values
    .filter((value) => phase === undefined || value.phase === phase)
    .map(({ line, name, preview, unset }) => `${line} ${name}: ${unset ? "unset" : preview}`);
}
