// Options → store, ways in, sources and server, joined and running.
// Invariant: they end in the order in which they need each other; the file that names them goes first.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";
import { defaultSpoolDirectory } from "llmops-observability/spool";
import { Desk } from "../../desk/desk.ts";
import { startIngest } from "../../ingest/start.ts";
import { answersOf } from "../answers-of.ts";
import type { Answers } from "../../mcp/answers.ts";
import { mcpHandler } from "../../mcp/server.ts";
import { EventStreams } from "../../server/events.ts";
import { listen, type Listening } from "../../server/listen.ts";
import { readPage } from "../../server/page.ts";
import type { Parts } from "../../server/parts.ts";
import { announcePipeline } from "../../server/pipeline-events.ts";
import { Sources, type SourcesOptions } from "../../source/sources.ts";
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

type Step = () => void | Promise<void>;

export async function startServing(
  options: DevOptions,
  told: Told,
  child: () => Pipeline["child"],
): Promise<Serving> {
  /** What began first ends last. */
  const ends: Step[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await joined(options, told, child, ends)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function joined(
  options: DevOptions,
  told: Told,
  child: () => Pipeline["child"],
  ends: Step[],
): Promise<Omit<Serving, "close">> {
  const begun = <T extends { close(): void | Promise<void> }>(part: T): T => {
    ends.push(() => part.close());
    return part;
  };
  const { root, host, port, database, maxBytes, allowHosts, allowOrigins } = options;
  const onError = reporting(options, told);
  const folder = makeFolder(root);
  const token = tokenIn(folder);
  const onWarning = (code: string, message: string): void => told.warn(code, message);
  const store = begun(await openStore({ path: database, maxBytes, onWarning }));
  const listening = begun(await listen({ host, port, allowHosts, allowOrigins }));
  const about = aboutOf(listening, root, token);
  const spools = options.spool ? spoolsOf(root) : [];
  const ways = { queueUrl: about.sqs_url, directory: folder, spools };
  const ingest = begun(await startIngest(store, ways));
  const desk = begun(new Desk());
  const instrument: SourcesOptions["instrument"] = (task) => desk.do("instrument", task);
  const roots = [root, ...options.projects];
  const sources = begun(
    new Sources({
      roots,
      store,
      instrument,
      onWarning: ({ code, message }) => onWarning(code, message),
    }),
  );
  // Large trees take a while to walk.
  sources.start().catch(onError);
  // The first source is shown a second sooner: the compiler is loaded by then.
  instrument({ path: join(root, "llmops.ts"), root, text: WARMING }).catch(onError);
  const events = begun(new EventStreams());
  const { version, url, started_at } = about;
  const compare: Answers["compare"] = (a, b) => desk.do("compare", { database, a, b });
  const parts: Parts = {
    store,
    ingest,
    sources,
    events,
    page: readPage(pageFolder(), token),
    about: { version, root, url, started_at },
    token,
    child,
    compare: (a, b) => desk.stream("compare", { database, a, b }),
    edit: (path, line, column) => openEditor(options.editor, { path, line, column }, onError),
    mcp: mcpHandler(version, answersOf(store, sources, compare), onError),
    onError,
  };
  announceChanges({ store, events, sources, onError });
  ends.push(announcePipeline(parts));
  events.listen((name, data) => {
    if (name === "trace") told.event("trace", data);
  });
  listening.serve(parts);
  writeDevFile(about);
  ends.push(() => removeDevFile(root));
  return { about, database, isDrained: () => ingest.isDrained() };
}

/** Texts without a tag load no compiler. */
const WARMING = "/** @track */\nfunction warming() {}\n";

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
