// The running `llmops dev` → its new and updated traces, a line each, until it or Ctrl-C ends this.
import type { TraceRow } from "../model.ts";
import { CommandError } from "./command-error.ts";
import { type RunningDev, runningDev } from "./running-dev.ts";
import { lineOf } from "./trace-line.ts";

export interface TailFlags {
  readonly query?: string;
  readonly since?: string;
  readonly json?: boolean;
}

export async function tail({ query = "", since, json = false }: TailFlags): Promise<number> {
  const running = await runningDev(process.cwd());
  if (running === undefined)
    throw new CommandError("No llmops dev runs for this directory: npx llmops dev");
  const seconds = since === undefined ? 0 : Number(since);
  if (!(seconds >= 0)) throw new CommandError("--since takes a number of seconds");
  const color = process.stdout.isTTY && process.stdout.hasColors() && !process.env["NO_COLOR"];
  const follower = new Follower(running, query, Date.now() / 1000 - seconds, (trace) => {
    const text = json ? JSON.stringify({ event: "trace", trace }) : lineOf(trace, color);
    process.stdout.write(`${text}\n`);
  });
  for await (const name of eventsOf(running))
    if (name === "hello" || name === "trace") await follower.look();
  process.stderr.write("llmops dev has ended.\n");
  return 0;
}

/** Asks for what changed since it last asked: the server knows the query language. */
class Follower {
  readonly #running: RunningDev;
  readonly #query: string;
  readonly #print: (trace: TraceRow) => void;
  #since: number;
  /** Those changed at that time, which come again. */
  #printed = new Map<string, number>();

  constructor(running: RunningDev, query: string, since: number, print: (trace: TraceRow) => void) {
    this.#running = running;
    this.#query = query;
    this.#since = since;
    this.#print = print;
  }

  async look(): Promise<void> {
    const url = new URL("/api/traces", this.#running.url);
    url.search = new URLSearchParams({
      q: this.#query,
      // Its parameter has six digits at most.
      since: Math.max(0, Math.floor(this.#since * 1e6) / 1e6).toFixed(6),
      limit: "500",
      order: "asc",
    }).toString();
    const response = await fetch(url);
    const found = (await response.json()) as {
      traces?: readonly TraceRow[];
      error?: { message: string };
    };
    if (found.traces === undefined) throw new CommandError(found.error?.message ?? "It failed.");
    const changed = found.traces.filter(
      ({ trace_id: id, updated }) => this.#printed.get(id) !== updated,
    );
    for (const trace of changed.toSorted((a, b) => a.updated - b.updated)) {
      this.#print(trace);
      this.#printed.set(trace.trace_id, trace.updated);
      this.#since = Math.max(this.#since, trace.updated);
    }
    if (this.#printed.size > 10_000)
      this.#printed = new Map([...this.#printed].filter(([, at]) => at >= this.#since - 60));
  }
}

async function* eventsOf({ url }: RunningDev): AsyncGenerator<string> {
  const response = await fetch(new URL("/api/events", url));
  if (response.body === null || !response.ok)
    throw new CommandError("llmops dev takes no more listeners", 1);
  let rest = "";
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const events = `${rest}${chunk}`.split("\n\n");
      rest = events.pop() ?? "";
      // One look is enough for all that came at once.
      const names = new Set(events.map((event) => /^event: (.*)$/m.exec(event)?.[1] ?? ""));
      yield* names;
    }
  } catch {
    // The server ended.
  }
}
