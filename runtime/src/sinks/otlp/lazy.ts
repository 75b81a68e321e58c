// A destination whose code is loaded by its first sending → a sink.
// Invariant: what cannot be loaded now is tried again with the next sending.
import { type Entry, type Outcome, retry, type SendOptions, type Sink } from "../../sink.ts";

interface Loaded {
  send(entries: readonly Entry[], signal: AbortSignal | undefined): Promise<readonly Outcome[]>;
  close(): void;
}

export function lazySink(name: string, load: () => Promise<Loaded>): Sink {
  let closed = false;
  let loading: Promise<Loaded> | undefined;
  const loaded = (): Promise<Loaded> =>
    (loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));
  return {
    name,
    tracesOnly: true,
    async send(entries, options?: Partial<SendOptions>) {
      if (closed) return entries.map(() => retry("closed"));
      return (await loaded()).send(entries, options?.signal);
    },
    async warm() {
      await loaded().catch(() => undefined);
    },
    close() {
      closed = true;
      void loading?.then(
        (one) => one.close(),
        () => undefined,
      );
    },
  };
}
