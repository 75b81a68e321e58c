// What became of every trace, in numbers → the answer of `stats()`.
// Invariant: imports nothing: browsers load it too.

/** Why a trace was not, or will not be, delivered. */
export type DropReason =
  | "queue_full"
  | "disk_full"
  | "no_destination"
  | "oversize"
  | "rejected"
  | "unreadable"
  | "corrupt"
  | "shutdown"
  | "invalid";

/** What became of the traces at one destination. */
export interface SinkStats {
  /** Traces that it has confirmed. */
  readonly acked: number;
  /** Traces that it is still to get. */
  readonly pending: number;
  /** It refused them for good, or they cannot be sent to it. */
  readonly rejected: number;
  /** Spans that it left out of traces which it took. */
  readonly rejectedSpans: number;
  /** How often a trace was sent in vain. */
  readonly retries: number;
}

/** What became of every trace, as `stats()` says it. */
export interface DeliveryStats {
  /** Traces offered for delivery, and those found in the spool: = acked + pending + dropped. */
  readonly accepted: number;
  /** Of `accepted`: left by processes that are gone. */
  readonly recovered: number;
  /** Every destination has confirmed them. */
  readonly acked: number;
  /** Not yet sent; without a destination: kept in the spool. */
  readonly pending: number;
  /** Of `pending`: in memory only, for want of a usable disk or because of the mode. */
  readonly volatile: number;
  /** Traces that were given up, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Bytes of pending traces held in memory, and of segments on disk. */
  readonly memoryBytes: number;
  /** Bytes of segments on disk. */
  readonly diskBytes: number;
  /** What each destination did, by its name. */
  readonly sinks: Readonly<Record<string, SinkStats>>;
  /** Where traces are spooled; undefined where they are held in memory only. */
  readonly directory: string | undefined;
}

/** Before anything was delivered. */
export const NO_STATS: DeliveryStats = {
  accepted: 0,
  recovered: 0,
  acked: 0,
  pending: 0,
  volatile: 0,
  dropped: {},
  memoryBytes: 0,
  diskBytes: 0,
  sinks: {},
  directory: undefined,
};
