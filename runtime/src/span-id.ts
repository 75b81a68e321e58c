// A trace's id and a span's number in it → the span's id, made only when it is written.
// Invariant: the trace's id with its last 12 hexadecimal digits counted on; unique in the trace, and a UUID like it.

const DIGITS = 12;

/** The function that makes the ids of one trace's spans. */
export function spanIds(traceId: string): (number: number) => string {
  const prefix = traceId.slice(0, -DIGITS);
  const base = Number.parseInt(traceId.slice(-DIGITS), 16);
  return (number) =>
    prefix + ((base + number) % 2 ** (4 * DIGITS)).toString(16).padStart(DIGITS, "0");
}
