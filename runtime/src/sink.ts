// The port between delivery and a destination: messages → an outcome for each, in their order.
// Invariant: outcomes are values. Where `send` rejects all the same, it is repeated for all of
// them.
import type { WireTrace } from "./wire/schema.ts";

/** One message, ready to be sent. */
export interface Entry {
  /** Unique in this process, the same when it is sent again; at most 80 of [A-Za-z0-9_-]. */
  readonly id: string;
  /** UUID of the trace. */
  readonly traceId: string;
  /** The message body: an encoded envelope (see wire.ts). */
  readonly body: string;
  /** The same for the same content, also when another process sends it: 16 hex digits. */
  readonly digest: string;
  /**
   * The body, decoded. In the processor a sink with `whole` gets all that came of the trace so far.
   */
  readonly trace: WireTrace;
  /** Which of a trace's messages it is, from 1; absent where it is the only one. */
  readonly part?: number;
  /** How many messages the trace is split into; absent where it is the only one. */
  readonly parts?: number;
  /** Of spans that closed after their trace was sent: it repeats the trace's fields. */
  readonly late?: boolean;
  /** Its type, where it is an event of the older form. */
  readonly event?: string;
  /** Of the trace's root span, for a consumer that continues it (W3C Trace Context). */
  readonly traceparent?: string;
  /** Traces that were dropped since the last message that said so, by reason. */
  readonly dropped?: Readonly<Record<string, number>>;
}

/**
 * How soon another attempt may help: "network" after 0.1 s, doubled up to 15 s; "throttled"
 * 1 s to 60 s; "refused", where somebody has to change something, 5 s to 5 min.
 */
export type Pace = "network" | "throttled" | "refused";

/** What a sink did with an entry. */
export type Outcome =
  | {
      /** Stored by the destination. */
      readonly state: "sent";
      /** Of a trace that was taken: spans that were not. */
      readonly rejectedSpans?: number;
    }
  | {
      /** Not (surely) stored; it is worth sending again. */
      readonly state: "retry";
      /** Why, in a few words and without secrets: it is said on stderr. */
      readonly reason: string;
      /** How soon to try again. @default "network" */
      readonly pace?: Pace;
      /** How long the destination asked to be left alone, in ms; at most 5 min are waited. */
      readonly retryAfterMs?: number;
    }
  | {
      /** Can never be taken, and nobody is to wait for it. */
      readonly state: "skipped";
      /** Why, in a few words and without secrets. */
      readonly reason: string;
    }
  | {
      /** Will never be stored. */
      readonly state: "rejected";
      /** Why, in a few words and without secrets: it is said on stderr. */
      readonly reason: string;
    };

/** What a sink is told about a sending. */
export interface SendOptions {
  /** Aborts when nobody waits for the outcome any more. */
  readonly signal: AbortSignal;
}

/** A destination of your own: implement `send`, and pass it as `configure({ sink })`. */
export interface Sink {
  /** Unique among the sinks; it stands in `stats()` and in what is said on stderr. */
  readonly name: string;
  /**
   * With each message it wants all that came of the trace so far; the processor's stores do that.
   */
  readonly whole?: boolean;
  /**
   * Reads `trace` and not `body`: it gets whole traces, up to 100 at once, also where the queue
   * gets parts, or events of the older form.
   */
  readonly tracesOnly?: boolean;
  /** Its messages end with this process, so nothing is written to disk for it. */
  readonly volatile?: boolean;
  /** Sends the entries. Resolves to an outcome for each, in their order. */
  send(entries: readonly Entry[], options: SendOptions): Promise<readonly Outcome[]>;
  /** Loads what the first `send` will need, where there is time for it now. Never rejects. */
  warm?(): Promise<void>;
  /** Gives up requests in flight and open connections. */
  close?(): void;
}

/** Where traces go. */
export interface Destinations {
  readonly sinks: readonly Sink[];
  /** Names these; what waits for others lies elsewhere. Undefined where there is none. */
  readonly key: string | undefined;
}

export const SENT: Outcome = Object.freeze({ state: "sent" });

export function retry(reason: string, pace: Pace = "network"): Outcome {
  return { state: "retry", reason, pace };
}
