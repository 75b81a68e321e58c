// What became of messages → in numbers.
// Invariant: of each sink, sent + skipped + rejected + failed + duplicates = messages but poison.

/** What became of the messages at one sink, in numbers. */
export interface SinkStats {
  /** Messages that it stored. */
  sent: number;
  /** Messages that it can never take, and that nobody waits for. */
  skipped: number;
  /** Messages that it refused for good. */
  rejected: number;
  /** Messages that it did not take this time; they come again. */
  failed: number;
}

/** What became of the messages, in numbers. */
export interface ProcessorStats {
  /** Messages received. */
  messages: number;
  /** Messages that are no trace. */
  poison: number;
  /** Counted once for each sink that had the message already. */
  duplicates: number;
  /** What each sink did, by its name. */
  sinks: Record<string, SinkStats>;
}

export function noStats(sinks: readonly string[]): ProcessorStats {
  const none = (): SinkStats => ({ sent: 0, skipped: 0, rejected: 0, failed: 0 });
  return {
    messages: 0,
    poison: 0,
    duplicates: 0,
    sinks: Object.fromEntries(sinks.map((name) => [name, none()])),
  };
}
