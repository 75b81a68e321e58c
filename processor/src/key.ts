// What a sink gets once, what it is to write, and in whose turn → texts that stores know them by.
// Invariant: the same message has the same key in every process, however it was compressed.

/** @param part 0 where a trace has one message */
export function keyOf(sink: string, traceId: string, part: number, digest: string): string {
  return `${segment(sink)}/${segment(traceId)}/${part}/${digest}`;
}

/** Whose turn it is to write a trace that a sink wants as a whole. */
export function turnOf(sink: string, traceId: string): string {
  return `${segment(sink)}/${segment(traceId)}/turn`;
}

/** The trace that a key is about, as `segment` writes it. */
export function traceIn(key: string): string {
  return key.split("/")[1] ?? key;
}

export function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
