// Options → store, ways in, sources and server, joined and running.
// Invariant: they end in the order in which they need each other; the file that names them goes first.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";
import { defaultSpoolDirectory } from "llmops-observability/spool";
import { Desk } from "../../desk/desk.ts";
import { startIngest } from "../../ingest/start.ts";
import { answersOf } from "../answers-of.ts";
import { mcpHandler } from "../../mcp/server.ts";
import { EventStreams } from "../../server/events.ts";
import { listen, type Listening } from "../../server/listen.ts";
import { readPage } from "../../server/page.ts";
import type { Parts } from "../../server/parts.ts";
import { announcePipeline } from "../../server/pipeline-events.ts";
import { Sources } from "../../source/sources.ts";
import { openStore } from "../../store/open.ts";
import type { Store } from "../../store.ts";
import type { Pipeline } from "../../views.ts";
import type { RunningDev } from "../running-dev.ts";
import { VERSION } from "../version.ts";
import { openEditor } from "./editor.ts";
import { makeFolder, removeDevFile, tokenIn, writeDevFile } from "./folder.ts";
import type { DevOptions } from "./options.ts";
import type { Told } from "./told.ts";

export interface Serving {
  readonly about: RunningDev;
  readonly database: string;
  isDrained(): Promise<boolean>;
  close(): Promise<void>;
}

export async function startServing(
  options: DevOptions,
  told: Told,
  child: () => Pipeline["child"],
): Promise<Serving> {
  const { root, host, port, database, maxBytes, allowHosts, allowOrigins } = options;
  const onError = reporting(options, told);
  const folder = makeFolder(root);
  const token = tokenIn(folder);
  const store = await openStore({
    path: database,
    maxBytes,
    onWarning: (code, message) => told.warn(code, message),
  });
  const listening = await listen({ host, port, allowHosts, allowOrigins });
  const about = aboutOf(listening, root, token);
  const ingest = await startIngest(store, {
    queueUrl: about.sqs_url,
    directory: folder,
    spools: options.spool ? spoolsOf(root) : [],
  });
  const desk = new Desk();
  const sources = new Sources({
    roots: [root, ...options.projects],
    store,
    instrument: (task) => desk.do("instrument", task),
  });
  // Large trees take a while to walk.
  sources.start().catch(onError);
  const events = new EventStreams();
  const { version, url, started_at } = about;
  const compare: Parts["compare"] = (a, b) => desk.do("compare", { database, a, b });
  const parts: Parts = {
    store,
    ingest,
    sources,
    events,
    page: readPage(pageFolder(), token),
    about: { version, root, url, started_at },
    token,
    child,
    compare,
    edit: (path, line, column) => openEditor(options.editor, { path, line, column }, onError),
    mcp: mcpHandler(version, answersOf(store, sources, compare), onError),
    onError,
  };
  announceChanges({ store, events, sources, onError });
  const stopAnnouncing = announcePipeline(parts);
  events.listen((name, data) => {
    if (name === "trace") told.event("trace", data);
  });
  listening.serve(parts);
  writeDevFile(about);
  const end: (() => void | Promise<void>)[] = [() => removeDevFile(root), stopAnnouncing];
  for (const part of [events, ingest, listening, sources, desk, store])
    end.push(() => part.close());
  return {
    about,
    database,
    isDrained: () => ingest.isDrained(),
    close: () => inTurn(end),
  };
}

function aboutOf({ port, url }: Listening, root: string, token: string): RunningDev {
  return {
    pid: process.pid,
    port,
    url,
    sqs_url: `${url}/000000000000/llmops`,
    token,
    root,
    version: VERSION,
    started_at: Date.now() / 1000,
  };
}

/** What goes wrong inside of a request or beside one ends nothing. */
function reporting({ verbose }: DevOptions, told: Told): (error: unknown) => void {
  const onError = (error: unknown): void => {
    if (!verbose) return;
    told.warn("internal", error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  process.on("unhandledRejection", onError);
  return onError;
}

async function inTurn(steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}

function announceChanges({
  store,
  events,
  sources,
  onError,
}: Pick<Parts, "events" | "sources" | "onError"> & { store: Store }): void {
  store.onChange(({ changed, removed, hashes }) => {
    for (const trace of changed) events.publish("trace", { trace });
    if (removed.length > 0) events.publish("removed", { trace_ids: removed });
    if (hashes.length > 0) sources.keep(hashes).catch(onError);
  });
}

function spoolsOf(root: string): readonly string[] {
  const named = process.env["LLMOPS_SPOOL_DIR"];
  const own = join(root, ".llmops", "spool");
  return [...new Set([...(named ? [named] : []), own, defaultSpoolDirectory()])];
}

/** Built, it lies beside this file. */
function pageFolder(): string {
  const built = fileURLToPath(new URL("./page", import.meta.url));
  return existsSync(built) ? built : fileURLToPath(new URL("../../../dist/page", import.meta.url));
}
