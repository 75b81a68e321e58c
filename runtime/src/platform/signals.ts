// SIGTERM, SIGINT, SIGHUP → one chance to send; then the signal does what it would have done.
// Invariant: where the program listens itself, it decides when the process ends.
import { process, workerThreads } from "./node.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** @returns what takes the listeners away again */
export function onSignals(send: (last: boolean) => Promise<unknown>): () => void {
  if (!workerThreads().isMainThread) return () => {};
  let sending = false;
  const listener = (signal: NodeJS.Signals): void => {
    const last = process.listenerCount(signal) === 1;
    // Whoever signals twice does not want to wait.
    if (sending && last) return end(signal);
    sending = true;
    const sent = send(last).catch(() => {});
    void sent.then(() => {
      sending = false;
      if (last && process.listenerCount(signal) === 1) end(signal);
    });
  };
  const end = (signal: NodeJS.Signals): void => {
    stop();
    process.kill(process.pid, signal);
  };
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return stop;
}
