// What tests of the store share: stores in scratch directories, and traces to put into them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Store } from "../../src/store.ts";
import { openStore } from "../../src/store/open.ts";

export { coming, generation, type SpanParts, T0, trace } from "./traces.ts";

export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-viewer-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function storeIn(directory: string = scratch(), maxBytes?: number): Promise<Store> {
  const store = await openStore({
    path: join(directory, "dev.db"),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  onTestFinished(() => store.close());
  return store;
}

/** For all tests of a file. */
export async function openScratch(): Promise<{ store: Store; close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "llmops-viewer-"));
  const store = await openStore({ path: join(directory, "dev.db") });
  const close = async (): Promise<void> => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { store, close };
}

/** Ids of the traces that a query finds, sorted. */
export async function found(store: Store, q: string): Promise<string[]> {
  const { traces } = await store.traces({ q, limit: 500 });
  return traces.map((row) => row.trace_id).toSorted();
}
