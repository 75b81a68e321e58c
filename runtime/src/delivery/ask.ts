// Entries → one sink → its outcomes. The sink may be the user's: what goes wrong there is not sent.
// Invariant: never rejects, and answers within a minute.
import { after, cancel, type Timer } from "../platform/clock.ts";
import { retry, type Entry, type Outcome, type Sink } from "../sink.ts";

/** A sink that has not answered by then never will; our own give up much earlier. */
const SEND_TIMEOUT_MS = 60_000;

export async function ask(
  sink: Sink,
  entries: readonly Entry[],
): Promise<readonly (Outcome | undefined)[]> {
  let timer: Timer | undefined;
  const giveUp = new AbortController();
  const late = new Promise<Outcome[]>((resolve) => {
    timer = after(SEND_TIMEOUT_MS, () => {
      resolve(entries.map(() => retry("NoAnswer")));
      giveUp.abort();
    });
  });
  try {
    const outcomes: unknown = await Promise.race([
      sink.send(entries, { signal: giveUp.signal }),
      late,
    ]);
    return Array.isArray(outcomes) ? (outcomes as Outcome[]) : [];
  } catch (error) {
    const reason = error instanceof Error ? error.name : "Error";
    return entries.map(() => retry(reason));
  } finally {
    cancel(timer);
  }
}
