// The port between delivery and its memory: a key → what was sent where, what is being sent, and
// what came of a trace so far.
// Invariant: of all that ask for a key at once, one hears "mine".

/** The memory of what each sink has. One of your own implements this. */
export interface Store {
  /**
   * Asks for the right to send what `key` names.
   * @param leaseMs how long it is held at most: then it is free again, whoever had it is dead
   * @returns "done" where it was sent, "busy" where another one is at it
   */
  begin(key: string, leaseMs: number): Promise<"mine" | "done" | "busy">;
  /** It was sent: whoever asks for the key from now on hears "done". */
  finish(key: string): Promise<void>;
  /** It was not sent: the key is free again. */
  abandon(key: string): Promise<void>;
  /** Adds a message of a trace. @returns all that were kept for it, each digest once */
  keep(traceId: string, digest: string, body: string): Promise<readonly string[]>;
}
