// An address and a mapping → a sink that posts JSON.
// Invariant: what speaks HTTP is loaded by the first send; keys go to that address alone.
import { jsonText } from "../from-runtime.ts";
import type { Sink } from "../sink.ts";
import type { MappedTrace } from "./told.ts";

export interface HttpSinkOptions<R> {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Several traces go in one request. */
  readonly together: boolean;
  requestsOf(traces: readonly MappedTrace[]): readonly R[];
  halvesOf(request: R): readonly R[];
}

/**
 * The processor gives up after `sinkTimeoutMs`; this is for those who call a sink by themselves.
 */
const TIMEOUT_MS = 60_000;

export function httpSink<R>(options: HttpSinkOptions<R>): Sink {
  const { name, headers, together, requestsOf, halvesOf } = options;
  const url = new URL(options.url);
  let loading: ReturnType<typeof load> | undefined;

  async function load() {
    const [{ Requests }, { createAgents, post }] = await Promise.all([
      import("./requests.ts"),
      import("../from-runtime-http.ts"),
    ]);
    const agents = await createAgents();
    const target = { url, headers, agents, timeoutMs: TIMEOUT_MS, compress: true };
    const requests = new Requests<R>({
      together,
      requestsOf,
      halvesOf,
      post: (request, signal) => post(target, jsonText(request), signal),
    });
    return { requests, agents };
  }

  return {
    name,
    async send(entries, { signal }) {
      loading ??= load();
      return (await loading).requests.send(entries, signal);
    },
    close() {
      void loading?.then(({ agents }) => agents.destroy());
    },
  };
}
