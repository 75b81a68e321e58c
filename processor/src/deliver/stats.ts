// What became of messages → in numbers.
// Invariant: of each sink, sent + skipped + rejected + failed + duplicates = messages but poison.

export interface SinkStats {
  sent: number;
  skipped: number;
  rejected: number;
  failed: number;
}

/** What became of the messages, in numbers. */
export interface ProcessorStats {
  messages: number;
  poison: number;
  /** Counted once for each sink that had the message already. */
  duplicates: number;
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
