// A sink or a store → the same, whose code is loaded by its first use.
// Invariant: what cannot be loaded fails that use alone; the next one tries again.
import type { Sink } from "../sink.ts";
import type { Store } from "../store.ts";

export function lateSink(name: string, load: () => Promise<Sink>, whole: boolean = false): Sink {
  const { loaded, now } = once(load);
  return {
    name,
    whole,
    async send(entries, options) {
      return (await loaded()).send(entries, options);
    },
    close() {
      void now()?.then(
        (sink) => sink.close?.(),
        () => undefined,
      );
    },
  };
}

export function lateStore(load: () => Promise<Store>): Store {
  const { loaded } = once(load);
  return {
    begin: async (key, leaseMs) => (await loaded()).begin(key, leaseMs),
    finish: async (key) => (await loaded()).finish(key),
    abandon: async (key) => (await loaded()).abandon(key),
    keep: async (traceId, digest, body) => (await loaded()).keep(traceId, digest, body),
  };
}

interface Once<T> {
  loaded(): Promise<T>;
  /** Undefined where it was not used yet. */
  now(): Promise<T> | undefined;
}

function once<T>(load: () => Promise<T>): Once<T> {
  let loading: Promise<T> | undefined;
  return {
    loaded: () =>
      (loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      })),
    now: () => loading,
  };
}
