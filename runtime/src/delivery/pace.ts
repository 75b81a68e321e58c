// Why a send failed, how often in a row → how long to wait before the next one.
// Full jitter, so that many processes that failed together do not return together.

interface Pace {
  readonly firstMs: number;
  readonly longestMs: number;
}

const NETWORK: Pace = { firstMs: 100, longestMs: 30_000 };
const THROTTLED: Pace = { firstMs: 1000, longestMs: 60_000 };
/** Nothing but a change of the configuration helps, and that must still drain the spool. */
const REFUSED: Pace = { firstMs: 5000, longestMs: 300_000 };

const random: () => number = Math.random;

export function pauseMs(reason: string, failuresInARow: number): number {
  const { firstMs, longestMs } = paceOf(reason);
  return random() * Math.min(longestMs, firstMs * 2 ** (failuresInARow - 1));
}

function paceOf(reason: string): Pace {
  if (/throttl|TooManyRequests|OverLimit|SlowDown/i.test(reason)) return THROTTLED;
  if (
    /AccessDenied|Expired|Credential|NonExistentQueue|DoesNotExist|InvalidClientToken|Signature/i.test(
      reason,
    )
  ) {
    return REFUSED;
  }
  return NETWORK;
}
