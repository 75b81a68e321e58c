// What went wrong → a code, and one line on stderr unless the program wants to hear of it itself.
// Invariant: neither content nor keys stand in a reason; an `onError` that throws changes nothing.

/** What went wrong with a message, a sink or the store. */
export interface Failure {
  /** `LLMOPS` and four digits: docs/troubleshooting.md says what to do. */
  readonly code: FailureCode;
  /** The sink that it happened with. */
  readonly sink?: string;
  /** The message on the queue. */
  readonly messageId?: string;
  /** UUID of the trace. */
  readonly traceId?: string;
  /** What went wrong, in a few words. */
  readonly reason: string;
}

/** Each has its paragraph in docs/runbook.md. */
export const CODE = {
  /** A message that is no trace. */
  poison: "LLMOPS4001",
  /** A sink did not take a message. */
  sinkFailed: "LLMOPS4002",
  /** A sink is left alone for a while. */
  circuitOpened: "LLMOPS4003",
  storeFailed: "LLMOPS4004",
  /** A sink can never take a message, and nobody is to wait for it. */
  skipped: "LLMOPS4005",
  noSqsEvent: "LLMOPS4006",
  configuration: "LLMOPS4007",
} as const;

/** `LLMOPS4001` to `LLMOPS4007`: docs/troubleshooting.md has a paragraph for each. */
export type FailureCode = (typeof CODE)[keyof typeof CODE];

export type Report = (failure: Failure) => void;

/** The default: one line of JSON on stderr, as log readers want it. */
function writeFailure({ code, sink, messageId, traceId, reason }: Failure): void {
  const line = { level: "error", code, sink, messageId, traceId, reason };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

/** @returns a report that never throws */
export function reporting(onError: Report = writeFailure): Report {
  return (failure) => {
    try {
      onError(failure);
    } catch {
      // Not ours to handle, and nobody is left to tell.
    }
  };
}

/**
 * A short word for what was thrown: a code or a name. Messages of errors may quote what they are
 * about.
 */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "Error";
  const { code } = error as { code?: unknown };
  return typeof code === "string" && error.name === "Error" ? code : error.name;
}

/** A mistake in the options or in the environment. The sentence names it and what to do. */
export class ConfigError extends Error {
  /** Also where the program is minified. */
  override readonly name: string = "ConfigError";
  /** Stands at the end of the message too. */
  readonly code: FailureCode = CODE.configuration;
  constructor(sentence: string) {
    super(`${sentence} (${CODE.configuration})`);
  }
}
