// What SQS, the SDK or the system said → what that means for a message.
// Invariant: in doubt we keep it and send again: a wrong «sent» or «rejected» would lose it.

import { crypto } from "../../platform/node.ts";
import type { Reply } from "./connection.ts";
import { retry, SENT, type Entry, type Outcome, type Pace } from "../../sink.ts";

/** Goes away by waiting. */
const THROTTLED = /throttl|TooManyRequests|OverLimit|SlowDown|RequestLimit|BandwidthLimit/i;
/** Goes away when someone mends permissions, credentials, keys, the queue or the installation. */
const REFUSED =
  /Denied|Forbidden|UnrecognizedClient|Unauthorized|Expired|Credential|Token|Signature|NonExistentQueue|DoesNotExist|QueueDeleted|Kms|OptIn|NotAuthorized|InvalidAddress|InvalidSecurity|MODULE_NOT_FOUND/i;
/** Speaks about the message itself, so that no waiting helps. */
const UNACCEPTABLE =
  /InvalidMessageContents|InvalidParameter|InvalidAttribute|InvalidBatchEntryId|MissingParameter|UnsupportedOperation|Serialization|MessageTooLong|ValidationException/i;

export function paceOf(reason: string): Pace {
  if (THROTTLED.test(reason)) return "throttled";
  return REFUSED.test(reason) ? "refused" : "network";
}

/**
 * Whether the request was turned down for what is in it, and has to be divided to find out what.
 */
export function isAboutContent(error: unknown): boolean {
  const reason = reasonOf(error);
  const fault = (error as { $fault?: unknown } | undefined)?.$fault;
  return (
    reason.includes("BatchRequestTooLong") ||
    (fault === "client" && UNACCEPTABLE.test(reason) && paceOf(reason) === "network")
  );
}

/** Only what `Successful` names, with the right digest, was sent; what no list names was not. */
export function outcomesOf(
  entries: readonly Entry[],
  reply: Reply | undefined,
): readonly Outcome[] {
  const stored = new Map(reply?.Successful?.map((one) => [one.Id, one.MD5OfMessageBody]));
  const failed = new Map(reply?.Failed?.map((one) => [one.Id, one]));
  return entries.map((entry) => {
    if (stored.has(entry.id)) {
      return intact(entry.body, stored.get(entry.id)) ? SENT : retry("WrongDigest");
    }
    const failure = failed.get(entry.id);
    if (failure === undefined) return retry("NotInReply");
    const reason = failure.Code ?? "NoCode";
    const pace = paceOf(reason);
    if (failure.SenderFault === true && pace === "network") return { state: "rejected", reason };
    // The service's own fault: as a throttle, it asks for more time than a lost connection.
    return retry(reason, pace === "network" ? "throttled" : pace);
  });
}

function intact(body: string, theirs: string | undefined): boolean {
  try {
    // An identity, not security: MD5 is what SQS answers with.
    return theirs === undefined || theirs === crypto().createHash("md5").update(body).digest("hex");
  } catch {
    return true; // no MD5 in this build of OpenSSL (FIPS)
  }
}

/** A short word for counting: the service's code, the system's, or the error's name. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "Error";
  const { code } = error as { code?: unknown };
  return typeof code === "string" && error.name === "Error" ? code : error.name;
}
