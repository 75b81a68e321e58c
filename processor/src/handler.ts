// `createHandler`: an SQS event of Lambda → which of its messages have to come again.
// Invariant: each message that was not dealt with is named; Lambda takes all others for done.
import { type ProcessorOptions, settingsOf } from "./config/settings.ts";
import { type Incoming, Processor } from "./deliver/processor.ts";
import type { ProcessorStats } from "./deliver/stats.ts";
import { CODE, reporting } from "./failure.ts";

/** Of Lambda's event what is read here. */
export interface SQSEvent {
  /** The batch. */
  readonly Records: readonly {
    /** The queue's own. */ readonly messageId: string;
    /** An envelope (see `llmops-observability/wire`). */ readonly body: string;
  }[];
}

/** The messages that are to come again. */
export interface SQSBatchResponse {
  /** Messages that stay on the queue. */
  batchItemFailures: {
    /** Their `messageId`. */
    itemIdentifier: string;
  }[];
}

/** A Lambda handler for the queue's event source mapping. */
export interface Handler {
  (
    event: SQSEvent,
    context?: {
      /** Lambda's own: what is not done a while before the end is left to the queue. */
      getRemainingTimeInMillis?(): number;
    },
  ): Promise<SQSBatchResponse>;
  /** Since this process started. */
  stats(): ProcessorStats;
}

/**
 * A handler for Lambda. The event source mapping needs `ReportBatchItemFailures`: without it Lambda
 * ignores the answer, and deletes what failed.
 * @throws {ConfigError} LLMOPS4007
 */
export function createHandler(options?: ProcessorOptions): Handler {
  const processor = new Processor(settingsOf(options));
  const report = reporting(options?.onError);
  const handler = async (
    event: SQSEvent,
    context?: { getRemainingTimeInMillis?(): number },
  ): Promise<SQSBatchResponse> => {
    const records: unknown = (event as Partial<SQSEvent> | null | undefined)?.Records;
    if (!Array.isArray(records)) {
      const reason = "This is no SQS event: it has no list of Records";
      report({ code: CODE.noSqsEvent, reason });
      throw new TypeError(`${reason} (${CODE.noSqsEvent})`);
    }
    const incoming = records.map(incomingOf);
    const again = await processor.take(incoming, remainingMs(context));
    const ids = incoming.filter((one) => again.has(one)).map(({ messageId }) => messageId);
    return { batchItemFailures: [...new Set(ids)].map((id) => ({ itemIdentifier: id })) };
  };
  return Object.assign(handler, { stats: () => processor.stats() });
}

function incomingOf(record: unknown): Incoming {
  const { messageId, body } = (record ?? {}) as Readonly<Record<string, unknown>>;
  return { messageId: typeof messageId === "string" ? messageId : "", body };
}

function remainingMs(
  context: { getRemainingTimeInMillis?(): number } | undefined,
): number | undefined {
  const ms: unknown = context?.getRemainingTimeInMillis?.();
  return typeof ms === "number" && Number.isFinite(ms) ? ms : undefined;
}
