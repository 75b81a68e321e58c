// Options → the server, its store and its ways in, and the child that is pointed here, until the end.
// Invariant: a second one for the same directory uses the first; what was answered for is on disk.
import { realpathSync } from "node:fs";
import { CommandError } from "../command-error.ts";
import { runningDev } from "../running-dev.ts";
import { type Child, exitCodeOf, startChild } from "./child.ts";
import type { DevOptions } from "./options.ts";
import { startServing, type Serving } from "./serving.ts";
import { tellingTo, type Told } from "./told.ts";

/** With `--exit`: so long for what the program sent at its end. */
const LAST_TRACES_MS = 30_000;
/** After Ctrl-C the program has so long for its own end. */
const LAST_WORDS_MS = 10_000;

export async function dev(options: DevOptions): Promise<number> {
  const told = tellingTo(options.json);
  const interrupted = untilSignal();
  const root = realpathSync(options.root);
  const running = await runningDev(root);
  if (running !== undefined && running.root === root) {
    told.event("attached", running);
    told.say(`llmops dev runs already: ${running.url}`);
    if (options.command.length === 0) return 0;
    const child = startChild(options.command, running, { json: options.json, cwd: options.root });
    return untilChildEnds(child, told, interrupted);
  }
  let child: Child | undefined;
  const serving = await startServing({ ...options, root }, told, () => child?.state ?? null);
  try {
    announce(serving, options, told);
    if (options.command.length > 0)
      child = startChild(options.command, serving.about, { json: options.json, cwd: options.root });
    return await untilTheEnd(options, serving, child, told, interrupted);
  } finally {
    await serving.close();
  }
}

function announce({ about, database }: Serving, options: DevOptions, told: Told): void {
  const { url, port, sqs_url, token, root, version, pid } = about;
  told.event("ready", {
    url,
    port,
    sqs_url,
    otlp_url: `${url}/v1/traces`,
    mcp_url: `${url}/mcp`,
    token,
    db: database,
    pid,
    root,
    version,
  });
  if (options.port !== 0 && options.port !== port)
    told.warn("port_taken", `Port ${options.port} is taken: this is ${port}.`);
  told.say(`llmops dev  ${url}\nqueue       ${sqs_url}`);
  if (options.command.length === 0) told.say("Run your app here: npx llmops dev -- npm start");
}

async function untilTheEnd(
  options: DevOptions,
  serving: Serving,
  child: Child | undefined,
  told: Told,
  interrupted: Interrupted,
): Promise<number> {
  if (child === undefined) return exitCodeOf({ code: null, signal: await interrupted.first });
  const code = await untilChildEnds(child, told, interrupted);
  if (interrupted.signal !== undefined) return code;
  if (options.exit) {
    await drained(serving, interrupted);
    return code;
  }
  told.say(
    `The program has ended with ${code}. Its traces: ${serving.about.url}  (Ctrl-C ends this)`,
  );
  return exitCodeOf({ code: null, signal: await interrupted.first });
}

/** Passes signals on, and waits for the end that the program makes of it. */
async function untilChildEnds(child: Child, told: Told, interrupted: Interrupted): Promise<number> {
  void interrupted.first.then((signal) => {
    // A terminal sends Ctrl-C to both.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    setTimeout(() => child.kill("SIGKILL"), LAST_WORDS_MS).unref();
  });
  try {
    const end = await child.ended;
    told.event("child_exit", end);
    return exitCodeOf(end);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${child.state.command} could not be started: ${reason}`);
  }
}

async function drained({ isDrained }: Serving, interrupted: Interrupted): Promise<void> {
  const latest = performance.now() + LAST_TRACES_MS;
  while (interrupted.signal === undefined && performance.now() < latest && !(await isDrained()))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

interface Interrupted {
  readonly first: Promise<NodeJS.Signals>;
  readonly signal: NodeJS.Signals | undefined;
}

function untilSignal(): Interrupted {
  let signal: NodeJS.Signals | undefined;
  let resolve: (first: NodeJS.Signals) => void = () => {};
  const first = new Promise<NodeJS.Signals>((resolved) => {
    resolve = resolved;
  });
  // The `llmops` command ends at once on Ctrl-C; here there is something to bring to its end.
  process.removeAllListeners("SIGINT");
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      signal ??= name;
      resolve(signal);
    });
  }
  return {
    first,
    get signal() {
      return signal;
    },
  };
}
