// What an OTLP server answered → what that means for the traces of the request.
// Invariant: in doubt we keep them and send again: a wrong «sent» or «rejected» would lose them.
import { retry, type Outcome } from "../../sink.ts";

export interface Answer {
  /** 0 where nothing came back. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Why nothing came back: the system's code, or the error's name. */
  readonly failure: string | undefined;
}

/**
 * `divide`: refused for what is in it, and one of several may be to blame. `shrink`: too large.
 * Else the outcome for all of the request.
 */
export type Meaning =
  | { readonly next: "divide" | "shrink" }
  | { readonly next: "done"; readonly outcome: Outcome };

/** A server may ask for more time than a human would guess (RFC 9110: seconds, or a date). */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** A certificate that is not trusted: nothing but a change of the configuration helps. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ALTNAME/;

export function isUntrusted({ failure }: Answer): boolean {
  return failure !== undefined && UNTRUSTED.test(failure);
}

/** @param nowMs Unix ms, for a date in `Retry-After` */
export function meaningOf(answer: Answer, nowMs: number): Meaning {
  const { status, headers, failure } = answer;
  const reason = failure ?? `HTTP${status}`;
  if (failure !== undefined)
    return done(retry(reason, isUntrusted(answer) ? "refused" : "network"));
  if (status >= 200 && status < 300) return done(sent(answer.text));
  switch (status) {
    case 400:
    case 422:
    case 501:
      return { next: "divide" };
    case 413:
      return { next: "shrink" };
    case 408:
    case 429:
    case 503: {
      const ms = retryAfterMs(headers["retry-after"], nowMs);
      const outcome = { state: "retry", reason, pace: "throttled" } as const;
      return done(ms === undefined ? outcome : { ...outcome, retryAfterMs: ms });
    }
    default:
      // A redirection is not followed: the key would go along.
      return done(retry(reason, status >= 500 ? "network" : "refused"));
  }
}

function done(outcome: Outcome): Meaning {
  return { next: "done", outcome };
}

export interface PartialSuccess {
  readonly rejectedSpans: number;
  readonly message: string;
}

/** Spans that the server left out of what it took; the specification forbids sending them again. */
export function partialSuccessIn(text: string): PartialSuccess | undefined {
  try {
    const { partialSuccess } = JSON.parse(text) as {
      partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } | null;
    };
    const rejectedSpans = Number(partialSuccess?.rejectedSpans ?? 0);
    if (!(rejectedSpans > 0)) return undefined;
    const message = partialSuccess?.errorMessage;
    return { rejectedSpans, message: typeof message === "string" ? message : "" };
  } catch {
    // An answer that cannot be read is as good as none: the status says that it was taken.
    return undefined;
  }
}

function sent(text: string): Outcome {
  const rejectedSpans = partialSuccessIn(text)?.rejectedSpans;
  return rejectedSpans === undefined ? { state: "sent" } : { state: "sent", rejectedSpans };
}
