// A trace's id and a span's number in it → the span's id, made only when it is written.
// Invariant: unique in its trace, and a UUID: the trace's with its last 12 digits counted on.

/**
 * Hexadecimal digits of a half. The digits are counted on in two halves: V8 writes small integers
 * in a third of the time of a large number.
 */
const DIGITS = 6;
const BITS = 4 * DIGITS;

/** The function that makes the ids of one trace's spans. */
export function spanIds(traceId: string): (number: number) => string {
  const prefix = traceId.slice(0, -2 * DIGITS);
  const high = Number.parseInt(traceId.slice(-2 * DIGITS, -DIGITS), 16);
  const low = Number.parseInt(traceId.slice(-DIGITS), 16);
  return (number) => {
    const counted = low + number;
    return prefix + half(high + (counted >> BITS)) + half(counted);
  };
}

/** Its last digits. */
function half(number: number): string {
  return ((number & (2 ** BITS - 1)) + 2 ** BITS).toString(16).slice(1);
}
