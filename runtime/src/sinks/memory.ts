// Messages → kept in this process, for users' own tests.
// Invariant: after `await flush()` all finished traces are there.

import { join, type WireTrace } from "../wire/message.ts";
import type { Entry, Outcome, Sink } from "../sink.ts";

/** A sink that keeps traces, for tests. */
export interface MemorySink extends Sink {
  /** The message bodies exactly as a queue would get them, oldest first. */
  messages(): string[];
  /** The traces in them, decoded; parts are put together. */
  traces(): WireTrace[];
}

/** A destination for tests: `configure({ sink: memorySink() })`. */
export function memorySink(): MemorySink {
  const bodies: string[] = [];
  return {
    name: "memory",
    volatile: true,
    send(entries: readonly Entry[]): Promise<readonly Outcome[]> {
      for (const { body } of entries) bodies.push(body);
      // Not `SENT`: what two doors import becomes a file of its own, one more to load at each
      // start.
      return Promise.resolve(entries.map(() => ({ state: "sent" })));
    },
    messages: () => [...bodies],
    traces: () => join(bodies),
  };
}
