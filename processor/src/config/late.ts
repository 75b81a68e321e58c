// A sink whose code is loaded by its first send → a sink.
// Invariant: what cannot be loaded fails that send alone; the next one tries again.
import type { Sink } from "../sink.ts";

export function lateSink(name: string, load: () => Promise<Sink>, whole: boolean = false): Sink {
  let loading: Promise<Sink> | undefined;
  return {
    name,
    whole,
    async send(entries, options) {
      loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return (await loading).send(entries, options);
    },
    close() {
      void loading?.then(
        (sink) => sink.close?.(),
        () => undefined,
      );
    },
  };
}
