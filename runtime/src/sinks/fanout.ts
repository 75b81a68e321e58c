// One message → several sinks; it is sent when all have it. A sink that has taken a message
// is not given it again while the others are retried.

import { retry, SENT, type Entry, type Outcome, type Sink } from "../sink.ts";

const RANK = { sent: 0, rejected: 1, retry: 2 };

export function fanout(sinks: readonly Sink[]): Sink {
  const [only] = sinks;
  if (only !== undefined && sinks.length === 1) return only;
  /** Which sinks are done with a message that another one still lacks. */
  const done = new Map<string, Set<Sink>>();

  async function sendTo(sink: Sink, entries: readonly Entry[]): Promise<Map<string, Outcome>> {
    const wanted = entries.filter(({ id }) => done.get(id)?.has(sink) !== true);
    if (wanted.length === 0) return new Map();
    const outcomes = await sink.send(wanted).catch(() => []);
    return new Map(
      wanted.map(({ id }, index) => [id, outcomes[index] ?? retry(`${sink.name} failed`)]),
    );
  }

  return {
    name: sinks.map(({ name }) => name).join("+"),
    volatile: sinks.every(({ volatile }) => volatile === true),
    async send(entries: readonly Entry[]): Promise<readonly Outcome[]> {
      const replies = await Promise.all(sinks.map((sink) => sendTo(sink, entries)));
      return entries.map(({ id }) => {
        const finished = done.get(id) ?? new Set();
        let worst: Outcome = SENT;
        for (const [index, sink] of sinks.entries()) {
          const outcome = replies[index]?.get(id) ?? SENT;
          if (outcome.state !== "retry") finished.add(sink);
          if (RANK[outcome.state] > RANK[worst.state]) worst = outcome;
        }
        if (worst.state === "retry") done.set(id, finished);
        else done.delete(id);
        return worst;
      });
    },
    close() {
      for (const sink of sinks) sink.close?.();
    },
  };
}
